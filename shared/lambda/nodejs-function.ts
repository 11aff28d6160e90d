import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import type { DataAwsIamPolicyDocument, DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { LambdaAlias } from "@cdktf/provider-aws/lib/lambda-alias";
import { LambdaFunction, type LambdaFunctionVpcConfig } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config";
import { Fn, Lazy } from "cdktf";
import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import { type Duration, hours, seconds } from "../duration";
import { rolePath } from "../naming";
import { DeadLetterQueue } from "../resources/dead-letter-queue";
import { addRolePolicy, assumeRolePolicy } from "../resources/iam";
import type { Bundle } from "../stack/bundles";
import { LOG_RETENTION_DAYS } from "../stack/config";
import { addFinding, checkRange } from "../stack/findings";
import { deployedId, type FormerId, keepFormerId } from "../stack/former-ids";
import { LAMBDA_ALIAS } from "../stack-description";
import { checkEnvironmentVariables } from "./environment-variables";
import { IdempotencyTable } from "./idempotency-table";
import { addLambdaAlarms } from "./lambda-alarms";
import { checkActions, checkResources } from "./permission-checks";
import { checkReachable } from "./reachable";

/** The options that every lambda has. All of them are optional. */
export interface NodejsFunctionOptions extends FormerId {
  /**
   * How long one invocation can run, 1 to 900 s.
   * Lambda stops an invocation that runs longer. The invocation then counts as failed.
   * @default 10 s
   * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
   */
  timeout?: Duration;
  /**
   * The memory of the lambda in MB, 128 to 10,240 MB.
   * Lambda allocates CPU power in proportion to the memory.
   * @default 256
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
   */
  memorySize?: number;
  /**
   * How long the lambda's log group keeps its events, in days.
   * Must be one of the values that CloudWatch Logs accepts: `LOG_RETENTION_DAYS` in `shared/stack/config.ts`.
   * @default the `logRetentionDays` of the environment
   * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
   */
  logRetentionDays?: number;
  /**
   * Whether the lambda runs in the private subnets of the environment's VPC.
   * From there it reaches DynamoDB and S3. It reaches other services only through NAT or an interface endpoint.
   * @default false
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
   */
  vpc?: boolean;
  /**
   * Whether AWS X-Ray traces the lambda's invocations.
   * @default false
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
   */
  tracing?: boolean;
  /**
   * Whether the lambda may use the domain's idempotency table, whose name it gets as `IDEMPOTENCY_TABLE`.
   * A handler with `idempotent` or `idempotencyKey` needs it.
   * @default false
   */
  idempotent?: boolean;
}

/** The options of a lambda. A lambda that reads environment variables must get all of them, and no others. */
export type NodejsFunctionProps<Variables> = NodejsFunctionOptions &
  ([keyof Variables] extends [never]
    ? { environment?: never }
    : {
        /**
         * The environment variables that the handler's file declares, by name.
         * The names and values of all variables of a lambda take at most 4,096 bytes.
         * Variables are visible in the Terraform state, so a secret value is a finding. Use a Secret (`shared/lambda/secret.ts`) instead.
         * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
         */
        environment: Variables;
      });

/** The third argument of the constructor. It is optional for a lambda that reads no environment variables. */
type PropsArgument<Variables> = [keyof Variables] extends [never]
  ? [props?: NodejsFunctionProps<Variables>]
  : [props: NodejsFunctionProps<Variables>];

/** The options as the constructor reads them, whatever variables the lambda has. */
type AnyProps = NodejsFunctionOptions & { environment?: object };

/**
 * A TypeScript lambda of the domain, with its handler in the file `lambdas/<id>.ts`.
 * It has an execution role of its own under the permissions boundary of the domain, a log group, alarms on errors and
 * throttles, and a published version. Triggers invoke that version through the alias `current`.
 *
 * @typeParam Variables the environment variables that the handler's file declares
 *
 * @example
 * const orders = new Table(this, "orders", { partitionKey: "orderId" });
 * const recordOrder = new NodejsFunction<RecordOrderVariables>(this, "record-order", {
 *   timeout: seconds(30),
 *   logRetentionDays: 365,
 *   environment: { ORDERS_TABLE: orders.table.name },
 * });
 * recordOrder.allow(["dynamodb:PutItem"], orders.table.arn);
 */
// biome-ignore lint/complexity/noBannedTypes: "{}" is the type of a lambda that reads no variables
export class NodejsFunction<Variables extends object = {}> extends Construct {
  /** The raw resource, for settings that have no option. */
  readonly function: LambdaFunction;
  /** The alias `current`, which points to the version that the last deployment published. */
  readonly alias: LambdaAlias;
  /** The execution role. */
  readonly role: IamRole;
  /** The log group of the function. */
  readonly logGroup: CloudwatchLogGroup;
  /** The permissions of the role. A resource that invokes the lambda depends on this policy, so that the lambda has its permissions at its first invocation. */
  readonly policy: IamRolePolicy;
  /** How long one invocation can run. */
  readonly timeout: Duration;
  /** The statements of {@link policy}: everything that the lambda is allowed or denied. */
  readonly statements: DataAwsIamPolicyDocumentStatement[] = [];

  private readonly stack = DomainStack.of(this);
  /** The name of the function, `shop-orders-int-record-order`. */
  readonly functionName: string;
  private readonly inVpc: boolean;
  private readonly policyDocument: DataAwsIamPolicyDocument;

  constructor(scope: Construct, id: string, ...[props]: PropsArgument<Variables>) {
    super(scope, id);
    const options: AnyProps = props ?? {};
    keepFormerId(this, options);
    this.timeout = options.timeout ?? seconds(10);
    this.inVpc = options.vpc ?? false;
    this.checkLimits(options);

    this.functionName = this.stack.nameFor(this, "Lambda function");
    this.logGroup = this.addLogGroup(options);
    this.role = this.addRole();
    const { policy, document } = addRolePolicy(this, this.role, this.statements);
    this.policy = policy;
    this.policyDocument = document;
    this.grantOwnNeeds(options);

    this.function = this.addFunction(options);
    this.alias = this.addAlias();
    addLambdaAlarms(this, { functionName: this.functionName, logGroupName: this.logGroupName, timeout: this.timeout });
    this.describe(options);
  }

  /**
   * Allows the lambda's code to perform actions on resources.
   * A finding reports wildcards, actions outside the permissions boundary, and services that a lambda in the VPC cannot reach.
   * @param actions full names without wildcards, such as `sqs:SendMessage`
   * @param resources ARNs, each of which names one resource or a part of one, such as the objects of one bucket
   */
  allow(actions: string[], resources: string | string[]): this {
    const arns = [resources].flat();
    checkResources(this, actions, arns);
    if (this.inVpc) checkReachable(this, actions, this.stack.environment);
    return this.grant(actions, ...arns);
  }

  /**
   * Adds the on-failure destination for asynchronous invocations: a queue with an alarm.
   * An event goes to that queue if it still fails after two retries, or if it is six hours old.
   * For triggers that invoke the lambda asynchronously.
   * @returns the queue, which is the same one for every trigger
   */
  addFailureDestination(): DeadLetterQueue {
    const existing = this.node.tryFindChild("failures") as DeadLetterQueue | undefined;
    if (existing) return existing;
    const failures = new DeadLetterQueue(this, "failures", {
      holds: `events that ${deployedId(this)} could not handle`,
      failedIn: () => [this],
    });
    this.grant(["sqs:SendMessage"], failures.queue.arn);
    new LambdaFunctionEventInvokeConfig(this, "async", {
      functionName: this.function.functionName,
      qualifier: this.alias.name,
      maximumRetryAttempts: 2,
      maximumEventAgeInSeconds: hours(6),
      destinationConfig: { onFailure: { destination: failures.queue.arn } },
      dependsOn: [this.policy],
    });
    return failures;
  }

  /**
   * Grants the execution role permissions that the Lambda service uses on behalf of the function, such as reading a queue.
   * Lambda uses them from outside the VPC. Only triggers call this. A domain calls {@link allow}.
   */
  grant(actions: string[], ...resources: string[]): this {
    checkActions(this, actions);
    this.statements.push({ actions, resources });
    this.policyDocument.putStatement(this.statements);
    return this;
  }

  private checkLimits({ memorySize, logRetentionDays }: AnyProps): void {
    // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    checkRange(this, { timeout: this.timeout }, { min: 1, max: 900, unit: "s" });
    checkRange(this, { memorySize }, { min: 128, max: 10_240, unit: "MB" });
    if (logRetentionDays === undefined || LOG_RETENTION_DAYS.includes(logRetentionDays)) return;
    const rule = `CloudWatch Logs accepts only ${LOG_RETENTION_DAYS.join(", ")} days`;
    const fix = `Set it to one of these, or leave it out to keep logs for the environment's ${this.stack.environment.logRetentionDays} days`;
    addFinding(this, `logRetentionDays is ${logRetentionDays} days, but ${rule}. ${fix}.`);
  }

  private addLogGroup({ logRetentionDays }: AnyProps): CloudwatchLogGroup {
    return new CloudwatchLogGroup(this, "log-group", {
      name: this.logGroupName,
      retentionInDays: logRetentionDays ?? this.stack.environment.logRetentionDays,
    });
  }

  private addRole(): IamRole {
    return new IamRole(this, "role", {
      name: this.stack.nameFor(this, "IAM role"),
      path: rolePath(this.stack.identity),
      assumeRolePolicy: assumeRolePolicy(this, "lambda.amazonaws.com"),
      permissionsBoundary: this.stack.boundaryArn,
    });
  }

  /** Grants what the lambda needs because of its own options, before any trigger or domain adds to it. */
  private grantOwnNeeds({ tracing, idempotent }: AnyProps): void {
    this.grant(["logs:CreateLogStream", "logs:PutLogEvents"], `${this.logGroup.arn}:*`);
    // The X-Ray actions have no resource types: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
    if (tracing) this.grant(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*");
    if (this.inVpc) this.grantNetworkInterfaces();
    if (idempotent) {
      const actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];
      this.grant(actions, IdempotencyTable.of(this.stack).table.arn);
    }
  }

  /**
   * The Lambda service creates the network interfaces of a lambda in the VPC with the lambda's execution role.
   * The deny statement keeps the lambda's code from using these permissions.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
   */
  private grantNetworkInterfaces(): void {
    const actions = [
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ];
    const functionArn = this.stack.arnOf("lambda", `function:${this.functionName}`);
    const calledByFunctionCode = { test: "ArnEquals", variable: "lambda:SourceFunctionArn", values: [functionArn] };
    this.statements.push({ effect: "Deny", actions, resources: ["*"], condition: [calledByFunctionCode] });
    this.grant(actions, "*");
  }

  private addFunction(options: AnyProps): LambdaFunction {
    return new LambdaFunction(this, "function", {
      functionName: this.functionName,
      role: this.role.arn,
      runtime: this.stack.project.runtime,
      architectures: ["arm64"],
      filename: this.zip,
      // The code is bundled while the constructs are created, so its hash is known only when the stack is synthesized.
      sourceCodeHash: Lazy.stringValue({ produce: () => this.bundle().hash }),
      handler: "index.handler",
      timeout: this.timeout,
      memorySize: options.memorySize ?? 256,
      publish: true,
      environment: { variables: this.environmentVariables(options) },
      loggingConfig: { logFormat: "JSON", logGroup: this.logGroup.name },
      tracingConfig: { mode: options.tracing ? "Active" : "PassThrough" },
      vpcConfig: this.inVpc ? this.vpcConfig() : undefined,
      // Lambda needs the permissions when it creates the network interfaces, and the code needs them at its first invocation.
      dependsOn: [this.policy],
    });
  }

  private environmentVariables({ idempotent, environment }: AnyProps): Record<string, string> {
    const variables = {
      // Powertools writes this name into every log event.
      POWERTOOLS_SERVICE_NAME: this.stack.identity.domain,
      ...(idempotent && { IDEMPOTENCY_TABLE: IdempotencyTable.of(this.stack).table.name }),
      ...environment,
    };
    checkEnvironmentVariables(this, variables);
    return variables;
  }

  private vpcConfig(): LambdaFunctionVpcConfig {
    const { privateSubnetIds, lambdaSecurityGroupId } = this.stack.foundation;
    return { subnetIds: Fn.split(",", privateSubnetIds), securityGroupIds: [lambdaSecurityGroupId] };
  }

  private addAlias(): LambdaAlias {
    return new LambdaAlias(this, LAMBDA_ALIAS, {
      name: LAMBDA_ALIAS,
      functionName: this.function.functionName,
      functionVersion: this.function.version,
    });
  }

  /** Adds the lambda to `domain.json`. */
  private describe({ logRetentionDays }: AnyProps): void {
    const ownRetention = logRetentionDays !== undefined && logRetentionDays !== this.stack.environment.logRetentionDays;
    this.stack.lambdas.push({
      name: this.node.id,
      functionName: this.functionName,
      logGroup: this.logGroupName,
      ...(ownRetention && { logRetentionDays }),
      source: this.bundle().source,
      zip: this.zip,
    });
  }

  /** The name of {@link logGroup}. */
  get logGroupName(): string {
    return `/aws/lambda/${this.functionName}`;
  }

  private bundle(): Bundle {
    return this.stack.bundles.get(this, this.stack.domain, this.node.id);
  }

  /** Relative to the stack's folder. */
  private get zip(): string {
    return `lambdas/${deployedId(this)}.zip`;
  }
}
