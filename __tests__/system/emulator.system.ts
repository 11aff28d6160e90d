import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { runningSystem } from "../harness/running-system";

const { run } = runningSystem();
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

test("a local AWS that npm run local starts only listens on the loopback interface, because it has no authentication", async () => {
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
