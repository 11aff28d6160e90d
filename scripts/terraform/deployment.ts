import { relative } from "node:path";
import { UserError } from "../../shared/errors";
import { inDeploymentOrder, type Stack } from "../artifact/artifact";
import { indent } from "../cli/indent";
import { taskList } from "../cli/task-list";
import type { Danger } from "./dangers/danger";
import { explained } from "./explained-errors";
import { initializedCopy, type WorkingCopyOptions } from "./initialized-copy";
import { isFirstDeployment, type Plan } from "./plan";
import type { PlannedStack } from "./planning";
import { type Terraform, TerraformError } from "./terraform";
import { hasUnsavedState, unsavedStateFix } from "./unsaved-state";

/** Stacks that deploy at the same time. Terraform uses a processor while it starts. */
const CONCURRENCY = 8;

/** The end of one stack's deployment. */
interface StackResult {
  stack: string;
  status: "deployed" | "unchanged" | "skipped" | "failed" | "not started";
  /** Of a failed stack, the error. Of the others, a few words. */
  detail: string;
  /** Whether Terraform changed resources, and could not save the state that knows them. */
  isStateUnsaved?: boolean;
}

export interface DeploymentOptions extends WorkingCopyOptions {
  terraform: Terraform;
  /**
   * Credentials of the stack's own, as environment variables. Asked when the stacks that it needs have published.
   * @default those that `terraform` has
   */
  credentials?: (stack: Stack) => Promise<Record<string, string>>;
  /**
   * The plans that were shown, by the id of their stack. They are applied as they are, in the working copies in `folders`.
   * @default each stack is planned when the stacks that it needs have published
   */
  plans?: Map<string, PlannedStack>;
  /**
   * The provider lock file with which the plan of a stack was made.
   * @default the one of the artifact
   */
  lockFile?: (stack: Stack) => Buffer;
  /**
   * Working copies in which Terraform is initialized, by the id of their stack.
   * @default each stack gets a new one
   */
  folders?: Map<string, string>;
  /**
   * The dangers of a plan that nobody has accepted. Asked for the stacks that have no plan in `plans`; one with such dangers is not applied.
   * @default a stack is not planned before it is applied
   */
  notAccepted?: (plan: Plan) => Danger[];
  /**
   * Called before a stack is created from nothing, for the stacks that have no plan in `plans`. If it throws a UserError, the stack fails.
   * @default nothing is checked
   */
  checkNew?: (stack: Stack) => Promise<void>;
  /**
   * Whether the stack is already deployed as it is in the artifact, with the present values of the contracts that it reads.
   * Called before anything starts, because nothing needs to start for such a stack. Called again when the stacks that it needs have published.
   * Not called for a stack that has a plan in `plans`.
   */
  isCurrent?: (stack: Stack) => Promise<boolean>;
  /** Called before the plan of a stack in `plans` is applied, when the stacks that it needs have published. If it throws a UserError, the stack fails. */
  checkPlan?: (stack: Stack) => Promise<void>;
  /**
   * What to do after a failure, as a sentence.
   * @default "Fix the errors, and run the command again to continue where it left off."
   */
  continuation?: string;
  /** Called after an apply, and also when there was nothing to apply. Gets what `credentials` returned. */
  onDeployed?: (stack: Stack, credentials: Record<string, string>) => Promise<void>;
  /**
   * What to do if Terraform could not save the state of a stack.
   * @param folder the working copy, which has the only copy of the state
   * @default save it with `terraform state push`
   */
  unsavedStateFix?: (folder: string) => string;
}

/** A deployment that has begun. */
interface Deployment {
  /** Settles when every SSM parameter of the stack has its value. Stays pending when the stack fails before that. */
  published: Promise<void>;
  result: Promise<StackResult>;
}

/**
 * Deploys stacks side by side. Each starts its plan when the contracts that it reads are published, which is often long before
 * the deployment of their owners ends; a stack that is not among `stacks` counts as deployed. If a stack fails before it has published,
 * only the stacks that need it are not started.
 * @param stacks in any order
 * @throws UserError with every failed stack and Terraform's own errors
 */
export async function deployStacks(stacks: Stack[], options: DeploymentOptions): Promise<void> {
  const deployments = new Map<string, Deployment>();
  const tasks = taskList(CONCURRENCY);
  tasks.add(
    // Tasks start in this order, so the deployments that a stack waits for are in the map. They also have started: otherwise
    // tasks that wait could take all the places that those deployments need.
    inDeploymentOrder(stacks).map((stack) => ({
      title: stack.stack,
      task: async (_, task) => {
        const report = (text: string) => {
          if (process.stdout.isTTY) task.output = text;
        };
        const needed = stack.needs.map((id) => deployments.get(id)).filter((deployment) => deployment !== undefined);
        const deployment = startDeployment({ stack, needed, report, ...options });
        deployments.set(stack.stack, deployment);
        const result = await deployment.result;
        task.title = summary(result);
        if (isUnsuccessful(result)) throw new Error(task.title);
      },
    })),
  );
  await tasks.run();
  throwFailures(await Promise.all([...deployments.values()].map(({ result }) => result)), options.continuation);
}

