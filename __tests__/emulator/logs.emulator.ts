import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import type { Lambda } from "@aws-sdk/client-lambda";
import { clientSettings } from "../../scripts/local/client-settings";
import { type OwnEmulator, startOwnEmulator } from "../harness/own-emulator";
import { createLambda } from "../harness/small-lambda";

const ACCOUNT = { account: "111111111111", region: "eu-west-1" };
const INVOCATIONS = 15;
const LINES = 9;

let emulator: OwnEmulator;
let lambda: Lambda;
const busy: ChildProcess[] = [];
beforeAll(async () => {
  // With the lowest priority, it gets a processor only now and then.
  emulator = await startOwnEmulator({ priority: 19 });
  const code = `exports.handler = async ({ end }) => {
    for (let line = 0; line < ${LINES}; line++) console.log("line " + line);
    if (end) process.exit(1);
  };`;
  lambda = await createLambda(clientSettings(emulator, ACCOUNT), "write", code);
  // Twice as many programs as there are processors.
  for (let count = 0; count < 2 * availableParallelism(); count++) busy.push(spawn(process.execPath, ["-e", "for (;;);"]));
}, 60_000);
afterAll(async () => {
  for (const child of busy) child.kill("SIGKILL");
  await emulator.stop();
});

/** The lines of one invocation in the end of its log. */
async function linesOf(payload: object): Promise<string[]> {
  const { LogResult = "" } = await lambda.invoke({ FunctionName: "write", LogType: "Tail", Payload: JSON.stringify(payload) });
  return (
    Buffer.from(LogResult, "base64")
      .toString()
      .match(/line \d/g) ?? []
  );
}

test("on a machine whose processors are busy, the log of every invocation has every line, and no line of another one", async () => {
  const all: number[] = [];
  for (let count = 0; count < INVOCATIONS; count++) all.push((await linesOf({})).length);
  expect(all).toEqual(all.map(() => LINES));
}, 60_000);

test("a lambda that ends its own process does not keep the invocation waiting for more lines", async () => {
  const start = Date.now();
  await linesOf({ end: true });
  expect(Date.now() - start).toBeLessThan(8000);
}, 60_000);
