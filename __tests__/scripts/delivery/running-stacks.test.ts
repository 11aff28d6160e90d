import type { Stack } from "../../../scripts/artifact/artifact";
import type { DeployedRecord } from "../../../scripts/delivery/deployed-record";
import { DeploymentRecords, type RunningStack, requireKnownState } from "../../../scripts/delivery/running-stacks";
import { statePath } from "../../../scripts/local/files";
import { type FakeSsm, fakeSsm } from "../../harness/fake-ssm";
import { plannedChange, planWith } from "../../harness/plans";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

const folderAtStart = process.cwd();
let stack: Stack;
let ssm: FakeSsm;

/** A stack that has just been deployed, and that reads more contract parameters than SSM returns for one request. */
beforeEach(async () => {
  process.chdir(temporaryFolder());
  ssm = fakeSsm();
  const parameters = Array.from({ length: 12 }, (_, at) => `p${at}`);
  stack = stackOf("orders-int", [], {
    folder: temporaryFolder({ "cdk.tf.json": "{}", "lambdas/work.zip": "zip", "domain.json": "{}" }),
    reads: [{ domain: "ledger", version: 1, parameters }],
  });
  for (const name of parameters) ssm.values.set(`/shop/int/ledger/v1/${name}`, "value");
  writeState(1);
  await deploy();
});
afterEach(() => process.chdir(folderAtStart));

function writeState(serial: number, lineage = "lineage"): void {
  writeFiles("/", { [statePath(stack)]: JSON.stringify({ serial, lineage }) });
}

/** Deploys the stack. @param meanwhile what happens while Terraform applies it */
async function deploy(meanwhile = () => {}): Promise<void> {
  const records = new DeploymentRecords({ ssm: ssm.client, isLocal: true }, { commit: "c".repeat(40), changed: [] });
  await records.note([stack]);
  meanwhile();
  await records.write(stack);
}

async function isCurrent(asked = stack): Promise<boolean> {
  const records = new DeploymentRecords({ ssm: ssm.client, isLocal: true }, { commit: "d".repeat(40), changed: [] });
  await records.note([asked]);
  return records.isCurrent(asked);
}

describe("a stack counts as deployed", () => {
  test("when nothing changed since its last deployment, although the commit is another one", async () => {
    expect(await isCurrent()).toBe(true);
  });

  test("when only domain.json changed, because Terraform does not read it", async () => {
    writeFiles(stack.folder, { "domain.json": '{"description":"other"}' });
    expect(await isCurrent()).toBe(true);
  });
});

describe("a stack does not count as deployed", () => {
  test("when it was never deployed", async () => {
    expect(await isCurrent(stackOf("other-int", [], { folder: stack.folder }))).toBe(false);
  });

  test.each<[string, () => void]>([
    ["its resources changed", () => writeFiles(stack.folder, { "cdk.tf.json": '{"resource":{}}' })],
    ["one of its zips changed", () => writeFiles(stack.folder, { "lambdas/work.zip": "other" })],
    ["its provider lock changed", () => writeFiles(stack.folder, { ".terraform.lock.hcl": "lock" })],
    ["a contract parameter that it reads has another value", () => ssm.values.set("/shop/int/ledger/v1/p11", "other")],
    ["a contract parameter that it reads no longer exists", () => ssm.values.delete("/shop/int/ledger/v1/p0")],
    ["another command deployed it in the meantime", () => writeState(2)],
    ["its state was replaced by another one", () => writeState(1, "other lineage")],
  ])("when %s", async (_, change) => {
    change();
    expect(await isCurrent()).toBe(false);
  });

  test("when a contract got another value while it was applied", async () => {
    await deploy(() => ssm.values.set("/shop/int/ledger/v1/p3", "published meanwhile"));
    expect(await isCurrent()).toBe(false);
  });

  test("when a synth changed the artifact while it was applied", async () => {
    await deploy(() => writeFiles(stack.folder, { "lambdas/work.zip": "other" }));
    expect(await isCurrent()).toBe(false);
  });
});

test("a record that cannot be written is an error that says that the stack is deployed, and how to go on", async () => {
  const deployment = deploy(() => {
    ssm.client.putParameter = () => Promise.reject(new Error("AccessDenied"));
  });
  await expect(deployment).rejects.toThrow(
    /^orders-int is deployed, but what runs could not be recorded: AccessDenied\. Run the command again/,
  );
});

describe("a plan that creates a stack from nothing", () => {
  const orders = stackOf("orders-int");
  const creating = planWith([plannedChange("create")], { existing: 0 });
  const record = { deployedAt: "2026-11-01T09:00:00Z" } as DeployedRecord;
  const state = (hasResources: boolean) => ({ lineage: "l", serial: 3, hasResources });
  const check =
    (running: Omit<RunningStack, "contractValues">, plan = creating) =>
    () =>
      requireKnownState(orders, plan, { ...running, contractValues: {} });

  test("is refused if the stack has a state with resources: Terraform plans from another one", () => {
    expect(check({ state: state(true) })).toThrow(/^orders-int has a state with resources, but Terraform plans from another, empty one/);
    expect(check({ record, state: state(true) })).toThrow("it would create everything a second time. Nothing was changed");
  });

  test("is refused if the stack runs, as its record says, and its state is gone", () => {
    expect(check({ record })).toThrow(/^orders-int runs since 2026-11-01T09:00:00Z, but Terraform finds no state of it/);
  });

  test("is that of a new stack, or of one that was destroyed", () => {
    expect(check({})).not.toThrow();
    expect(check({ record, state: state(false) })).not.toThrow();
    expect(check({ record, state: state(true) }, planWith([plannedChange("update")]))).not.toThrow();
  });
});
