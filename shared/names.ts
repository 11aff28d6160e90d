import type { IConstruct } from "constructs";
import { addFinding } from "./findings";

/** AWS's limits of names: characters at most, and the pattern where it is narrower than ours. From each service's API reference. */
const LIMITS = {
  "API Gateway API": { longest: 128 },
  "CloudWatch alarm": { longest: 255 },
  "DynamoDB table": { longest: 255 },
  "EventBridge bus": { longest: 256 },
  "IAM policy": { longest: 128 },
  "IAM role": { longest: 64 },
  "KMS alias": { longest: 250 },
  "Lambda function": { longest: 64 },
  "log group": { longest: 512 },
  "SNS topic": { longest: 256 },
  "SQS queue": { longest: 80 },
  "security group": { longest: 255 },
  "SSM parameter": { longest: 1011 },
  "HCP Terraform workspace": { longest: 90 },
} as const;

export type NamedKind = keyof typeof LIMITS;

const takenByApp = new WeakMap<IConstruct, Map<string, string>>();

/**
 * Checks a resource's physical name against its AWS limit and against every other name of the
 * app, and returns it as it is: a name is never cut, for two cut names may be one.
 * @param account names are unique per account
 */
export function checkedName(scope: IConstruct, kind: NamedKind, account: string, name: string): string {
  const { longest } = LIMITS[kind];
  if (name.length > longest) {
    addFinding(
      scope,
      `the ${kind} name "${name}" has ${name.length} characters, and AWS allows ${longest}; shorten the project's, the domain's or the construct's name by ${name.length - longest}`,
    );
  }
  const taken = takenByApp.get(scope.node.root) ?? new Map<string, string>();
  takenByApp.set(scope.node.root, taken);
  const key = `${account}/${kind}/${name}`;
  const holder = taken.get(key);
  if (holder !== undefined) {
    addFinding(scope, `the ${kind} name "${name}" is already that of ${holder}; rename one of the two`);
  }
  taken.set(key, scope.node.path);
  return name;
}
