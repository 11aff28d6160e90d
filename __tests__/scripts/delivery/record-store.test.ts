import { randomBytes } from "node:crypto";
import { type DeployedRecord, recordOf } from "../../../scripts/delivery/deployed-record";
import { readRecords, recordedDomains, writeRecord } from "../../../scripts/delivery/record-store";
import { type FakeSsm, fakeSsm } from "../../harness/fake-ssm";
import { stackOf } from "../../harness/stacks";

const orders = stackOf("orders-int");
let ssm: FakeSsm;
beforeEach(() => {
  ssm = fakeSsm();
});

/** A record of a stack with many resources, whose hashes cannot be compressed. */
function largeRecord(resources: number, commit = "a".repeat(40)): DeployedRecord {
  const blocks = Object.fromEntries(
    Array.from({ length: resources }, (_, index) => [`aws_iam_role.role-${index}`, randomBytes(9).toString("base64url")]),
  );
  return recordOf(
    {
      stack: orders,
      contents: { fingerprint: "f".repeat(64), build: "b".repeat(64), blocks, zips: {} },
      commit,
      isDirty: false,
      contractValues: { "/shop/int/ledger/v1/tableArn": "arn" },
      state: { lineage: "l", serial: 3 },
    },
    undefined,
  );
}
const read = async () => (await readRecords(ssm.client, [orders])).get("orders-int");

test("a record is read as it was written, however many resources its stack has", async () => {
  for (const resources of [0, 40, 2000]) {
    const record = largeRecord(resources);
    await writeRecord(ssm.client, orders, record);
    expect(await read()).toEqual(record);
  }
});

test("the head is written last, so that a record is in force when it is complete", async () => {
  await writeRecord(ssm.client, orders, largeRecord(2000));
  expect(ssm.written.at(-1)).toBe("/shop/int/orders/version/head");
  expect(ssm.written.length).toBeGreaterThan(3);
});

test("a record whose writing was interrupted leaves the one before in force, and only its details are lost", async () => {
  const before = largeRecord(400);
  await writeRecord(ssm.client, orders, before);
  const head = ssm.values.get("/shop/int/orders/version/head") ?? "";
  await writeRecord(ssm.client, orders, largeRecord(400, "b".repeat(40)));
  ssm.values.set("/shop/int/orders/version/head", head);
  expect(await read()).toEqual({ ...before, details: undefined });
});

test("a stack that was never deployed has no record, and those of other domains and environments are not its own", async () => {
  await writeRecord(ssm.client, orders, largeRecord(1));
  const others = ["ledger-int", "orders-live"].map((id) => stackOf(id));
  expect(await readRecords(ssm.client, others)).toEqual(new Map());
});

test("a renamed domain has the record of the name with which it was deployed", async () => {
  await writeRecord(ssm.client, orders, largeRecord(1));
  const renamed = stackOf("purchases-int", [], { formerly: "orders" });
  expect((await readRecords(ssm.client, [renamed])).get("purchases-int")?.stack).toBe("orders-int");
});

test("the domains with a record are those of the environment, each once", async () => {
  await writeRecord(ssm.client, orders, largeRecord(2000));
  await writeRecord(ssm.client, stackOf("ledger-live"), largeRecord(1));
  expect(await recordedDomains(ssm.client, { project: "shop", environment: "int" })).toEqual(["orders"]);
});

test("the history has the deployments before, the latest first, and its length has a limit so that the head fits in a parameter", async () => {
  let record: DeployedRecord | undefined;
  for (let number = 0; number < 30; number++) {
    const commit = String(number).padStart(40, "0");
    const build = String(number).padStart(64, "0");
    const contents = { fingerprint: build, build, blocks: {}, zips: {} };
    record = recordOf({ stack: orders, contents, commit, isDirty: false, contractValues: {}, state: undefined }, record);
    await writeRecord(ssm.client, orders, record);
  }
  const commits = (await read())?.history.map(({ commit }) => Number(commit));
  expect(commits?.slice(0, 3)).toEqual([28, 27, 26]);
  expect(commits?.length).toBeGreaterThanOrEqual(10);
});

test("the same deployment again adds nothing to the history", () => {
  const first = largeRecord(1);
  const deployment = {
    stack: orders,
    contents: { fingerprint: first.fingerprint, build: first.build, blocks: {}, zips: {} },
    commit: first.commit,
  };
  const again = recordOf({ ...deployment, isDirty: false, contractValues: {}, state: { serial: 4 } }, first);
  expect(again.history).toEqual([]);
});
