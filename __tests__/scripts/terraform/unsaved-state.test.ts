import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkUnsavedState, removeWorkingCopies } from "../../../scripts/terraform/unsaved-state";
import { temporaryFolder } from "../../harness/temporary-folder";

test("a state that an earlier deployment could not save stops the next one, with the command that saves it", () => {
  const folder = temporaryFolder({ "run-1/orders-int/errored.tfstate": "{}", "run-2/ledger-int/cdk.tf.json": "{}" });
  const stack = join(folder, "run-1/orders-int");
  expect(() => checkUnsavedState(folder)).toThrow(`terraform -chdir=${stack} state push errored.tfstate`);
  expect(() => checkUnsavedState(folder)).toThrow("Nothing was changed");
});

test("without such a state, and without any earlier deployment, nothing stops", () => {
  checkUnsavedState(temporaryFolder({ "run-2/ledger-int/cdk.tf.json": "{}" }));
  checkUnsavedState(join(temporaryFolder(), "nothing"));
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
