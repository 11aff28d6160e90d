import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { IAM } from "@aws-sdk/client-iam";
import { UserError } from "../../shared/errors";
import { WORKSPACES_STACK } from "../../shared/naming";
import type { Stack } from "../artifact/artifact";
import { checkWorkspaces } from "../terraform/hcp";
import type { Step } from "./step";

/** The workspaces of HCP Terraform. Undefined if the state is elsewhere. */
export function workspacesStep(stacks: Stack[], isHcp: boolean): Step | undefined {
  if (!isHcp) return undefined;
  return {
    what: "the workspaces of HCP Terraform",
    who: "an owner of the organization, with a token of terraform login",
    missing: async () => {
      try {
        await checkWorkspaces(stacks);
        return undefined;
      } catch (error) {
        if (error instanceof UserError) return error.message.replaceAll("\n", " ");
        throw error;
      }
    },
    perform: () => runProgram("npx", ["cdktf", "deploy", WORKSPACES_STACK, "--auto-approve"]),
    byHand: () => [`npx cdktf deploy ${WORKSPACES_STACK}`],
  };
}

/**
 * A stack that has roles which deploy others: `access` has those of the foundation, and the foundation has those of the domains. It is
 * done when AWS has each role as the artifact has it.
 */
export function rolesStep(stack: Stack, { who, yes }: { who: string; yes: boolean }): Step {
  const iam = new IAM({ region: stack.region });
  return {
    what: `the roles in ${stack.stack}`,
    who,
    missing: async () => {
      const expected = expectedRoles(stack);
      const states = await Promise.all(expected.map((role) => stateOf(iam, role)));
      const missing = expected.filter((_, index) => states[index] === "missing").map(({ name }) => name);
      const different = expected.filter((_, index) => states[index] === "different").map(({ name }) => name);
      const problems = [
        ...(missing.length > 0 ? [`${listed(missing)} do not exist`] : []),
        ...(different.length > 0 ? [`${listed(different)} are not as in this checkout`] : []),
      ];
      return problems.length === 0 ? undefined : problems.join("; ");
    },
    perform: () =>
      runProgram(process.execPath, [
        ...[
          "--import",
          "./scripts/typescript.mjs",
          "scripts/commands/deploy.ts",
          stack.stack,
          "--skip-synth",
          "--force",
          "--accept-permissions",
        ],
        ...(yes ? ["--yes"] : []),
      ]),
    byHand: () => [`npm run deploy -- ${stack.stack}`],
  };
}

/** The first names of a list, and how many others there are. */
function listed(names: string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} others` : shown;
}

interface ExpectedRole {
  name: string;
  /** Undefined if only Terraform knows its ARN. */
  boundary?: string;
  trust: string;
  policy: string;
}

interface StackJson {
  resource: {
    aws_iam_role?: Record<string, { name: string; assume_role_policy: string; permissions_boundary?: string }>;
    aws_iam_role_policy?: Record<string, { role: string; policy: string }>;
  };
}

/** The roles whose documents the artifact has. The role of the flow log has documents that only Terraform knows. */
function expectedRoles({ folder }: Stack): ExpectedRole[] {
  const { resource }: StackJson = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8"));
  const policies = Object.values(resource.aws_iam_role_policy ?? {});
  return Object.entries(resource.aws_iam_role ?? {})
    .filter(([, role]) => role.assume_role_policy.startsWith("{"))
    .map(([id, { name, assume_role_policy: trust, permissions_boundary: boundary }]) => ({
      name,
      trust,
      boundary: boundary?.startsWith("arn:") ? boundary : undefined,
      // In Terraform's JSON, a variable of IAM is written with two dollar signs.
      policy: policies.find(({ role }) => role === `\${aws_iam_role.${id}.id}`)?.policy.replaceAll("$${", () => "${") ?? "{}",
    }));
}

async function stateOf(iam: IAM, { name, boundary, trust, policy }: ExpectedRole): Promise<"as expected" | "missing" | "different"> {
  try {
    const { Role } = await iam.getRole({ RoleName: name });
    const { PolicyDocument } = await iam.getRolePolicy({ RoleName: name, PolicyName: "permissions" });
    const found = Role?.PermissionsBoundary?.PermissionsBoundaryArn;
    const isEqual =
      isSame(Role?.AssumeRolePolicyDocument, trust) && isSame(PolicyDocument, policy) && (boundary === undefined || found === boundary);
    return isEqual ? "as expected" : "different";
  } catch (error) {
    if (/^NoSuchEntity/.test((error as Error).name)) return "missing";
    throw error;
  }
}

/** @param found a document as IAM returns it, encoded for an address */
function isSame(found: string | undefined, expected: string): boolean {
  return isDeepStrictEqual(normal(JSON.parse(decodeURIComponent(found ?? "{}"))), normal(JSON.parse(expected)));
}

/** A policy in one form: IAM writes a list of one as a text, and changes the order of lists and of keys. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? normal(value[0]) : value.map(normal).sort(byText);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, normal(each)]);
  return Object.fromEntries(entries.sort(byText));
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

/** Runs a program that shows its own progress and asks its own questions. */
async function runProgram(program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: "inherit" });
  const [exitCode] = await once(child, "close");
  if (exitCode !== 0) throw new UserError(`it failed. Its own error is above`);
}
