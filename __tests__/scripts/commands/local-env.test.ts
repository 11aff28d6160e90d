import { runProcess } from "../../../scripts/cli/process";
import { runCode } from "../../harness/run-code";
import { temporaryFolder } from "../../harness/temporary-folder";

test("without a running local AWS, the command after the eval does not run, because it would reach the account of the shell's credentials", async () => {
  const { exitCode, stdout, stderr } = await runCode('import "./commands/local-env";', { cwd: temporaryFolder() });
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/No local AWS is running.*npm run local/)]);
  const shell = await runProcess("sh", ["-c", `(eval "${stdout}" && echo deployed)`]);
  expect([shell.exitCode, shell.stdout]).toEqual([1, ""]);
});
