import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { runningSystem } from "../harness/running-system";

const { run } = runningSystem();
const port = Number(new URL(run.endpoint).port);

/** Whether something takes connections there; what does not answer at all takes none. */
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

test("the local AWS that we start listens on the loopback interface only, because it asks for no password", async () => {
  if (run.pid === undefined) return; // somebody else's, who may have reasons
  expect(await listens("127.0.0.1")).toBe(true);
  const outside = Object.values(networkInterfaces())
    .flat()
    .filter((each) => each !== undefined && !each.internal && each.family === "IPv4");
  for (const each of outside) expect([each?.address, await listens(each?.address ?? "")]).toEqual([each?.address, false]);
});

test("the local AWS that we start waits before it answers Terraform, until the SDK has sent all, which would else lose the answer", async () => {
  if (run.pid === undefined) return; // somebody else's, where a deploy may have to begin anew
  const start = performance.now();
  await fetch(`${run.endpoint}/_ministack/health`, { headers: { "user-agent": "APN/1.0 HashiCorp/1.0 Terraform/1.11.4" } });
  expect(performance.now() - start).toBeGreaterThanOrEqual(4);
});
