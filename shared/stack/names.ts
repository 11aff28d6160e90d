import type { IConstruct } from "constructs";
import { addFinding } from "./findings";

/** The longest name that AWS allows, in characters. From each service's API reference. */
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
  "log group": 512,
  "S3 bucket": 63,
  "SNS topic": 256,
  "SQS queue": 80,
  "SSM parameter": 1011,
  host: 253,
  "security group": 255,
  "HCP Terraform workspace": 90,
} as const;

export type NamedKind = keyof typeof LONGEST_NAME;

const takenByApp = new WeakMap<IConstruct, Map<string, string>>();

/**
 * Checks a resource's name against its AWS limit and against every other name of the app, and
 * returns it as it is: a name is never cut, for two cut names may be one.
 * @param account names are unique per account
 */
export function checkedName(scope: IConstruct, kind: NamedKind, account: string, name: string): string {
  const excess = name.length - LONGEST_NAME[kind];
  if (excess > 0) {
    const fix = `shorten the project's, the domain's or the construct's name by ${excess}`;
    addFinding(scope, `the ${kind} name "${name}" has ${name.length} characters, and AWS allows ${LONGEST_NAME[kind]}; ${fix}`);
  }
  const taken = takenByApp.get(scope.node.root) ?? new Map<string, string>();
  takenByApp.set(scope.node.root, taken);
  const key = `${account}/${kind}/${name}`;
  const holder = taken.get(key);
  if (holder !== undefined) addFinding(scope, `the ${kind} name "${name}" is already that of ${holder}; rename one of the two`);
  taken.set(key, scope.node.path);
  return name;
}
