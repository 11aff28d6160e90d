import { existsSync, readFileSync } from "node:fs";
import { S3 } from "@aws-sdk/client-s3";
import { UserError } from "../../shared/errors";
import { deployedDomain, deployedStackId, stateBucket, stateFile, stateKey } from "../../shared/naming";
import { type Stack, terraformBlock } from "../artifact/artifact";
import { parseJson } from "../cli/json";

/**
 * Checks that no stack that Terraform would create from nothing has a state in another place: where it was kept before `state` in
 * `project.config.ts` changed. Terraform would create all of its resources a second time. It does not look into HCP Terraform.
 * @param stacks those whose state, where it should be now, is empty
 * @param s3Of a client of S3 with credentials of the stack's account
 * @throws UserError with every stack whose state was not moved yet
 */
export async function checkOtherStates(stacks: Stack[], s3Of = ({ region }: Stack) => new S3({ region })): Promise<void> {
  const problems = await Promise.all(stacks.map((stack) => otherStateOf(stack, s3Of(stack))));
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length === 0) return;
  const fix = 'Move the state first: docs/state.md, "Moving the states". If these resources do not exist any more, delete that state.';
  throw new UserError(
    [
      "These stacks have no state where project.config.ts says that it is, but they have one in another place:",
      ...found.map((problem) => `  ${problem}`),
      `Terraform would create their resources a second time, so they were not deployed. ${fix}`,
    ].join("\n"),
  );
}

/** Where the stack has another state with resources, as a text, or undefined if it has none. */
async function otherStateOf(stack: Stack, s3: S3): Promise<string | undefined> {
  const { backend = {} } = terraformBlock(stack);
  const file = stateFile(deployedStackId(stack));
  const inClone = !backend.local && existsSync(file) ? resourcesIn(readFileSync(file, "utf8")) : 0;
  if (inClone > 0) return `${stack.stack}: ${file} has ${inClone} resources`;
  const { project, environment, account } = stack;
  const bucket = stateBucket({ project, environment, account });
  const key = stateKey(deployedDomain(stack));
  const inBucket = backend.s3 ? 0 : resourcesIn(await readObject(s3, bucket, key));
  return inBucket > 0 ? `${stack.stack}: s3://${bucket}/${key} has ${inBucket} resources` : undefined;
}

/** The text of an object, or an empty one if the object or its bucket does not exist. Credentials that may not look are reported. */
async function readObject(s3: S3, Bucket: string, Key: string): Promise<string> {
  try {
    const { Body } = await s3.getObject({ Bucket, Key });
    return (await Body?.transformToString()) ?? "";
  } catch (error) {
    const { name } = error as Error;
    if (name === "AccessDenied") {
      process.stdout.write(`These credentials may not see whether s3://${Bucket}/${Key} has an earlier state.\n`);
      return "";
    }
    if (name === "NoSuchBucket" || name === "NoSuchKey") return "";
    throw error;
  }
}

/** The number of resources in a state, without data sources. */
function resourcesIn(state: string): number {
  const { resources = [] } = parseJson(state) ?? {};
  return (resources as { mode: string }[]).filter(({ mode }) => mode === "managed").length;
}
