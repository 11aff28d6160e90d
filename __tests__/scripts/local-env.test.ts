import { runProcess } from "../../scripts/process";
import { runCode } from "../support/run-code";
import { temporaryFolder } from "../support/temporary-folder";

test("where no local AWS runs, what is joined to the eval does not run: it would reach the account of the shell's own credentials", async () => {
  const { exitCode, stdout, stderr } = await runCode('import "./local-env";', { cwd: temporaryFolder() });
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/No local AWS runs; start it with npm run local/)]);
  const shell = await runProcess("sh", ["-c", `(eval "${stdout}" && echo deployed)`]);
  expect([shell.exitCode, shell.stdout]).toEqual([1, ""]);
});
