import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Contract } from "../../shared/contract";
import { UserError } from "../../shared/errors";
import { contractPath, stackId } from "../../shared/naming";
import { type Stack, workingCopy } from "../artifact/artifact";
import { taskList } from "../cli/task-list";
import { type Terraform, TerraformError } from "./terraform";

/** Terraform processes at once: each takes a core while it starts. */
const CONCURRENCY = 8;

/** What became of one stack. */
interface Outcome {
  stack: string;
  result: "deployed" | "unchanged" | "skipped" | "failed" | "not tried";
  detail: string;
}

export interface DeploymentOptions {
  terraform: Terraform;
  /** Holds the working copies, as deep below the project as `cdktf.out/stacks` is: relative paths to state must lead to the same place. */
  workFolder: string;
  /** Puts another backend over the artifact's, e.g. for a local run. */
  backendOverride?: (stack: Stack) => object;
  /** Whether the stack is what is deployed already. */
  isCurrent?: (stack: Stack) => Promise<boolean>;
  onDeployed?: (stack: Stack) => Promise<void>;
}

/**
 * Deploys stacks side by side, each after those whose contracts it reads. One that fails stops
 * only those that need it.
 * @param stacks in an order in which they can be deployed
 * @throws UserError naming the failed, with Terraform's own errors
 */
export async function deployStacks(stacks: Stack[], options: DeploymentOptions): Promise<void> {
  const outcomes = new Map<string, Promise<Outcome>>();
  const tasks = taskList(CONCURRENCY);
  tasks.add(
    stacks.map((stack) => ({
      title: stack.stack,
      task: async (_, task) => {
        const report = (text: string) => {
          if (process.stdout.isTTY) task.output = text;
        };
        const needed = stack.needs.map((id) => outcomes.get(id)).filter((outcome) => outcome !== undefined);
        const deployed = deployStack(stack, needed, options, report);
        outcomes.set(stack.stack, deployed);
        const { result, detail } = await deployed;
        task.title = `${stack.stack}: ${result}${detail && result !== "failed" ? `, ${detail}` : ""}`;
        if (result === "failed" || result === "not tried") throw new Error(task.title);
      },
    })),
  );
  await tasks.run();
  throwFailures(await Promise.all(outcomes.values()));
}

async function deployStack(
  stack: Stack,
  needed: Promise<Outcome>[],
  options: DeploymentOptions,
  report: (text: string) => void,
): Promise<Outcome> {
  const { terraform, isCurrent, onDeployed } = options;
  const outcome = (result: Outcome["result"], detail = ""): Outcome => ({ stack: stack.stack, result, detail });
  try {
    // Starting Terraform takes seconds, and needs nobody's contracts.
    const folder = workingCopy(stack, options.workFolder);
    const backend = options.backendOverride?.(stack);
    if (backend) writeFileSync(join(folder, "backend_override.tf.json"), JSON.stringify({ terraform: { backend } }));
    report("init");
    // An override says where the state is, whatever Terraform remembers of this folder.
    await terraform.init(folder, ...(backend ? ["-reconfigure"] : []));

    report(`waits for ${stack.needs.join(", ")}`);
    const missing = (await Promise.all(needed)).filter(({ result }) => result === "failed" || result === "not tried");
    if (missing.length > 0) return outcome("not tried", `it needs ${missing.map((each) => each.stack).join(", ")}`);
    if (await isCurrent?.(stack)) return outcome("skipped", "it is what is deployed already");

    report("plan");
    const start = Date.now();
    const changes = await terraform.apply(folder, (done, planned) => report(planned === 0 ? "plan" : `${done} of ${planned} resources`));
    await onDeployed?.(stack);
    const took = `${Math.round((Date.now() - start) / 1000)} s`;
    return changes === 0 ? outcome("unchanged", took) : outcome("deployed", `${changes} changes, ${took}`);
  } catch (error) {
    if (!(error instanceof TerraformError)) throw error;
    return outcome("failed", `${error.message}${explain(stack, error)}`);
  }
}

/** A contract that is not there yet reads as a missing parameter; say whose it is. And say how to go on where AWS has more than the state. */
function explain({ stack, project, environment, reads }: Stack, { message }: TerraformError): string {
  if (/already ?exists/i.test(message)) return `\n→ AWS has it, and the state of ${stack} does not: bring it in as docs/errors.md says.`;
  const isMissing = ({ domain, version }: Contract) => message.includes(`(${contractPath({ project, domain, environment }, version)}/`);
  const owners = /couldn't find resource|ParameterNotFound/.test(message) ? reads.filter(isMissing) : [];
  if (owners.length === 0) return "";
  const first = new Set(owners.map(({ domain }) => stackId({ domain, environment })));
  return `\n→ ${stack} reads contracts that are not published yet. Deploy first whose they are: npm run deploy -- ${[...first].join(" ")}`;
}

function throwFailures(outcomes: Outcome[]): void {
  const failed = outcomes.filter(({ result }) => result === "failed");
  if (failed.length === 0) return;
  const untried = outcomes.filter(({ result }) => result === "not tried").map(({ stack, detail }) => `${stack} was not tried: ${detail}.`);
  const texts = failed.map(({ stack, detail }) => `${stack} failed:\n${detail.replaceAll(/^/gm, "  ")}`);
  throw new UserError([...texts, ...untried, "Mend it and run the same again: it goes on from what is there."].join("\n\n"));
}