function startDeployment(deployment: Omit<StackDeployment, "onPublished">): Deployment {
  let onPublished = () => {};
  const published = new Promise<void>((resolve) => {
    onPublished = resolve;
  });
  return { published, result: deployStack({ ...deployment, onPublished }) };
}

function summary({ stack, status, detail }: StackResult): string {
  // The error of a failed stack is long. It is printed at the end.
  return status === "failed" ? `${stack}: failed` : `${stack}: ${status}, ${detail}`;
}

function isUnsuccessful({ status }: StackResult): boolean {
  return status === "failed" || status === "not started";
}

interface StackDeployment extends DeploymentOptions {
  stack: Stack;
  /** The deployments of the stacks that this one needs. */
  needed: Deployment[];
  /** Called when every SSM parameter of the stack has its value. */
  onPublished: () => void;
  /** Shows the current step. */
  report: (text: string) => void;
}

async function deployStack({ stack, needed, onPublished, report, terraform, ...options }: StackDeployment): Promise<StackResult> {
  const result = (status: StackResult["status"], detail: string): StackResult => ({ stack: stack.stack, status, detail });
  let folder: string | undefined;
  try {
    const initialize = async () => {
      report("init");
      return initializedCopy(stack, terraform, { ...options, lockFile: options.lockFile?.(stack) });
    };
    const shown = options.plans?.get(stack.stack);
    if (shown?.plan.isEmpty) {
      await options.checkPlan?.(stack);
      await options.onDeployed?.(stack, {});
      return result("unchanged", "its plan is empty");
    }
    // Init takes seconds and reads no contract, so that it need not wait for the needed stacks.
    const isCurrent = async () => !shown && ((await options.isCurrent?.(stack)) ?? false);
    const early = options.folders?.get(stack.stack) ?? ((await isCurrent()) ? undefined : await initialize());

    if (needed.length > 0) report(`waiting for ${stack.needs.join(", ")}`);
    const missing = await unsuccessfulOf(needed);
    if (missing.length > 0) return result("not started", `it needs ${missing.map((each) => each.stack).join(", ")}`);
    if (await isCurrent()) return result("skipped", "already deployed");

    if (shown) await options.checkPlan?.(stack);
    folder = early ?? (await initialize());
    report("plan");
    const start = Date.now();
    const credentials = (await options.credentials?.(stack)) ?? {};
    const withCredentials = options.credentials ? terraform.with(credentials) : terraform;
    const plan = shown?.plan ?? (options.notAccepted && (await withCredentials.plan(folder, stack.stack)));
    if (plan?.isEmpty) {
      await options.onDeployed?.(stack, credentials);
      return result("unchanged", "its plan is empty");
    }
    const dangers = plan && !shown ? (options.notAccepted?.(plan) ?? []) : [];
    if (dangers.length > 0) return result("failed", unseen(dangers));
    if (plan && !shown && isFirstDeployment(plan)) await options.checkNew?.(stack);
    const onProgress = (changed: number, planned: number) => report(planned === 0 ? "plan" : `${changed} of ${planned} resources`);
    const changes = await withCredentials.apply(folder, { plan, onProgress, onPublished });
    await options.onDeployed?.(stack, credentials);
    const seconds = `${Math.round((Date.now() - start) / 1000)} s`;
    return changes === 0 ? result("unchanged", seconds) : result("deployed", `${changes} changes, ${seconds}`);
  } catch (error) {
    if (error instanceof UserError) return result("failed", error.message);
    if (!(error instanceof TerraformError)) throw error;
    const saveState = options.unsavedStateFix ?? unsavedStateFix;
    if (folder === undefined || !hasUnsavedState(folder)) return result("failed", explained(stack, error));
    return { ...result("failed", `${explained(stack, error)}\n${saveState(relative("", folder))}`), isStateUnsaved: true };
  }
}

/** Waits until each deployment has published or ended. @returns those that ended without success */
async function unsuccessfulOf(deployments: Deployment[]): Promise<StackResult[]> {
  const ends = await Promise.all(deployments.map(({ published, result }) => Promise.race([published, result])));
  return ends.filter((end) => end !== undefined).filter(isUnsuccessful);
}

/** Why a plan that nobody has seen is not applied. */
function unseen(dangers: Danger[]): string {
  return [
    "Its plan was possible only after other stacks had published their contracts, and it is dangerous:",
    ...dangers.map(({ name, text }) => `  ${name}   ${text}`),
    "Run the command again: it shows this plan, and says how to accept it.",
  ].join("\n");
}

function throwFailures(
  results: StackResult[],
  continuation = "Fix the errors, and run the command again to continue where it left off.",
): void {
  const failed = results.filter(({ status }) => status === "failed");
  if (failed.length === 0) return;
  const notStarted = results.filter(({ status }) => status === "not started");
  throw new UserError(
    [
      ...failed.map(({ stack, detail }) => `${stack} failed:\n${indent(detail)}`),
      ...notStarted.map(({ stack, detail }) => `${stack} was not started: ${detail}.`),
      failed.some(({ isStateUnsaved }) => isStateUnsaved) ? "First do what is described above." : continuation,
    ].join("\n\n"),
  );
}
