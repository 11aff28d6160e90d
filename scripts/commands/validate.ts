import { UserError } from "../../shared/errors";
import { readArtifact, workingCopy } from "../artifact/artifact";
import { build } from "../artifact/build";
import { runCommand } from "../cli/command";
import { taskList } from "../cli/task-list";
import { Terraform, TerraformError } from "../terraform/terraform";

const HELP = `
npm run validate

Synthesizes, and lets Terraform and the AWS provider check every stack of every environment. Asks no AWS account.`;

void runCommand(HELP, {}, async ({ signal }) => {
  await build();
  const terraform = new Terraform({}, signal);
  const tasks = taskList(2);
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
