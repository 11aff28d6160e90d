import { type GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { Stack } from "../../../scripts/artifact/artifact";
import { isDeployed, recordDeployed } from "../../../scripts/local/deployed-record";
import { statePath } from "../../../scripts/local/files";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

const run = { id: "run", endpoint: "http://127.0.0.1:4999" };
const folderAtStart = process.cwd();
let stack: Stack;
/** The values of the contract parameters that SSM has, by name. */
let contracts: Record<string, string>;

/** A stack that has just been deployed, and that reads more contract parameters than SSM returns for one request. */
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
    if (names.length > 10) throw new Error("SSM returns at most ten parameters for each request");
    return { Parameters: names.filter((name) => name in contracts).map((Name) => ({ Name, Value: contracts[Name] })) };
  });
  writeState(1);
  await recordDeployed(run, stack);
});
afterEach(() => {
  jest.restoreAllMocks();
  process.chdir(folderAtStart);
});

function writeState(serial: number): void {
  writeFiles("/", { [statePath(stack)]: JSON.stringify({ serial }) });
}

describe("a stack counts as deployed", () => {
  test("when nothing changed since its last deployment", async () => {
    expect(await isDeployed(run, stack)).toBe(true);
  });

  test("when only domain.json changed, because Terraform does not read it", async () => {
    writeFiles(stack.folder, { "domain.json": '{"description":"other"}' });
    expect(await isDeployed(run, stack)).toBe(true);
  });
});

describe("a stack does not count as deployed", () => {
  test("when it was never deployed", async () => {
    expect(await isDeployed(run, { ...stack, stack: "other-int" })).toBe(false);
  });

  test.each<[string, () => void]>([
    ["its resources changed", () => writeFiles(stack.folder, { "cdk.tf.json": '{"resource":{}}' })],
    ["one of its zips changed", () => writeFiles(stack.folder, { "lambdas/work.zip": "other" })],
    ["its provider lock changed", () => writeFiles(stack.folder, { ".terraform.lock.hcl": "lock" })],
    ["a contract parameter that it reads has another value", () => Object.assign(contracts, { "/shop/int/ledger/v1/p11": "other" })],
    ["a contract parameter that it reads no longer exists", () => delete contracts["/shop/int/ledger/v1/p0"]],
    ["another command deployed it in the meantime", () => writeState(2)],
  ])("when %s", async (_, change) => {
    change();
    expect(await isDeployed(run, stack)).toBe(false);
  });
});
