import { existsSync } from "node:fs";
import { deleteLocalFiles, statePath } from "../../../scripts/local/files";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

const folderAtStart = process.cwd();
const stack = { domain: "orders", environment: "int" };

/** A project after a local run: it has a record of the run, and the local state of a stack. */
beforeEach(() => {
  process.chdir(temporaryFolder({ ".local/run.json": "{}" }));
  writeFiles("/", { [statePath(stack)]: "{}" });
});
afterEach(() => process.chdir(folderAtStart));

test("deleting the local files deletes the local state and keeps the state of real deployments", () => {
  const real = { ".state/orders-int.tfstate": "{}", ".state/ledger-int/other/terraform.tfstate": "{}" };
  writeFiles(process.cwd(), real);
  deleteLocalFiles();
  expect(existsSync(".local")).toBe(false);
  expect(existsSync(statePath(stack))).toBe(false);
  for (const file of Object.keys(real)) expect([file, existsSync(file)]).toEqual([file, true]);
});

test("the local state of a renamed domain stays where it was", () => {
  expect(statePath({ domain: "purchases", formerly: "orders", environment: "int" })).toBe(statePath(stack));
});

test("deleting the local files leaves no empty folders", () => {
  deleteLocalFiles();
  expect(existsSync(".state")).toBe(false);
});

test("deleting the local files does nothing when there are none", () => {
  deleteLocalFiles();
  expect(deleteLocalFiles).not.toThrow();
});
