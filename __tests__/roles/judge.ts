import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseJson } from "../../scripts/cli/json";
import { virtualEnvironment } from "../../scripts/local/emulator";
import { LOCAL_FOLDER } from "../../scripts/local/files";
import type { PolicyDocument } from "../../shared/foundation/roles/policy";
import { type DeployPhase, deployBoundaryName } from "../../shared/naming";
import type { Json } from "../harness/synth";
import { readJson } from "../harness/temporary-folder";

/** A deploy role of an artifact, with what it may do. */
export interface Role {
  /** `shop-int-orders-apply` */
  name: string;
  domain: string;
  environment: string;
  phase: DeployPhase;
  policy: PolicyDocument;
  boundary: PolicyDocument;
}

/** A call that a deploy role made. Calls that differ in nothing are one. */
export interface Call {
  /** The name of the role. */
  role: string;
  action: string;
  resource: string;
  keys: Record<string, unknown>;
  decision: string;
}

/** The deploy roles of an environment, from the artifact. */
export function rolesOf(artifact: string, { project, environment }: { project: string; environment: string }): Role[] {
  const access = readJson(join(artifact, "stacks", `access-${environment}`, "cdk.tf.json"));
  const boundary = Object.values<Json>(access.resource.aws_iam_policy).find(
    ({ name }) => name === deployBoundaryName({ project, environment }),
  );
  return [access, readJson(join(artifact, "stacks", `shared-${environment}`, "cdk.tf.json"))].flatMap(({ resource }) =>
    Object.entries<Json>(resource.aws_iam_role).flatMap(([id, { name }]) => {
      const [, domain, phase] = new RegExp(`^${project}-${environment}-(.+)-(plan|apply|smoke)$`).exec(name) ?? [];
      if (domain === undefined) return [];
      const attached = Object.values<Json>(resource.aws_iam_role_policy).find(({ role }) => role === `\${aws_iam_role.${id}.id}`);
      // In Terraform's JSON, a variable of IAM is written with two dollar signs.
      const policy = JSON.parse(attached.policy.replaceAll("$${", () => "${"));
      return [{ name, domain, environment, phase: phase as DeployPhase, policy, boundary: JSON.parse(boundary.policy) }];
    }),
  );
}

/**
 * Every call that a deployment made under a deploy role since the local AWS was started, as far as its record goes back. The sessions of
 * `npm run local` and of this suite have the same name; tests of refusals use another.
 */
export function recordedCalls(): Call[] {
  const files = ["decisions.jsonl.1", "decisions.jsonl"].map((name) => join(LOCAL_FOLDER, name)).filter(existsSync);
  const calls = new Map<string, Call>();
  for (const line of files.flatMap((file) => readFileSync(file, "utf8").split("\n"))) {
    const { principal = "", action, resource, keys, decision } = parseJson(line) ?? {};
    const [, role] = /:assumed-role\/([^/]+-(?:plan|apply|smoke))\/local$/.exec(principal) ?? [];
    // AWS allows everybody to ask who they are.
    if (role === undefined || action === "sts:GetCallerIdentity") continue;
    // The objects of a bucket are one resource: each event left one there.
    const call = { role, action, resource: resource.replace(/^(arn:aws:s3:::[^/]+\/).+/, "$1object"), keys, decision };
    calls.set(JSON.stringify(call), call);
  }
  return [...calls.values()];
}

/** The roles that may make each of the calls. */
export async function judge<Judged extends Pick<Call, "action" | "resource" | "keys">>(calls: Judged[], roles: Role[]): Promise<Role[][]> {
  const python = await virtualEnvironment(new AbortController().signal);
  const { stdout, stderr, status } = spawnSync(python, ["-B", join(__dirname, "judge.py"), resolve("scripts/local/emulator")], {
    input: JSON.stringify({ calls, roles: roles.map(({ policy, boundary }) => ({ policy, boundary })) }),
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  const indexes: number[][] = JSON.parse(stdout);
  return indexes.map((found) => found.map((index) => roles[index] as Role));
}
