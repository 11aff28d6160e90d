import { UserError } from "../../shared/errors";
import { readArtifact, type Stack, selectStacks } from "../artifact/artifact";
import { build } from "../artifact/build";
import { runCommand } from "../cli/command";
import { indent } from "../cli/indent";
import { taskList } from "../cli/task-list";
import { reachOf, workingCopies } from "../delivery/delivery";
import { type DriftedResource, driftOf, ignoredAttributes } from "../delivery/drift";
import { runningStacks } from "../delivery/running-stacks";
import { explained } from "../terraform/explained-errors";
import { checkWorkspaces } from "../terraform/hcp";
import { initializedCopy } from "../terraform/initialized-copy";
import { Terraform, TerraformError } from "../terraform/terraform";
import { removeWorkingCopies } from "../terraform/unsaved-state";

const HELP = `
npm run drift -- <domain>-<environment>… | <environment>…

Says which stacks are not in AWS as the last deployment left them, and in what. It changes nothing.

  npm run drift -- orders-live
  npm run drift -- live             all stacks of the environment but access-live

Exit codes: 0 if nothing differs, 2 if something does, 1 for an error.

  --skip-synth   use the existing cdktf.out to find the stacks
  --json         print [{ stack, drifted: [{ address, isDeleted, attributes }] }] instead`;

const OPTIONS = { "skip-synth": { type: "boolean" }, json: { type: "boolean" } } as const;
/** Terraform starts a provider for each. */
const CONCURRENCY = 8;
/** As Terraform's own -detailed-exitcode. */
const DIFFERS = 2;

void runCommand(
  { help: HELP, options: OPTIONS, positionals: { min: 1, max: Infinity } },
  async ({ positionals: names, options, signal }) => {
    if (!options["skip-synth"]) await build(signal);
    const selected = selectStacks(readArtifact(), names);
    const reach = await reachOf(selected);
    if (!reach.isLocal) await checkWorkspaces(selected);
    const running = await runningStacks(reach, selected);
    const stacks = selected.filter(({ stack }) => running.get(stack)?.state !== undefined);
    process.umask(0o077);
    const drifted =
      stacks.length === 0 ? new Map<string, DriftedResource[]>() : await findDrift(stacks, { isSilent: options.json ?? false, signal });
    if (options.json) {
      process.stdout.write(
        `${JSON.stringify(
          [...drifted].map(([stack, resources]) => ({ stack, drifted: resources })),
          null,
          2,
        )}\n`,
      );
    } else {
      print(selected, drifted);
    }
    if ([...drifted.values()].some((resources) => resources.length > 0)) process.exitCode = DIFFERS;
  },
);

/** @throws UserError with Terraform's errors of every stack that could not be read */
async function findDrift(
  stacks: Stack[],
  { isSilent, signal }: { isSilent: boolean; signal: AbortSignal },
): Promise<Map<string, DriftedResource[]>> {
  const copies = workingCopies();
  const terraform = new Terraform({}, signal);
  const drifted = new Map<string, DriftedResource[]>();
  const errors: string[] = [];
  try {
    const tasks = taskList(CONCURRENCY, isSilent);
    tasks.add(
      stacks.map((stack) => ({
        title: `${stack.stack}: compare`,
        task: async () => {
          try {
            const folder = await initializedCopy(stack, terraform, copies);
            drifted.set(stack.stack, driftOf(stack, await terraform.drift(folder)));
          } catch (error) {
            if (!(error instanceof TerraformError)) throw error;
            errors.push(`${stack.stack} cannot be compared:\n${indent(explained(stack, error))}`);
          }
        },
      })),
    );
    await tasks.run();
    signal.throwIfAborted();
  } finally {
    removeWorkingCopies(copies.workFolder);
  }
  if (errors.length > 0) throw new UserError(errors.join("\n\n"));
  return drifted;
}

function print(stacks: Stack[], drifted: Map<string, DriftedResource[]>): void {
  const lines = stacks.flatMap(({ stack }) => {
    const resources = drifted.get(stack);
    if (resources === undefined) return [`${stack}   not deployed`];
    if (resources.length === 0) return [`${stack}   as it was deployed`];
    return [`${stack}   ${resources.length} resources differ`, ...resources.map(describe)];
  });
  const ignored = stacks.flatMap(ignoredAttributes).map((line) => `  ignored: ${line}`);
  const blind = [
    "It cannot see what Terraform does not manage: resources that somebody created by hand, and the data in those of a stack.",
    ...ignored,
  ];
  process.stdout.write(`\n${[...lines, "", ...blind].join("\n")}\n`);
}

function describe({ address, isDeleted, attributes }: DriftedResource): string {
  return isDeleted ? `  - ${address}   is gone` : `  ~ ${address}   ${attributes.join(", ")}`;
}
