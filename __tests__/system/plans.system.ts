import { join } from "node:path";
import { runProcess } from "../../scripts/cli/process";
import { clientVariables } from "../../scripts/local/client-settings";
import { WORK_FOLDER } from "../../scripts/local/files";
import { TERRAFORM, terraformEnvironment } from "../../scripts/terraform/provider";
import { runningSystem } from "../harness/running-system";

const { run, stacks } = runningSystem();

test.each(stacks.map(({ stack }) => stack))("a second plan of %s is empty", async (id) => {
  const stack = stacks.find((each) => each.stack === id);
  if (!stack) throw new Error(`The artifact has no ${id}.`);
  const env = { ...terraformEnvironment(), ...clientVariables(run, stack) };
  const args = ["plan", "-input=false", "-no-color", "-lock=false", "-detailed-exitcode"];
  const { exitCode, stdout, stderr } = await runProcess(TERRAFORM, args, { cwd: join(WORK_FOLDER, id), env });
  // 0: no changes; 1: an error; 2: changes, which are in the output.
  expect({ exitCode, output: exitCode === 0 ? "" : stdout + stderr }).toEqual({ exitCode: 0, output: "" });
});
