import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { DataAwsIamPolicyDocument, type DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { LambdaAlias } from "@cdktf/provider-aws/lib/lambda-alias";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config";
import { Fn, Token } from "cdktf";
import { Construct } from "constructs";
import { DomainStack } from "../domain-stack";
import { type Duration, hours, seconds } from "../duration";
import { addFinding } from "../findings";
import { boundaryAllows } from "../foundation/lambda-boundary";
import { assumeRolePolicy } from "../iam";
import { DeadLetterQueue } from "../triggers/dead-letter-queue";
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

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const TIMEOUT_SECONDS = { least: 1, most: 900 };
const MEMORY_MB = { least: 128, most: 10240 };

/**
 * A TypeScript lambda of the domain: the file `lambdas/<id>.ts`, with a role of its own under the
 * environment's boundary, its log group, a published version and the alias `live`, which triggers invoke.
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

  private readonly stack: DomainStack;
  private readonly inVpc: boolean;
  private readonly policyDocument: DataAwsIamPolicyDocument;
  private readonly statements: DataAwsIamPolicyDocumentStatement[] = [];

  constructor(
    scope: Construct,
    id: string,
    ...[props]: [keyof Variables] extends [never] ? [NodejsFunctionProps<Variables>?] : [NodejsFunctionProps<Variables>]
  ) {
    super(scope, id);
    this.stack = DomainStack.of(this);
    const options: Options & { environment?: object } = props ?? {};
    this.timeout = options.timeout ?? seconds(10);
    this.inVpc = options.vpc ?? false;
    this.checkRange("timeout", this.timeout, TIMEOUT_SECONDS, "s");
    if (options.memorySize !== undefined) this.checkRange("memorySize", options.memorySize, MEMORY_MB, "MB");

    const name = this.stack.nameFor(this, "Lambda function", id);
    this.logGroup = this.addLogGroup(name);
    this.role = this.addRole();
    this.policyDocument = new DataAwsIamPolicyDocument(this, "policy-document");
    this.policy = new IamRolePolicy(this, "policy", { role: this.role.id, policy: this.policyDocument.json });
    this.grant({ actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [`${this.logGroup.arn}:*`] });
    if (options.tracing)
      this.allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*", { reason: "X-Ray has no resources to name" });

    this.function = this.addFunction(name, options);
    this.alias = new LambdaAlias(this, "live", {
      name: "live",
      functionName: this.function.functionName,
      functionVersion: this.function.version,
    });
    this.stack.lambdas.push({
      name: id,
      functionName: name,
      logGroup: `/aws/lambda/${name}`,
      source: this.stack.bundles.get(this, this.stack.domain, id).source,
      zip: `lambdas/${id}.zip`,
    });
  }

  /**
   * Lets the lambda do these actions on these resources.
   * @param resources ARNs; `*` only with a written reason
   * @param options.reason why nothing narrower than `*` will do
   */
  allow(actions: string[], resources: string | string[], { reason }: { reason?: string } = {}): this {
    const arns = [resources].flat();
    for (const action of actions) this.checkAction(action);
    if (arns.includes("*")) {
      if (reason) this.stack.wildcardReasons[this.node.path] = reason;
      else
        addFinding(
          this,
          `is allowed ${actions.join(", ")} on every resource ("*"); name the resource's ARN, or say why it cannot be: allow(…, "*", { reason: "…" })`,
        );
    }
    return this.grant({ actions, resources: arns });
  }

  /** For triggers that invoke asynchronously: what still fails after AWS's retries goes to a queue, with an alarm. */
  addFailureDestination(): DeadLetterQueue {
    const failures = new DeadLetterQueue(this, "failures", { holds: `events that ${this.node.id} could not handle` });
    this.grant({ actions: ["sqs:SendMessage"], resources: [failures.queue.arn] });
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

  private grant(statement: DataAwsIamPolicyDocumentStatement): this {
    this.statements.push(statement);
    this.policyDocument.putStatement(this.statements);
    return this;
  }

  private checkAction(action: string): void {
    const [service = ""] = action.split(":");
    if (action.includes("*")) {
      addFinding(this, `is allowed "${action}"; name each action it needs`);
    } else if (!boundaryAllows(action)) {
      addFinding(
        this,
        `is allowed "${action}", which the boundary of every lambda forbids, so that AWS would deny it; add it in shared/foundation/lambda-boundary.ts if the project wants it`,
      );
    }
    if (!this.inVpc || service === "xray") return;
    const endpoint = missingEndpoint(service, this.stack.environment.network);
    if (endpoint) {
      addFinding(
        this,
        `runs in the VPC and is allowed "${action}", but nothing leads from there to ${service}, so that it would hang until its timeout; add "${endpoint}" to the interfaceEndpoints of ${this.stack.environment.name}, give it NAT, or take the lambda out of the VPC`,
      );
    }
  }

  private checkRange(option: string, value: number, { least, most }: { least: number; most: number }, unit: string): void {
    if (Token.isUnresolved(value) || (Number.isInteger(value) && value >= least && value <= most)) return;
    addFinding(this, `${option} is ${value} ${unit}; AWS takes whole numbers from ${least} to ${most} ${unit}`);
  }

  private addLogGroup(name: string): CloudwatchLogGroup {
    return new CloudwatchLogGroup(this, "log-group", {
      name: `/aws/lambda/${name}`,
      retentionInDays: this.stack.environment.logRetentionDays,
    });
  }

  private addRole(): IamRole {
    return new IamRole(this, "role", {
      name: this.stack.nameFor(this, "IAM role", this.node.id),
      assumeRolePolicy: assumeRolePolicy(this, "role", "lambda.amazonaws.com"),
      permissionsBoundary: this.stack.foundation.lambdaBoundaryArn,
    });
  }

  private addFunction(name: string, options: Options & { environment?: object }): LambdaFunction {
    const variables: Record<string, string> = {
      POWERTOOLS_SERVICE_NAME: this.stack.domain,
      ...(options.idempotent && { IDEMPOTENCY_TABLE: this.useIdempotencyTable() }),
      ...(options.environment as Record<string, string>),
    };
    checkEnvironmentVariables(this, variables);
    return new LambdaFunction(this, "function", {
      functionName: name,
      role: this.role.arn,
      runtime: this.stack.project.runtime,
      architectures: ["arm64"],
      handler: "index.handler",
      filename: `lambdas/${this.node.id}.zip`,
      sourceCodeHash: this.stack.bundles.get(this, this.stack.domain, this.node.id).hash,
      timeout: this.timeout,
      memorySize: options.memorySize ?? 256,
      publish: true,
      environment: { variables },
      loggingConfig: { logFormat: "JSON", logGroup: this.logGroup.name },
      tracingConfig: { mode: options.tracing ? "Active" : "PassThrough" },
      ...(this.inVpc && {
        vpcConfig: {
          subnetIds: Fn.split(",", this.stack.foundation.privateSubnetIds),
          securityGroupIds: [this.stack.foundation.lambdaSecurityGroupId],
        },
        dependsOn: [this.addVpcPolicy()],
      }),
    });
  }

  /** Lambda makes the function's network interfaces with the function's own role, before the function exists. */
  private addVpcPolicy(): IamRolePolicy {
    this.stack.wildcardReasons[`${this.node.path}/vpc`] = "network interfaces have no ARN before Lambda makes them";
    const document = new DataAwsIamPolicyDocument(this, "vpc-policy-document", {
      statement: [
        {
          actions: [
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
          ],
          resources: ["*"],
        },
      ],
    });
    return new IamRolePolicy(this, "vpc-policy", { role: this.role.id, policy: document.json });
  }

  private useIdempotencyTable(): string {
    const { table } = IdempotencyTable.of(this.stack);
    this.allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], table.arn);
    return table.name;
  }
}
