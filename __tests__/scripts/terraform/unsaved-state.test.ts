import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkUnsavedState, removeWorkingCopies } from "../../../scripts/terraform/unsaved-state";
import { temporaryFolder } from "../../harness/temporary-folder";

test("a state that an earlier deployment could not save stops the next one, with the command that saves it", () => {
  const folder = temporaryFolder({ "run-1/orders-int/errored.tfstate": "{}", "run-2/ledger-int/cdk.tf.json": "{}" });
  const stack = join(folder, "run-1/orders-int");
  expect(() => checkUnsavedState(folder, [])).toThrow(`terraform -chdir=${stack} state push errored.tfstate`);
  expect(() => checkUnsavedState(folder, [])).toThrow("Nothing was changed");
});

test("without such a state, and without any earlier deployment, nothing stops", () => {
  checkUnsavedState(temporaryFolder({ "run-2/ledger-int/cdk.tf.json": "{}" }), []);
  checkUnsavedState(join(temporaryFolder(), "nothing"), [{ folder: "nowhere" }]);
});

test("the working copies of a deployment are removed, except one with the only copy of a state", () => {
  const folder = temporaryFolder({ "orders-int/errored.tfstate": "{}", "ledger-int/deploy.tfplan": "secret" });
  removeWorkingCopies(folder);
  expect(existsSync(join(folder, "orders-int/errored.tfstate"))).toBe(true);
  expect(existsSync(join(folder, "ledger-int"))).toBe(false);

  const harmless = temporaryFolder({ "ledger-int/deploy.tfplan": "secret" });
  removeWorkingCopies(harmless);
  expect(existsSync(harmless)).toBe(false);
});

test("a state that the cdktf CLI could not save is in the folder of the artifact, which is not to be deleted", () => {
  const folder = temporaryFolder({ "errored.tfstate": "{}" });
  const check = () => checkUnsavedState(join(temporaryFolder(), "nothing"), [{ folder }]);
  expect(check).toThrow(`terraform -chdir=${folder} state push errored.tfstate`);
  expect(check).toThrow(`At the end, delete ${join(folder, "errored.tfstate")}.`);
});
