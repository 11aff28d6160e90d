import { UserError } from "../../shared/errors";
import { readArtifact, reportSkippedWorkspaces, workingCopy } from "../artifact/artifact";
import { build } from "../artifact/build";
import { runCommand } from "../cli/command";
import { taskList } from "../cli/task-list";
import { Terraform, TerraformError } from "../terraform/terraform";

/** Terraform processes that run at the same time. Each uses a processor. */
const CONCURRENCY = 2;

const HELP = `
npm run validate

Synthesizes, and runs terraform validate on every stack of every environment. The AWS provider
checks all attributes of all resources. It needs no AWS account and no credentials.`;

void runCommand({ help: HELP }, async ({ signal }) => {
  await build(signal);
  reportSkippedWorkspaces();
  const terraform = new Terraform({}, signal);
  const tasks = taskList(CONCURRENCY);
  tasks.add(
    readArtifact().map((stack) => ({
      title: stack.stack,
      task: async () => {
        const folder = workingCopy(stack, ".deploy/validate");
        await terraform.init(folder, "-backend=false");
        await terraform.validate(folder);
      },
    })),
  );
  await tasks.run();
  signal.throwIfAborted();
  const problems = tasks.errors.map(({ error, task }) => {
    if (!(error instanceof TerraformError)) throw error;
    return `${task.title}:\n${error.message}`;
  });
  if (problems.length > 0) throw new UserError(problems.join("\n\n"));
});
