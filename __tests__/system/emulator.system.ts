import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { runningSystem } from "../harness/running-system";

const { run, triggers } = runningSystem();
const port = Number(new URL(run.endpoint).port);

/** Whether a server accepts connections on this host. A host that does not respond within 2 seconds does not. */
function listens(host: string): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect({ host, port, timeout: 2000 });
    const end = (listening: boolean) => () => {
      socket.destroy();
      answer(listening);
    };
    socket.on("connect", end(true)).on("error", end(false)).on("timeout", end(false));
  });
}

test("a local AWS that npm run local starts only listens on the loopback interface", async () => {
  if (run.pid === undefined) return; // The developer started this one, and can choose its interfaces.
  expect(await listens("127.0.0.1")).toBe(true);
  const outside = Object.values(networkInterfaces())
    .flat()
    .filter((each) => each !== undefined && !each.internal && each.family === "IPv4");
  for (const each of outside) expect([each?.address, await listens(each?.address ?? "")]).toEqual([each?.address, false]);
});

test("a local AWS that npm run local starts delays its responses, because Terraform loses a response that comes too early", async () => {
  if (run.pid === undefined) return; // The developer started this one. A deploy to it can fail and has to be repeated then.
  const start = performance.now();
  await fetch(`${run.endpoint}/_ministack/health`, { headers: { "user-agent": "APN/1.0 HashiCorp/1.0 Terraform/1.11.4" } });
  expect(performance.now() - start).toBeGreaterThanOrEqual(4);
});

describe("a page of this machine", () => {
  const api = () => triggers().find(({ kind }) => kind === "http-api")?.address ?? "";
  const ofPage = { origin: "http://localhost:3000", "sec-fetch-site": "cross-site", "content-type": "text/plain" };
  const answer = async (path: string, headers: Record<string, string> = {}, body = "{}") => {
    const response = await fetch(`${api()}${path}`, { method: "POST", headers: { ...ofPage, ...headers }, body });
    return `${response.status} ${await response.text()}`;
  };

  test("reaches the routes of an HTTP API", async () => {
    expect(await answer("/orders")).toMatch(/^400 .*customer/s);
  });

  test.each<[string, string, Record<string, string>, string]>([
    ["the target of DynamoDB", "/orders", { "x-amz-target": "DynamoDB_20120810.ListTables" }, "{}"],
    ["an action in the address", "/orders?Action=GetSessionToken", {}, "{}"],
    ["an action in the body", "/orders", {}, "Action=GetSessionToken"],
    ["the account of S3 Control", "/v20180820/accesspoint", { "x-amz-account-id": "111111111111" }, ""],
    ["the management of connections", "/x/@connections/abc", { authorization: "Bearer x" }, ""],
    ["another kind of credentials", "/nothing", { authorization: "Bearer x" }, "Action=GetSessionToken"],
  ])("reaches nothing else through an HTTP API: %s", async (_, path, headers, body) => {
    const got = await answer(path, headers, body);
    expect(got).toMatch(/^(400|403|404) /);
    expect(got).not.toMatch(/SecretAccessKey|TableNames|AccessPointList/);
  });
});
