import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "../../../scripts/artifact/artifact";
import { buildHash } from "../../../scripts/artifact/contents";
import type { DeployedRecord } from "../../../scripts/delivery/deployed-record";
import { earlierDeployment, earlierStack } from "../../../scripts/delivery/rollback";
import { stackOf } from "../../harness/stacks";
import { readJson, temporaryFolder } from "../../harness/temporary-folder";

const [NOW, BEFORE, EARLIER] = ["a", "b", "c"].map((letter) => letter.repeat(40)) as [string, string, string];
const deployed = (commit: string, build = commit, isDirty = false) => ({ commit, build, isDirty, deployedAt: "2026-11-01T09:00:00Z" });
const record = { ...deployed(NOW), history: [deployed(EARLIER, NOW), deployed(BEFORE)] } as unknown as DeployedRecord;

describe("what a stack is rolled back to", () => {
  const orders = stackOf("orders-int");

  test("is the latest deployment that was another one", () => {
    expect(earlierDeployment(orders, record, undefined).commit).toBe(BEFORE);
  });

  test("is the commit that was named, if it ran", () => {
    expect(earlierDeployment(orders, record, EARLIER).commit).toBe(EARLIER);
    expect(() => earlierDeployment(orders, record, "d".repeat(40))).toThrow(
      /^orders-int: as far as its record knows, not ddddddd ran before\. Nothing was changed\.\nIt ran:\n {2}ccccccc {2}deployed at/,
    );
  });

  test("is an error if nothing else ran", () => {
    expect(() => earlierDeployment(orders, { ...record, history: [] }, undefined)).toThrow("Its record has no earlier deployment.");
  });

  test("is not what was just rolled back from: a second rollback goes further back", () => {
    const hold = { rolledBackFrom: NOW, since: "2026-11-02T09:00:00Z" };
    const held = { ...record, ...deployed(BEFORE), hold, history: [deployed(NOW), deployed(BEFORE), deployed(EARLIER)] };
    expect(earlierDeployment(orders, held, undefined).commit).toBe(EARLIER);
  });

  test("is an error if it ran with changes that no commit has", () => {
    const dirty = { ...record, history: [deployed(BEFORE, BEFORE, true)] };
    expect(() => earlierDeployment(orders, dirty, undefined)).toThrow(
      /bbbbbbb ran with changes that no commit has[^\n]*\nIt ran:\n {2}bbbbbbb\+/,
    );
  });
});

describe("the earlier form of a stack", () => {
  const folderWith = (terraform: object, files: Record<string, string> = {}) =>
    temporaryFolder({ "cdk.tf.json": JSON.stringify({ resource: {}, terraform }), ...files });
  const today = (files: Record<string, string> = {}) =>
    stackOf("orders-int", [], { folder: folderWith({ backend: { s3: { bucket: "new" } } }, files) });
  const earlier = (changes: Partial<Stack> = {}) =>
    stackOf("orders-int", [], {
      folder: folderWith({ backend: { local: { path: "old" } } }, { ".terraform.lock.hcl": "old" }),
      ...changes,
    });
  const restored = (stack: Stack, now = today(), build = buildHash(stack)) =>
    earlierStack(now, { commit: BEFORE, folder: "", stacks: [stack] }, deployed(BEFORE, build));

  test("has today's backend and today's provider lock", () => {
    const { folder } = restored(earlier(), today({ ".terraform.lock.hcl": "new" }));
    expect(readJson(join(folder, "cdk.tf.json")).terraform).toEqual({ backend: { s3: { bucket: "new" } } });
    expect(readFileSync(join(folder, ".terraform.lock.hcl"), "utf8")).toBe("new");
  });

  test("is found by the name with which it was deployed", () => {
    const renamed = stackOf("purchases-int", [], { formerly: "orders", folder: folderWith({}) });
    expect(restored(earlier(), renamed).stack).toBe("orders-int");
  });

  test("must be what was deployed", () => {
    expect(() => restored(earlier(), today(), "other".padEnd(64))).toThrow(
      /orders-int at bbbbbbb: synthesized again, it has the hash [0-9a-f]{12}, but other .* was deployed\..*Nothing was changed/,
    );
    expect(() => restored(earlier({ account: "999999999999" }))).toThrow("it was in account 999999999999, and now it is in 111111111111");
    expect(() => restored(stackOf("ledger-int"), today(), "any")).toThrow("the commit does not have this stack");
  });
});
