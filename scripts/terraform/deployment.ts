import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Contract } from "../../shared/contract";
import { UserError } from "../../shared/errors";
import { contractPath, stackId } from "../../shared/naming";
import { inDeploymentOrder, type Stack, workingCopy } from "../artifact/artifact";
import { taskList } from "../cli/task-list";
import { type Terraform, TerraformError } from "./terraform";

/** Stacks that deploy at the same time. Terraform uses a processor while it starts. */
const CONCURRENCY = 8;

/** The end of one stack's deployment. */
interface StackResult {
  stack: string;
  status: "deployed" | "unchanged" | "skipped" | "failed" | "not started";
  /** Of a failed stack, the error. Of the others, a few words. */
  detail: string;
}

export interface DeploymentOptions {
  terraform: Terraform;
  /**
   * The folder for the working copies. It must be as deep below the project as `cdktf.out/stacks`, so that relative paths to
   * the state lead to the same place.
   */
  workFolder: string;
  /** A backend that replaces the backend of the artifact, for example on the local AWS. */
  backendOverride?: (stack: Stack) => object;
  /** Whether the stack is already deployed as it is in the artifact. Asked when the stacks that it needs are deployed. */
  isCurrent?: (stack: Stack) => Promise<boolean>;
  onDeployed?: (stack: Stack) => Promise<void>;
}

/**
 * Deploys stacks side by side. Each starts its plan when the stacks are deployed whose contracts it reads; a stack that is not
 * among `stacks` counts as deployed. If a stack fails, only the stacks that need it are not started.
 * @param stacks in any order
 * @throws UserError with every failed stack and Terraform's own errors
 */
export async function deployStacks(stacks: Stack[], options: DeploymentOptions): Promise<void> {
  const results = new Map<string, Promise<StackResult>>();
  const tasks = taskList(CONCURRENCY);
  tasks.add(
    // Tasks start in this order. So the result of every needed stack is in the map, and a task never waits for one that
    // cannot start because too many others wait.
    inDeploymentOrder(stacks).map((stack) => ({
      title: stack.stack,
      task: async (_, task) => {
        const report = (text: string) => {
          if (process.stdout.isTTY) task.output = text;
        };
        const needed = stack.needs.map((id) => results.get(id)).filter((result) => result !== undefined);
        const deployment = deployStack({ stack, needed, report, ...options });
        results.set(stack.stack, deployment);
        const result = await deployment;
        task.title = summary(result);
        if (isUnsuccessful(result)) throw new Error(task.title);
      },
    })),
  );
  await tasks.run();
  throwFailures(await Promise.all(results.values()));
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
  needed: Promise<StackResult>[];
  /** Shows the current step. */
  report: (text: string) => void;
}

async function deployStack({ stack, needed, report, terraform, ...options }: StackDeployment): Promise<StackResult> {
  const result = (status: StackResult["status"], detail: string): StackResult => ({ stack: stack.stack, status, detail });
  try {
    // Init takes seconds and reads no contract, so that it need not wait for the needed stacks.
    const folder = workingCopy(stack, options.workFolder);
    report("init");
    await initialize(folder, terraform, options.backendOverride?.(stack));

    if (needed.length > 0) report(`waiting for ${stack.needs.join(", ")}`);
    const missing = (await Promise.all(needed)).filter(isUnsuccessful);
    if (missing.length > 0) return result("not started", `it needs ${missing.map((each) => each.stack).join(", ")}`);
    if (await options.isCurrent?.(stack)) return result("skipped", "already deployed");

    report("plan");
    const start = Date.now();
    const onProgress = (changed: number, planned: number) => report(planned === 0 ? "plan" : `${changed} of ${planned} resources`);
    const changes = await terraform.apply(folder, onProgress);
    await options.onDeployed?.(stack);
    const seconds = `${Math.round((Date.now() - start) / 1000)} s`;
    return changes === 0 ? result("unchanged", seconds) : result("deployed", `${changes} changes, ${seconds}`);
  } catch (error) {
    if (!(error instanceof TerraformError)) throw error;
    return result("failed", [error.message, ...hints(stack, error)].join("\n"));
  }
}

async function initialize(folder: string, terraform: Terraform, backend: object | undefined): Promise<void> {
  if (!backend) return terraform.init(folder);
  writeFileSync(join(folder, "backend_override.tf.json"), JSON.stringify({ terraform: { backend } }));
  // Terraform remembers the backend of an earlier run in this folder. The override may name another.
  await terraform.init(folder, "-reconfigure");
}

/** Explains two Terraform errors: a resource that exists in AWS but not in the state, and a contract that is not published. */
function hints(stack: Stack, { message }: TerraformError): string[] {
  if (/already ?exists/i.test(message)) {
    return [`→ The resource exists in AWS, but not in the state of ${stack.stack}. docs/errors.md explains how to import it.`];
  }
  const owners = ownersOfMissingContracts(stack, message);
  if (owners.length === 0) return [];
  return [`→ ${stack.stack} reads contracts that are not published yet. Deploy their owners first: npm run deploy -- ${owners.join(" ")}`];
}

/** Ids of the stacks that own the contracts whose SSM parameters Terraform did not find. */
function ownersOfMissingContracts({ project, environment, reads }: Stack, message: string): string[] {
  if (!/couldn't find resource|ParameterNotFound/.test(message)) return [];
  const isMissing = ({ domain, version }: Contract) => message.includes(`(${contractPath({ project, domain, environment }, version)}/`);
  const owners = reads.filter(isMissing).map(({ domain }) => stackId({ domain, environment }));
  return [...new Set(owners)];
}

function throwFailures(results: StackResult[]): void {
  const failed = results.filter(({ status }) => status === "failed");
  if (failed.length === 0) return;
  const notStarted = results.filter(({ status }) => status === "not started");
  throw new UserError(
    [
      ...failed.map(({ stack, detail }) => `${stack} failed:\n${indent(detail)}`),
      ...notStarted.map(({ stack, detail }) => `${stack} was not started: ${detail}.`),
      "Fix the errors, and run the command again to continue where it left off.",
    ].join("\n\n"),
  );
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
