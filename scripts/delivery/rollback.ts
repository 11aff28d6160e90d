import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../shared/errors";
import { deployedDomain, deployedStackId, stackId } from "../../shared/naming";
import { type Stack, terraformBlock } from "../artifact/artifact";
import { buildHash, LOCK_FILE } from "../artifact/contents";
import { parameterValues } from "../aws/parameter-values";
import { afterDeployment, deployedStacks, newIncompatibilities, usersIn } from "./agreements";
import type { SynthesizedCommit } from "./base";
import type { Deployed, DeployedRecord } from "./deployed-record";
import { shortCommit } from "./git";
import { recordedDomains } from "./record-store";
import { contractNames, type Reach, runningStacks } from "./running-stacks";

/**
 * Chooses what a stack is rolled back to.
 * @param commit the full id, or undefined for what ran before
 * @throws UserError when the record of what runs does not know that the commit ran, or when nobody can synthesize it again
 */
export function earlierDeployment({ stack }: Stack, record: DeployedRecord, commit: string | undefined): Deployed {
  const { history } = record;
  // What was rolled back from is the latest in the history of a held stack. A second rollback goes further back, and not there again.
  const present = record.hold ? history.findIndex(({ build }) => build === record.build) : -1;
  const earlier = history.slice(present + 1).filter(({ build }) => build !== record.build);
  const found = commit === undefined ? earlier[0] : history.find((each) => each.commit === commit);
  if (found && !found.isDirty) return found;
  const what = commit === undefined ? "nothing else" : `not ${shortCommit(commit)}`;
  const problem = found
    ? `${shortCommit(found.commit)} ran with changes that no commit has, so nobody can synthesize it again`
    : `as far as its record knows, ${what} ran before`;
  const known = history.map((each) => `  ${shortCommit(each.commit)}${each.isDirty ? "+" : ""}  deployed at ${each.deployedAt}`);
  const list = known.length > 0 ? ["It ran:", ...known] : ["Its record has no earlier deployment."];
  throw new UserError([`${stack}: ${problem}. Nothing was changed.`, ...list].join("\n"));
}

/**
 * The stack as it was in an earlier commit, with today's backend and today's provider lock: a state that was moved stays where it is, and a
 * provider does not read a state that a newer one wrote.
 * @throws UserError when the commit does not give what was deployed
 */
export function earlierStack(today: Stack, { stacks, commit }: SynthesizedCommit, deployed: Deployed): Stack {
  const earlier = stacks.find((stack) => deployedStackId(stack) === deployedStackId(today));
  const place = `${today.stack} at ${shortCommit(commit)}`;
  if (!earlier) throw new UserError(`${place}: the commit does not have this stack. Nothing was changed.`);
  const found = buildHash(earlier);
  if (found !== deployed.build) {
    const reason = "Other packages than those of its package-lock.json, or another version of Node.js, made it then or now";
    throw new UserError(
      `${place}: synthesized again, it has the hash ${found.slice(0, 12)}, but ${deployed.build.slice(0, 12)} was deployed. ${reason}. Nothing was changed.`,
    );
  }
  if (earlier.account !== today.account) {
    throw new UserError(`${place}: it was in account ${earlier.account}, and now it is in ${today.account}. Nothing was changed.`);
  }
  const file = join(earlier.folder, "cdk.tf.json");
  const { backend, cloud } = terraformBlock(today);
  const json = JSON.parse(readFileSync(file, "utf8"));
  const { backend: _, cloud: __, ...terraform } = json.terraform ?? {};
  writeFileSync(file, JSON.stringify({ ...json, terraform: { ...terraform, ...(backend && { backend }), ...(cloud && { cloud }) } }));
  rmSync(join(earlier.folder, LOCK_FILE), { force: true });
  const lock = join(today.folder, LOCK_FILE);
  if (existsSync(lock)) cpSync(lock, join(earlier.folder, LOCK_FILE));
  return earlier;
}

/**
 * Checks that what runs beside the stack can live with its earlier form.
 * @param all stacks of the artifact
 * @throws UserError with every parameter and event that would be missing, and with every stack of which nobody knows what it reads
 */
export async function requireCompatible(
  reach: Reach,
  earlier: Stack,
  { all, signal }: { all: Stack[]; signal: AbortSignal },
): Promise<void> {
  const neighbours = all.filter(({ environment }) => environment === earlier.environment);
  const running = await runningStacks(reach, neighbours);
  const deployed = await deployedStacks(reach, [...neighbours, ...(await runningElsewhere(reach, earlier, neighbours))]);
  const before = [...deployed.values()].map(({ promises }) => promises);
  // By the id that it has now, so that it takes the place of what runs.
  const id = neighbours.find((stack) => deployedStackId(stack) === deployedStackId(earlier))?.stack ?? earlier.stack;
  const after = afterDeployment(deployed, [{ ...earlier, stack: id }]);
  const problems = await newIncompatibilities(before, after, usersIn([...deployed.values()], signal));

  const unknown = neighbours.filter(({ stack }) => running.get(stack)?.state && !deployed.has(stack));
  problems.push(
    ...unknown.map(({ stack }) => `${stack} runs, but no record says what it reads. Deploy it first: npm run deploy -- ${stack}`),
  );
  const names = contractNames(earlier);
  const published = await parameterValues(reach.ssm, names);
  const missing = names.filter((name) => !published.has(name));
  problems.push(...missing.map((name) => `it reads ${name}, which nobody publishes now`));
  if (problems.length === 0) return;
  const headline = `${earlier.stack} cannot be rolled back, because what runs would not survive it. Nothing was changed.`;
  throw new UserError([headline, ...problems.map((problem) => `  ${problem}`)].join("\n"));
}

/** Stacks that run and that this checkout does not have: their domains are newer, or were deleted. */
async function runningElsewhere({ ssm }: Reach, { project, environment }: Stack, neighbours: Stack[]) {
  const known = neighbours.map(deployedDomain);
  const domains = (await recordedDomains(ssm, { project, environment })).filter((domain) => !known.includes(domain));
  return domains.map((domain) => ({ stack: stackId({ domain, environment }), project, domain, environment }));
}

/** What a rollback leaves as it is, for the person who decides. */
export const NOT_UNDONE = `A rollback cannot undo:
  - what the newer code has written to tables, buckets and other services
  - events and messages that were sent or handled meanwhile, and dead letters
  - values of secrets
  - the loss of a resource that a deployment destroyed: it is created again, empty
  - what other stacks have changed since`;
