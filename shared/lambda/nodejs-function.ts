import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import type { DataAwsIamPolicyDocument, DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { LambdaAlias } from "@cdktf/provider-aws/lib/lambda-alias";
import { LambdaFunction, type LambdaFunctionConfig } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config";
import { Fn, Lazy } from "cdktf";
import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import { type Duration, hours, minutes, seconds } from "../duration";
import { boundaryAllows } from "../foundation/lambda-boundary";
import { Alarm } from "../resources/alarm";
import { DeadLetterQueue } from "../resources/dead-letter-queue";
import { addRolePolicy, assumeRolePolicy, meansEvery } from "../resources/iam";
import { addFinding, checkRange } from "../stack/findings";
import { LAMBDA_ALIAS } from "../stack-description";
import { checkEnvironmentVariables } from "./environment-variables";
import { IdempotencyTable } from "./idempotency-table";
import { missingEndpoint } from "./reachable";

interface Options {
  /** The longest an invocation may take, 1 to 900 s. @default 10 s */
  timeout?: Duration;
  /** MB, 128 to 10,240; processor time grows with it. @default 256 */
  memorySize?: number;
  /** Runs in the environment's VPC. There it reaches DynamoDB and S3, and other services only by NAT or an interface endpoint. @default false */
  vpc?: boolean;
  /** Traces with X-Ray. @default false */
  tracing?: boolean;
  /** Gives it the domain's idempotency table, for a handler that says `idempotent`. @default false */
  idempotent?: boolean;
}

/** A lambda that reads environment variables must be given all of them, and no other. */
export type NodejsFunctionProps<Variables> = Options &
  ([keyof Variables] extends [never] ? { environment?: never } : { environment: Variables });

/**
 * A TypeScript lambda of the domain: the file `lambdas/<id>.ts`, with a role of its own under the
 * environment's boundary, its log group, a published version and the alias `current`, which triggers invoke.
 *
 * @typeParam Variables the environment variables that the handler's file declares that it reads
 */
// biome-ignore lint/complexity/noBannedTypes: "{}" is the type of a lambda that reads no variables
export class NodejsFunction<Variables extends object = {}> extends Construct {
  /** The raw resources, for what no option covers. */
  readonly function: LambdaFunction;
  readonly alias: LambdaAlias;
  readonly role: IamRole;
  readonly logGroup: CloudwatchLogGroup;
  /** Its permissions; what invokes it waits for them. */
  readonly policy: IamRolePolicy;
  readonly timeout: Duration;
  /** All that it may do. */
  readonly statements: DataAwsIamPolicyDocumentStatement[];

  private readonly stack = DomainStack.of(this);
  private readonly inVpc: boolean;
  private readonly policyDocument: DataAwsIamPolicyDocument;

  constructor(
    scope: Construct,
    id: string,
    ...[props]: [keyof Variables] extends [never] ? [NodejsFunctionProps<Variables>?] : [NodejsFunctionProps<Variables>]
  ) {
    super(scope, id);
    const options: Options & { environment?: object } = props ?? {};
    this.timeout = options.timeout ?? seconds(10);
    this.inVpc = options.vpc ?? false;
    // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    checkRange(this, "timeout", this.timeout, 1, 900, " s");
    checkRange(this, "memorySize", options.memorySize, 128, 10_240, " MB");

    const functionName = this.stack.nameFor(this, "Lambda function");
    const logGroup = `/aws/lambda/${functionName}`;
    const retentionInDays = this.stack.environment.logRetentionDays;
    this.logGroup = new CloudwatchLogGroup(this, "log-group", { name: logGroup, retentionInDays });
    this.role = new IamRole(this, "role", {
      name: this.stack.nameFor(this, "IAM role"),
      assumeRolePolicy: assumeRolePolicy(this, "lambda.amazonaws.com"),
      permissionsBoundary: this.stack.foundation.lambdaBoundaryArn,
    });
    this.statements = [{ actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [`${this.logGroup.arn}:*`] }];
    ({ policy: this.policy, document: this.policyDocument } = addRolePolicy(this, this.role, this.statements));
    // X-Ray has no resources to name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
    if (options.tracing) this.grant(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*");
    if (this.inVpc) this.allowNetworkInterfaces(functionName);

    const bundle = () => this.stack.bundles.get(this, this.stack.domain, id);
    const { source } = bundle();
    // Code is bundled while constructs are made.
    const sourceCodeHash = Lazy.stringValue({ produce: () => bundle().hash });
    const zip = `lambdas/${id}.zip`;
    this.function = this.addFunction({ functionName, filename: zip, sourceCodeHash }, options);
    const { functionName: ofFunction, version: functionVersion } = this.function;
    this.alias = new LambdaAlias(this, LAMBDA_ALIAS, { name: LAMBDA_ALIAS, functionName: ofFunction, functionVersion });
    this.addAlarms(functionName);
    this.stack.lambdas.push({ name: id, functionName, logGroup, source, zip });
  }

  /**
   * Lets the lambda do these actions, `sqs:SendMessage`, on these resources.
   * @param resources ARNs; neither they nor the actions may be `*`, nor may an ARN mean every table, or every bucket
   */
  allow(actions: string[], resources: string | string[]): this {
    for (const action of actions) this.checkReach(action);
    const arns = [resources].flat();
    for (const arn of arns.filter(meansEvery)) {
      addFinding(this, `is allowed ${actions.join(", ")} on every resource ("${arn}"); name the ARNs that it needs`);
    }
    return this.grant(actions, ...arns);
  }

  /** For triggers that invoke asynchronously: what still fails after AWS's retries goes to a queue, with an alarm. */
  addFailureDestination(): DeadLetterQueue {
    const known = this.node.tryFindChild("failures") as DeadLetterQueue | undefined;
    if (known) return known;
    const failures = new DeadLetterQueue(this, "failures", { holds: `events that ${this.node.id} could not handle` });
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

  /** For triggers: permissions that Lambda itself uses on behalf of the function, from outside of the VPC. */
  grant(actions: string[], ...resources: string[]): this {
    for (const action of actions) this.checkAction(action);
    this.statements.push({ actions, resources });
    this.policyDocument.putStatement(this.statements);
    return this;
  }

  private checkAction(action: string): void {
    if (action.includes("*")) addFinding(this, `is allowed "${action}"; name each action that it needs`);
    else if (!boundaryAllows(action)) {
      const fix = "add it to shared/foundation/lambda-boundary.ts if the project wants it";
      addFinding(this, `is allowed "${action}", which the boundary of every lambda forbids, so that AWS would deny it; ${fix}`);
    }
  }

  private checkReach(action: string): void {
    const [service = ""] = action.split(":");
    const { name, network } = this.stack.environment;
    const endpoint = this.inVpc && missingEndpoint(service, network);
    if (!endpoint) return;
    const fix = `add "${endpoint}" to the interfaceEndpoints of ${name}, give ${name} NAT, or take the lambda out of the VPC`;
    addFinding(this, `runs in the VPC, from where nothing leads to ${service}, so that "${action}" would hang until its timeout; ${fix}`);
  }

  private addFunction(
    code: Pick<LambdaFunctionConfig, "functionName" | "filename" | "sourceCodeHash">,
    { idempotent, environment, memorySize = 256, tracing }: Options & { environment?: object },
  ): LambdaFunction {
    const { domain, foundation, project } = this.stack;
    const idempotency = idempotent && { IDEMPOTENCY_TABLE: this.useIdempotencyTable() };
    const variables: Record<string, string> = { POWERTOOLS_SERVICE_NAME: domain, ...idempotency, ...environment };
    checkEnvironmentVariables(this, variables);
    return new LambdaFunction(this, "function", {
      ...code,
      role: this.role.arn,
      runtime: project.runtime,
      architectures: ["arm64"],
      handler: "index.handler",
      timeout: this.timeout,
      memorySize,
      publish: true,
      environment: { variables },
      loggingConfig: { logFormat: "JSON", logGroup: this.logGroup.name },
      tracingConfig: { mode: tracing ? "Active" : "PassThrough" },
      ...(this.inVpc && {
        vpcConfig: { subnetIds: Fn.split(",", foundation.privateSubnetIds), securityGroupIds: [foundation.lambdaSecurityGroupId] },
      }),
      // Neither code nor network interfaces nor traces before what they need is allowed.
      dependsOn: [this.policy],
    });
  }

  /** They ring when it fails, or is refused, again and again. Once wakes nobody: what AWS tries again and gives up rings from a dead-letter queue, and what a caller gets no answer to rings as a 5xx. */
  private addAlarms(name: string): void {
    const add = (metric: string, description: string) =>
      new Alarm(this, metric.toLowerCase(), {
        // Of all versions and aliases together: with `Resource`, what goes past the alias would be counted nowhere.
        metric: ["AWS/Lambda", metric, "FunctionName", name],
        statistic: "Sum",
        // A failure counts in the period in which it began, but only once it has ended: so no period is shorter than the timeout,
        // and the last of four may still look clean. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
        period: minutes(Math.max(5, Math.ceil(this.timeout / 60))),
        evaluationPeriods: 4,
        datapointsToAlarm: 3,
        description,
      });
    const log = `its log for "failed", "error" and "timeout": aws logs tail /aws/lambda/${name} --since 1h`;
    const mend = "If a deploy began it, deploy what was there before; else mend it, or raise its timeout or memorySize.";
    add("Errors", `${name} keeps throwing, crashing, or running out of time or memory. Search ${log}. ${mend}`);
    const limit = "See how many lambdas the account may run at once, aws lambda get-account-settings, and ask for more in Service Quotas";
    const share = "or set maxConcurrency on the queue whose lambda takes too many (metric ConcurrentExecutions).";
    add("Throttles", `AWS keeps refusing to run ${name}, for too many run at once. ${limit}, ${share}`);
  }

  /** Lambda makes the function's network interfaces with the function's own role; the function's code must not. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
  private allowNetworkInterfaces(functionName: string): void {
    const verbs = ["CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets"];
    const actions = [...verbs, "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"].map((verb) => `ec2:${verb}`);
    const values = [this.stack.arnOf("lambda", `function:${functionName}`)];
    const condition = [{ test: "ArnEquals", variable: "lambda:SourceFunctionArn", values }];
    this.statements.push({ effect: "Deny", actions, resources: ["*"], condition });
    this.grant(actions, "*");
  }

  private useIdempotencyTable(): string {
    const { table } = IdempotencyTable.of(this.stack);
    this.grant(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], table.arn);
    return table.name;
  }
}
