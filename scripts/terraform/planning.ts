import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../shared/errors";
import { inDeploymentOrder, type Stack } from "../artifact/artifact";
import { indent } from "../cli/indent";
import { taskList } from "../cli/task-list";
import { explained, ownersOfMissingContracts } from "./explained-errors";
import { initializedCopy, type WorkingCopyOptions } from "./initialized-copy";
import { type Plan, publishes } from "./plan";
import { type Terraform, TerraformError } from "./terraform";

/** Plans that run at the same time. Terraform uses a processor while it plans. */
const CONCURRENCY = 8;

/** A stack whose plan is saved in its working copy. */
export interface PlannedStack {
  stack: Stack;
  plan: Plan;
}

/** What a deployment will do, as far as it can be known before it begins. */
export interface Plans {
  /** By the id of the stack. */
  planned: Map<string, PlannedStack>;
  /**
   * The stacks that can be planned only when other stacks of the same deployment have published their contracts, by id. The
   * value is the ids of those stacks.
   */
  later: Map<string, string[]>;
  /** Terraform's errors of the stacks that cannot be planned, now or later, by id. */
  failed: Map<string, string>;
  /** The working copies of all stacks, by id. They keep what was checked, when a synth changes the artifact meanwhile. */
  folders: Map<string, string>;
}

export interface PlanningOptions extends WorkingCopyOptions {
  terraform: Terraform;
  /**
   * Whether it shows nothing, because the output of the command is for a program.
   * @default false
   */
  isSilent?: boolean;
  /**
   * Files for the working copy of a stack, by their name. Terraform does not read them. With remote execution, it uploads them.
   * @default none
   */
  files?: (stack: Stack) => Record<string, string>;
}

/**
 * Plans stacks side by side. It changes nothing in AWS. {@link requirePlans} throws for those that cannot be planned.
 */
export async function planStacks(stacks: Stack[], options: PlanningOptions): Promise<Plans> {
  const plans = new Map<string, PlannedStack>();
  const errors = new Map<string, Error>();
  const folders = new Map<string, string>();
  const tasks = taskList(CONCURRENCY, options.isSilent);
  tasks.add(
    stacks.map((stack) => ({
      title: `${stack.stack}: plan`,
      task: async () => {
        try {
          const folder = await initializedCopy(stack, options.terraform, options);
          folders.set(stack.stack, folder);
          for (const [name, text] of Object.entries(options.files?.(stack) ?? {})) writeFileSync(join(folder, name), text);
          plans.set(stack.stack, { stack, plan: await options.terraform.plan(folder, stack.stack) });
        } catch (error) {
          errors.set(stack.stack, error as Error);
        }
      },
    })),
  );
  await tasks.run();

  const planned = new Map<string, PlannedStack>();
  const later = new Map<string, string[]>();
  const failed = new Map<string, string>();
  const selected = new Set(stacks.map(({ stack }) => stack));
  for (const stack of inDeploymentOrder(stacks)) {
    const plan = plans.get(stack.stack);
    const error = errors.get(stack.stack);
    if (error && !(error instanceof TerraformError)) throw error;
    const missing = error ? ownersOfMissingContracts(stack, error.message) : [];
    const isChanged = (id: string) => later.has(id) || missing.includes(id) || isPublishing(planned.get(id));
    const first = stack.needs.filter((id) => selected.has(id) && isChanged(id));
    if (plan && first.length === 0) planned.set(stack.stack, plan);
    else if (plan || (missing.length > 0 && missing.every((id) => selected.has(id)))) later.set(stack.stack, first);
    else if (error) failed.set(stack.stack, explained(stack, error));
  }
  return { planned, later, failed, folders };
}

/** @throws UserError with Terraform's errors of every stack that cannot be planned */
export function requirePlans({ failed }: Plans): void {
  const errors = [...failed].map(([stack, error]) => `${stack} cannot be planned:\n${indent(error)}`);
  if (errors.length > 0) throw new UserError([...errors, "Nothing was changed."].join("\n\n"));
}

function isPublishing(planned: PlannedStack | undefined): boolean {
  return planned !== undefined && publishes(planned.plan);
}
