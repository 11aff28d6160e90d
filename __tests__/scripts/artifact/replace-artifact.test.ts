import { existsSync, mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { replaceArtifact } from "../../../scripts/artifact/replace-artifact";
import { filesOf } from "../../harness/clone";
import { temporaryFolder } from "../../harness/temporary-folder";

const manifest = (...stacks: string[]) => JSON.stringify({ stacks });
const OLD = {
  "manifest.json": manifest("orders-int", "gone-int"),
  "stacks/orders-int/cdk.tf.json": "old",
  "stacks/orders-int/lambdas/gone.zip": "old",
  "stacks/gone-int/cdk.tf.json": "old",
  "source-maps/orders/gone.mjs.map": "old",
  "source-maps/gone/work.mjs.map": "old",
};
const NEW = {
  "manifest.json": manifest("orders-int", "ledger-int"),
  "stacks/orders-int/cdk.tf.json": "new",
  "stacks/orders-int/lambdas/work.zip": "new",
  "stacks/ledger-int/cdk.tf.json": "new",
  "source-maps/orders/work.mjs.map": "new",
};

test("the new artifact takes the place of the old one, and nothing of the old one is left", () => {
  const artifact = temporaryFolder(OLD);
  replaceArtifact(temporaryFolder(NEW), artifact);
  expect(filesOf(artifact)).toEqual(NEW);
  expect(existsSync(join(artifact, "stacks/gone-int"))).toBe(false);
  expect(existsSync(join(artifact, "source-maps/gone"))).toBe(false);
});

test("the new artifact is complete where there was none", () => {
  const artifact = join(temporaryFolder(), "cdktf.out");
  replaceArtifact(temporaryFolder(NEW), artifact);
  expect(filesOf(artifact)).toEqual(NEW);
});

test("a stack without lambdas loses all its zips", () => {
  const artifact = temporaryFolder(OLD);
  const { "stacks/orders-int/lambdas/work.zip": _, ...withoutZips } = NEW;
  replaceArtifact(temporaryFolder(withoutZips), artifact);
  expect(existsSync(join(artifact, "stacks/orders-int/lambdas"))).toBe(false);
});

test("Terraform's files stay in the folder of a stack", () => {
  const kept = { "stacks/orders-int/.terraform/providers": "700 MB", "stacks/orders-int/errored.tfstate": "state" };
  const artifact = temporaryFolder({ ...OLD, ...kept });
  replaceArtifact(temporaryFolder(NEW), artifact);
  expect(filesOf(artifact)).toEqual({ ...NEW, ...kept });
});

test("the folder of a stack is not moved, because a Terraform that runs in it finds its state by a relative path", () => {
  const artifact = temporaryFolder(OLD);
  const inode = () => statSync(join(artifact, "stacks/orders-int")).ino;
  const before = inode();
  replaceArtifact(temporaryFolder(NEW), artifact);
  expect(inode()).toBe(before);
});

test("the manifest is replaced last, so that every stack that it names is complete", () => {
  const artifact = temporaryFolder(OLD);
  // A folder in the place of a file stops the replacement there.
  mkdirSync(join(artifact, "source-maps/orders/work.mjs.map/folder"), { recursive: true });
  expect(() => replaceArtifact(temporaryFolder(NEW), artifact)).toThrow(/EISDIR|ENOTEMPTY/);
  expect(filesOf(artifact)).toMatchObject({ "manifest.json": OLD["manifest.json"], "stacks/gone-int/cdk.tf.json": "old" });
});

test("files that Terraform would read beside the new ones are removed, and a state that Terraform could not save is not", () => {
  const read = { "stacks/orders-int/cdk.tf": "old", "stacks/orders-int/.terraform.lock.hcl": "lock" };
  const unsaved = { "stacks/orders-int/errored.tfstate": "state" };
  const artifact = temporaryFolder({ ...OLD, ...read, ...unsaved });
  replaceArtifact(temporaryFolder(NEW), artifact);
  expect(filesOf(artifact)).toEqual({ ...NEW, ...unsaved });
});

test.each(["source-maps", "stacks/orders-int"])(
  "a link in place of the folder %s is replaced, and the files in its target stay as they are",
  (folder) => {
    const artifact = temporaryFolder(OLD);
    const target = temporaryFolder({ "mine.txt": "mine" });
    rmSync(join(artifact, folder), { recursive: true });
    symlinkSync(target, join(artifact, folder));
    replaceArtifact(temporaryFolder(NEW), artifact);
    expect(filesOf(artifact)).toEqual(NEW);
    expect(filesOf(target)).toEqual({ "mine.txt": "mine" });
  },
);
