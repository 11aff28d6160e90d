import type { Contract } from "../../shared/contract";
import {
  ACCESS,
  contractPath,
  type DeployPhase,
  deployBoundaryName,
  deployedDomain,
  deployedIdentity,
  deployRoleName,
  FOUNDATION,
  stackId,
} from "../../shared/naming";
import { boundaryParameter } from "../../shared/stack/foundation-contract";
import type { Stack } from "../artifact/artifact";
import type { TerraformError } from "./terraform";

const PHASES: DeployPhase[] = ["plan", "apply"];

/** Terraform's error, and what to do about it where this project knows. */
export function explained(stack: Stack, error: TerraformError): string {
  return [error.message, ...hints(stack, error)].join("\n");
}

/** Explains the errors whose fix is in this project: a resource that is not in the state, a plan that is too old, a contract that is not published. */
function hints(stack: Stack, { message }: TerraformError): string[] {
  if (/already ?exists/i.test(message)) {
    return [`→ The resource exists in AWS, but not in the state of ${stack.stack}. docs/errors.md explains how to import it.`];
  }
  if (/S3 bucket "[^"]*" does not exist|NoSuchBucket/.test(message)) {
    return [`→ The bucket for the state does not exist yet. Make it: npm run bootstrap -- ${stack.environment}`];
  }
  // Terraform describes its own attempt then, and not the lock that is there.
  if (/workspace already locked/.test(message)) {
    return [
      `→ The workspace of ${stack.stack} is locked. Its page in HCP Terraform shows by whom and since when. Wait until that ends, and run the command again.`,
    ];
  }
  const lock = lockIn(message);
  if (lock) {
    const { who = "somebody", since = "an unknown time", operation = "an operation" } = lock;
    return [
      `→ The state of ${stack.stack} is locked by ${who} since ${since} (${operation}). Wait until that ends, and run the command again.`,
      `  If it does not run any more, release the lock: docs/state.md, "A lock that nobody holds".`,
    ];
  }
  // The server of HCP Terraform discards a saved plan when the state changes.
  if (/saved plan is (stale|discarded|already)/i.test(message)) {
    return [`→ Another deployment of ${stack.stack} ended after this plan was shown. Run the command again: it shows a new plan.`];
  }
  if (/NoSuchEntity|does not exist or is not attachable/.test(message) && message.includes(deployBoundaryName(deployedIdentity(stack)))) {
    return [
      `→ The deploy roles' permissions boundary does not exist yet. An administrator makes it: npm run bootstrap -- ${stack.environment}`,
    ];
  }
  const refused = refusedTo(stack, message);
  if (refused) {
    return [
      `→ The deploy role ${refused.role} lacks ${refused.action}. Add it to the row of ${refused.type} in shared/foundation/roles/${refused.file}.`,
      `  The stack ${refused.owner} has the role.`,
    ];
  }
  const owners = ownersOfMissingContracts(stack, message);
  if (owners.length === 0) return [];
  if (message.includes(`/${boundaryParameter(deployedDomain(stack))})`)) {
    return [
      `→ The foundation does not have the permissions boundary of ${stack.domain} yet. If the domain is new, deploy it first: npm run deploy -- ${owners.join(" ")}`,
      `  If the domain was renamed, do not. Add its former name to stack.ts: docs/renaming.md.`,
    ];
  }
  return [`→ ${stack.stack} reads contracts that are not published yet. Deploy their owners first: npm run deploy -- ${owners.join(" ")}`];
}

/** What AWS refused to a deploy role of the stack, and the stack that has the role. */
function refusedTo(stack: Stack, message: string) {
  const [, role = "", action = ""] = /assumed-role\/(\S+)\/\S+ is not authorized to perform: ([\w:]+)/.exec(message) ?? [];
  const identity = deployedIdentity(stack);
  if (!PHASES.some((phase) => role === deployRoleName(identity, phase))) return undefined;
  const domain = identity.domain === FOUNDATION ? ACCESS : FOUNDATION;
  return {
    role,
    action,
    owner: stackId({ domain, environment: stack.environment }),
    type: /\((aws_\w+)\./.exec(message)?.[1] ?? "the resource's type",
    file: domain === ACCESS ? "foundation-permissions.ts" : "permissions.ts",
  };
}

/** Who holds the lock of a state, as Terraform's error says: the lines `Who:`, `Created:` and `Operation:`. */
function lockIn(message: string): { who?: string; since?: string; operation?: string } | undefined {
  if (!/acquiring the state lock/i.test(message)) return undefined;
  const textAfter = (name: string) => new RegExp(`^\\s*${name}:\\s+(\\S.*)$`, "m").exec(message)?.[1]?.trim();
  return { who: textAfter("Who"), since: textAfter("Created"), operation: textAfter("Operation") };
}

/** Ids of the stacks that own the contracts whose SSM parameters Terraform did not find. */
export function ownersOfMissingContracts({ project, environment, reads, needs }: Stack, message: string): string[] {
  if (!/couldn't find resource|ParameterNotFound/.test(message)) return [];
  const isMissing = ({ domain, version }: Contract) => message.includes(`(${contractPath({ project, domain, environment }, version)}/`);
  const owners = needs.filter((_, index) => isMissing(reads[index] as Contract));
  return [...new Set(owners)];
}
