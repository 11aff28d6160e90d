import { UserError } from "../shared/errors";
import { readArtifact, workingCopy } from "./artifact";
import { build } from "./build";
import { runCommand } from "./command";
import { taskList } from "./task-list";
import { Terraform, TerraformError } from "./terraform";

const HELP = `
npm run validate

Synthesizes, and lets Terraform and the AWS provider check every stack of every environment. Asks no AWS account.`;

void runCommand(HELP, {}, async ({ signal }) => {
  await build();
  const terraform = new Terraform({}, signal);
  const failures = new Map<string, unknown>();
  const tasks = taskList(2);
  tasks.add(
    readArtifact().map((stack) => ({
      title: stack.stack,
      task: async () => {
        const folder = workingCopy(stack, ".deploy/validate");
        try {
          await terraform.init(folder, "-backend=false");
          await terraform.validate(folder);
        } catch (error) {
          failures.set(stack.stack, error);
          throw error;
        }
      },
    })),
  );
  await tasks.run();
  signal.throwIfAborted();
  for (const error of failures.values()) if (!(error instanceof TerraformError)) throw error;
  if (failures.size > 0) throw new UserError([...failures].map(([stack, error]) => `${stack}:\n${(error as Error).message}`).join("\n\n"));
});
