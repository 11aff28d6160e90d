import type { IConstruct } from "constructs";
import { addFinding } from "./findings";

/** The longest name of each kind that AWS accepts, in characters. The limits are from each service's API reference. */
const LONGEST_NAME = {
  "API Gateway API": 128,
  "CloudWatch alarm": 255,
  "CloudWatch dashboard": 255,
  "DynamoDB table": 255,
  "EventBridge archive": 48,
  "EventBridge bus": 256,
  "EventBridge rule": 64,
  "EventBridge schedule": 64,
  "FIFO queue": 80,
  "IAM policy": 128,
  "IAM role": 64,
  "KMS alias": 256,
  "Kinesis stream": 128,
  "Lambda function": 64,
  "S3 bucket": 63,
  "SNS topic": 256,
  "SQS queue": 80,
  "SSM parameter": 1011,
  "VPC flow log group": 512,
  host: 253,
  "security group": 255,
  "HCP Terraform workspace": 90,
} as const;

export type NamedKind = keyof typeof LONGEST_NAME;

/** The path of the construct that has a name, by account, kind and name. Each app has a map of its own. */
const namesByApp = new WeakMap<IConstruct, Map<string, string>>();

/**
 * Checks the length of a resource's name, and that no other resource of the app has the same name. Both become findings.
 * The name is never shortened, because two shortened names can be equal.
 * @param account the account in which the name must be unique; left out, it must be unique in the whole app
 * @returns the name, unchanged
 */
export function checkedName(scope: IConstruct, { kind, name, account }: { kind: NamedKind; name: string; account?: string }): string {
  checkLength(scope, kind, name);
  checkUnique(scope, `the ${kind} name "${name}"`, `${account ?? "every account"}/${kind}/${name}`);
  return name;
}

function checkLength(scope: IConstruct, kind: NamedKind, name: string): void {
  const excess = name.length - LONGEST_NAME[kind];
  if (excess <= 0) return;
  const fix = `Shorten the project's, the domain's or the construct's name by ${excess}.`;
  addFinding(scope, `the ${kind} name "${name}" has ${name.length} characters, and AWS allows ${LONGEST_NAME[kind]}. ${fix}`);
}

function checkUnique(scope: IConstruct, description: string, key: string): void {
  const names = namesByApp.get(scope.node.root) ?? new Map<string, string>();
  namesByApp.set(scope.node.root, names);
  const holder = names.get(key);
  if (holder !== undefined) addFinding(scope, `${description} is already used by ${holder}. Rename one of the two.`);
  names.set(key, scope.node.path);
}
