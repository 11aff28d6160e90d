import { runProcess } from "../../../scripts/cli/process";
import { runCode } from "../../harness/run-code";
import { temporaryFolder } from "../../harness/temporary-folder";

test("where no local AWS runs, what is joined to the eval does not run: it would reach the account of the shell's own credentials", async () => {
  const { exitCode, stdout, stderr } = await runCode('import "./commands/local-env";', { cwd: temporaryFolder() });
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/No local AWS runs; start it with npm run local/)]);
  const shell = await runProcess("sh", ["-c", `(eval "${stdout}" && echo deployed)`]);
  expect([shell.exitCode, shell.stdout]).toEqual([1, ""]);
});
