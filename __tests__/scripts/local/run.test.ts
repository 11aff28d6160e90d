import { existsSync, readFileSync } from "node:fs";
import { type GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { Stack } from "../../../scripts/artifact/artifact";
import { forgetRun, isDeployed, openRun, type RunOptions, rememberDeployed, statePath } from "../../../scripts/local/run";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

const run = { id: "run", endpoint: "http://127.0.0.1:4999" };
const folderAtStart = process.cwd();
let stack: Stack;
let contracts: Record<string, string>;

/** A stack that was deployed a moment ago: what it read then, and its state. */
beforeEach(async () => {
  process.chdir(temporaryFolder());
  const parameters = Array.from({ length: 12 }, (_, at) => `p${at}`);
  stack = stackOf("orders-int", [], {
    folder: temporaryFolder({ "cdk.tf.json": "{}", "lambdas/work.zip": "zip", "domain.json": "{}" }),
    reads: [{ domain: "ledger", version: 1, parameters }],
  });
  contracts = Object.fromEntries(parameters.map((name) => [`/shop/int/ledger/v1/${name}`, "value"]));
  (jest.spyOn(SSMClient.prototype, "send") as jest.SpyInstance).mockImplementation(async ({ input }: GetParametersCommand) => {
    const names = input.Names ?? [];
    if (names.length > 10) throw new Error("SSM gives ten at once");
    return { Parameters: names.filter((name) => name in contracts).map((Name) => ({ Name, Value: contracts[Name] })) };
  });
  deployedState(1);
  await rememberDeployed(run, stack);
});
afterEach(() => {
  jest.restoreAllMocks();
  process.chdir(folderAtStart);
});

function deployedState(serial: number): void {
  writeFiles("/", { [statePath(stack)]: JSON.stringify({ serial }) });
}

describe("a stack is what is deployed", () => {
  test("while nothing changed", async () => {
    expect(await isDeployed(run, stack)).toBe(true);
  });

  test("but not before it was ever deployed", async () => {
    expect(await isDeployed(run, { ...stack, stack: "other-int" })).toBe(false);
  });

  test.each<[string, () => void]>([
    ["its resources changed", () => writeFiles(stack.folder, { "cdk.tf.json": '{"resource":{}}' })],
    ["a zip of it changed", () => writeFiles(stack.folder, { "lambdas/work.zip": "other" })],
    ["it got another provider lock", () => writeFiles(stack.folder, { ".terraform.lock.hcl": "lock" })],
    ["a contract that it reads has another value", () => Object.assign(contracts, { "/shop/int/ledger/v1/p11": "other" })],
    ["a contract that it reads is gone", () => delete contracts["/shop/int/ledger/v1/p0"]],
    ["somebody else deployed it meanwhile", () => deployedState(2)],
  ])("no longer when %s", async (_, change) => {
    change();
    expect(await isDeployed(run, stack)).toBe(false);
  });

  test("still when only domain.json tells people something new", async () => {
    writeFiles(stack.folder, { "domain.json": '{"told":"otherwise"}' });
    expect(await isDeployed(run, stack)).toBe(true);
  });
});

describe("a local AWS that runs", () => {
  const runsAt = (pid?: number) => writeFiles(process.cwd(), { ".local/run.json": JSON.stringify({ ...run, pid }) });
  const open = (options: Partial<RunOptions>) => openRun(stack, { signal: new AbortController().signal, ...options });
  let mark: () => Promise<object>;
  beforeEach(() => {
    mark = async () => ({ Parameter: { Value: run.id } });
    jest.spyOn(SSMClient.prototype, "send").mockImplementation(() => mark());
  });

  test.each<Partial<RunOptions>>([{}, { port: 4999 }, { endpoint: run.endpoint }])(
    "and was started here is gone on with, given %j",
    async (options) => {
      runsAt(1);
      expect(await open(options)).toEqual({ run: { ...run, pid: 1 }, started: false });
    },
  );

  test.each<Partial<RunOptions>>([{ port: 5000 }, { endpoint: "http://127.0.0.1:5000" }])(
    "and was started here is not left behind for %j",
    async (options) => {
      runsAt(1);
      await expect(open(options)).rejects.toThrow(/runs already at http:\/\/127\.0\.0\.1:4999.*local:down/);
    },
  );

  test.each<Partial<RunOptions>>([{}, { endpoint: run.endpoint }])("and is somebody else's is gone on with, given %j", async (options) => {
    runsAt();
    expect(await open(options)).toEqual({ run, started: false });
  });

  test("is not forgotten for an endpoint where no AWS answers, and the error says which", async () => {
    runsAt();
    mark = async () => Promise.reject(new Error("connect ECONNREFUSED"));
    await expect(open({ endpoint: "http://127.0.0.1:5000" })).rejects.toThrow(/No AWS answers at http:\/\/127\.0\.0\.1:5000.*ECONNREFUSED/);
    expect(JSON.parse(readFileSync(".local/run.json", "utf8"))).toEqual(run);
    expect(existsSync(statePath(stack))).toBe(true);
  });
});

test("the local AWS takes its own state with it when it goes, and leaves that of real deploys", async () => {
  const real = { ".state/orders-int.tfstate": "{}", ".state/ledger-int/other/terraform.tfstate": "{}" };
  writeFiles(process.cwd(), real);
  forgetRun();
  expect(existsSync(statePath(stack))).toBe(false);
  for (const file of Object.keys(real)) expect([file, existsSync(file)]).toEqual([file, true]);
});

test("the local AWS leaves no empty folders", () => {
  forgetRun();
  expect(existsSync(".state")).toBe(false);
});
