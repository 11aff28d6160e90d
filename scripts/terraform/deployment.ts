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
  /**
   * Whether the stack is already deployed as it is in the artifact, with the present values of the contracts that it reads.
   * Asked at once, because nothing needs to start for such a stack, and again when the stacks that it needs have published.
   */
  isCurrent?: (stack: Stack) => Promise<boolean>;
  onDeployed?: (stack: Stack) => Promise<void>;
}

/** A deployment that has begun. */
interface Deployment {
  /** Settles when every SSM parameter of the stack has its value. Stays pending when the stack fails before that. */
  published: Promise<void>;
  result: Promise<StackResult>;
}

/**
 * Deploys stacks side by side. Each starts its plan when the stacks whose contracts it reads have published them, which is often
 * long before they are deployed; a stack that is not among `stacks` counts as deployed. If a stack fails before it has published,
 * only the stacks that need it are not started.
 * @param stacks in any order
 * @throws UserError with every failed stack and Terraform's own errors
 */
export async function deployStacks(stacks: Stack[], options: DeploymentOptions): Promise<void> {
  const deployments = new Map<string, Deployment>();
  const tasks = taskList(CONCURRENCY);
  tasks.add(
    // Tasks start in this order. So the deployment of every needed stack is in the map, and a task never waits for one that
    // cannot start because too many others wait.
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
  throwFailures(await Promise.all([...deployments.values()].map(({ result }) => result)));
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
  try {
    const initialize = async () => {
      report("init");
      return initializedCopy(stack, terraform, options);
    };
    // Init takes seconds and reads no contract, so that it need not wait for the needed stacks.
    const early = (await options.isCurrent?.(stack)) ? undefined : await initialize();

    if (needed.length > 0) report(`waiting for ${stack.needs.join(", ")}`);
    const missing = await unsuccessfulOf(needed);
    if (missing.length > 0) return result("not started", `it needs ${missing.map((each) => each.stack).join(", ")}`);
    if (!early && (await options.isCurrent?.(stack))) return result("skipped", "already deployed");

    const folder = early ?? (await initialize());
    report("plan");
    const start = Date.now();
    const onProgress = (changed: number, planned: number) => report(planned === 0 ? "plan" : `${changed} of ${planned} resources`);
    const changes = await terraform.apply(folder, { onProgress, onPublished });
    await options.onDeployed?.(stack);
    const seconds = `${Math.round((Date.now() - start) / 1000)} s`;
    return changes === 0 ? result("unchanged", seconds) : result("deployed", `${changes} changes, ${seconds}`);
  } catch (error) {
    if (!(error instanceof TerraformError)) throw error;
    return result("failed", [error.message, ...hints(stack, error)].join("\n"));
  }
}

/** Waits until each deployment has published or ended. @returns those that ended without success */
async function unsuccessfulOf(deployments: Deployment[]): Promise<StackResult[]> {
  const ends = await Promise.all(deployments.map(({ published, result }) => Promise.race([published, result])));
  return ends.filter((end) => end !== undefined).filter(isUnsuccessful);
}

/** @returns the folder of a working copy in which Terraform can plan */
async function initializedCopy(
  stack: Stack,
  terraform: Terraform,
  { workFolder, backendOverride }: Pick<DeploymentOptions, "workFolder" | "backendOverride">,
): Promise<string> {
  const folder = workingCopy(stack, workFolder);
  const backend = backendOverride?.(stack);
  if (!backend) {
    await terraform.init(folder);
    return folder;
  }
  writeFileSync(join(folder, "backend_override.tf.json"), JSON.stringify({ terraform: { backend } }));
  // Terraform remembers the backend of an earlier run in this folder. The override may name another.
  await terraform.init(folder, "-reconfigure");
  return folder;
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
