import { existsSync, readFileSync } from "node:fs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { statePath } from "../../../scripts/local/files";
import { type LocalRun, openRun, type RunOptions, requireRun } from "../../../scripts/local/run";
import { likeEmulator } from "../../harness/fake-program";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

const ourRun: LocalRun = { id: "run", endpoint: "http://127.0.0.1:4999", pid: 1 };
const foreignRun: LocalRun = { id: "run", endpoint: "http://127.0.0.1:4999" };
const stack = stackOf("orders-int");
const folderAtStart = process.cwd();
const refused = async () => Promise.reject(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }));
/** The response of the local AWS to every request: at first, the marker of the run. */
let respond: () => Promise<object>;

beforeEach(() => {
  process.chdir(temporaryFolder());
  respond = async () => ({ Parameter: { Value: ourRun.id } });
  jest.spyOn(SSMClient.prototype, "send").mockImplementation(() => respond());
});
afterEach(() => {
  jest.restoreAllMocks();
  process.chdir(folderAtStart);
});

function record(run: LocalRun): void {
  writeFiles(process.cwd(), { ".local/run.json": JSON.stringify(run) });
}
function readRecord(): LocalRun {
  return JSON.parse(readFileSync(".local/run.json", "utf8"));
}
const open = (options: Partial<RunOptions>) => openRun(stack, { signal: new AbortController().signal, ...options });

describe("when an emulator that we started is still running", () => {
  test.each<Partial<RunOptions>>([{}, { port: 4999 }, { endpoint: ourRun.endpoint }])(
    "its run continues, with the options %j",
    async (options) => {
      record(ourRun);
      expect(await open(options)).toEqual({ run: ourRun, started: false });
    },
  );

  test.each<Partial<RunOptions>>([{ port: 5000 }, { endpoint: "http://127.0.0.1:5000" }])(
    "asking for another one with %j is an error that names it and says how to stop it",
    async (options) => {
      record(ourRun);
      await expect(open(options)).rejects.toThrow(/already running at http:\/\/127\.0\.0\.1:4999.*local:down/);
      expect(readRecord()).toEqual(ourRun);
    },
  );
});

describe("when an emulator that we did not start is still running", () => {
  test.each<Partial<RunOptions>>([{}, { endpoint: foreignRun.endpoint }])("its run continues, with the options %j", async (options) => {
    record(foreignRun);
    expect(await open(options)).toEqual({ run: foreignRun, started: false });
  });

  test("asking for an endpoint that does not respond is an error with the reason, and keeps the run and its state", async () => {
    record(foreignRun);
    writeFiles("/", { [statePath(stack)]: "{}" });
    respond = refused;
    await expect(open({ endpoint: "http://127.0.0.1:5000" })).rejects.toThrow(
      /No AWS responds at http:\/\/127\.0\.0\.1:5000.*ECONNREFUSED/,
    );
    expect(readRecord()).toEqual(foreignRun);
    expect(existsSync(statePath(stack))).toBe(true);
  });
});

test("an emulator that was restarted gets a new run, and the state of the old run is deleted", async () => {
  record(foreignRun);
  writeFiles("/", { [statePath(stack)]: "{}" });
  respond = async () => ({});
  const { run, started } = await open({ endpoint: foreignRun.endpoint });
  expect({ endpoint: run.endpoint, pid: run.pid, started }).toEqual({ endpoint: foreignRun.endpoint, pid: undefined, started: false });
  expect(run.id).not.toBe(foreignRun.id);
  expect(readRecord()).toEqual({ id: run.id, endpoint: run.endpoint });
  expect(existsSync(statePath(stack))).toBe(false);
});

test("an emulator that we did not start, and that fails for another reason than a refused connection, keeps its run and its state", async () => {
  record(foreignRun);
  writeFiles("/", { [statePath(stack)]: "{}" });
  respond = async () => Promise.reject(new Error("FIPS is not supported"));
  await expect(open({})).rejects.toThrow(/not known whether the emulator at http:\/\/127\.0\.0\.1:4999.*FIPS is not supported/);
  expect(readRecord()).toEqual(foreignRun);
  expect(existsSync(statePath(stack))).toBe(true);
});

test("a command that needs a running local AWS fails without one, and says how to start it", () => {
  expect(requireRun).toThrow("No local AWS is running. Start it with: npm run local");
});

test.each(["", "{", "null", '{"pid": 7}'])("a damaged record (%j) is an error that says what to stop and what to delete", (text) => {
  writeFiles(process.cwd(), { ".local/run.json": text });
  expect(requireRun).toThrow(/^\.local\/run\.json is damaged.*emulator\/main\.py.*delete the folder \.local/);
});

test("an emulator of ours that runs but does not answer is an error, and its run and its state are kept", async () => {
  const emulator = likeEmulator();
  try {
    record({ ...ourRun, pid: emulator.pid });
    writeFiles("/", { [statePath(stack)]: "{}" });
    respond = async () => Promise.reject(new Error("timeout"));
    await expect(open({})).rejects.toThrow(`127.0.0.1:4999 is running (process ${emulator.pid}), but it does not answer`);
    expect(readRecord().pid).toBe(emulator.pid);
    expect(existsSync(statePath(stack))).toBe(true);
  } finally {
    emulator.kill();
  }
});
