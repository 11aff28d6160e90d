import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "../../../scripts/artifact/artifact";
import { fingerprint } from "../../../scripts/artifact/contents";
import type { DeployedRecord } from "../../../scripts/delivery/deployed-record";
import { earlierDeployment, earlierStack } from "../../../scripts/delivery/rollback";
import { stackOf } from "../../harness/stacks";
import { readJson, temporaryFolder } from "../../harness/temporary-folder";

const [NOW, BEFORE, EARLIER] = ["a", "b", "c"].map((letter) => letter.repeat(40)) as [string, string, string];
const deployed = (commit: string, print = commit) => ({ commit, fingerprint: print, deployedAt: "2026-11-01T09:00:00Z" });
const record = { ...deployed(NOW), history: [deployed(EARLIER, NOW), deployed(BEFORE)] } as DeployedRecord;

describe("what a stack is rolled back to", () => {
  const orders = stackOf("orders-int");

  test("is the latest deployment that was another one", () => {
    expect(earlierDeployment(orders, record, undefined).commit).toBe(BEFORE);
  });

  test("is the commit that was named, if it ran", () => {
    expect(earlierDeployment(orders, record, EARLIER).commit).toBe(EARLIER);
    expect(() => earlierDeployment(orders, record, "d".repeat(40))).toThrow(
      /^orders-int: as far as its record knows, not ddddddd ran before\. Nothing was changed\.\nIt ran:\n {2}ccccccc {2}until/,
    );
  });

  test("is an error if nothing else ran", () => {
    expect(() => earlierDeployment(orders, { ...record, history: [] }, undefined)).toThrow("Its record has no earlier deployment.");
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
  const restored = (stack: Stack, now = today(), print = fingerprint(stack)) =>
    earlierStack(now, { commit: BEFORE, folder: "", stacks: [stack] }, deployed(BEFORE, print));

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
      /orders-int at bbbbbbb: synthesized again, it has the fingerprint [0-9a-f]{12}, but other .* was deployed\..*Nothing was changed/,
    );
    expect(() => restored(earlier({ account: "999999999999" }))).toThrow("it was in account 999999999999, and now it is in 111111111111");
    expect(() => restored(stackOf("ledger-int"))).toThrow("the commit does not have this stack");
  });
});
