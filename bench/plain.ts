import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { App, AssetType, TerraformAsset, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { buildSync } from "esbuild";
import config from "../project.config";

/**
 * Synthesizes the app in the current folder as CDKTF's guides show it: each lambda of each stack is bundled where it is created,
 * by esbuild, and zipped by a `TerraformAsset` of type ARCHIVE.
 *
 * The comparison is fair. Handlers, provider, Node.js and environments are the same, and each lambda has the same kinds of
 * resources. Most differences are in favour of plain CDKTF:
 * - It runs with tsx and imports parts of the provider. The guides use ts-node and import the whole provider, which is slow.
 * - Its bundles are minified and have no source maps.
 * - It has no aliases, no contracts, no foundation and no checks.
 *
 * One difference is to its disadvantage, and the guides do the same: with esbuild's defaults the format is CommonJS. esbuild
 * removes less unused code from CommonJS, so a zip is a third larger.
 */
class QueueWithLambda extends Construct {
  constructor(
    stack: TerraformStack,
    id: string,
    { prefix, entry, retentionInDays }: { prefix: string; entry: string; retentionInDays: number },
  ) {
    super(stack, id);
    const name = `${prefix}-${id}`;
    const deadLetterQueue = new SqsQueue(this, "dlq", {
      name: `${name}-dlq`,
      messageRetentionSeconds: 1_209_600,
      sqsManagedSseEnabled: true,
    });
    const queue = new SqsQueue(this, "queue", {
      name,
      visibilityTimeoutSeconds: 60,
      sqsManagedSseEnabled: true,
      redrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetterQueue.arn, maxReceiveCount: 5 }),
    });
    new CloudwatchMetricAlarm(this, "alarm", {
      alarmName: `${name}-dlq-not-empty`,
      namespace: "AWS/SQS",
      metricName: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: deadLetterQueue.name },
      statistic: "Maximum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      period: 60,
      evaluationPeriods: 1,
    });

    const logGroup = new CloudwatchLogGroup(this, "log-group", { name: `/aws/lambda/${name}`, retentionInDays });
    const trust = [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }];
    const role = new IamRole(this, "role", { name, assumeRolePolicy: JSON.stringify({ Version: "2012-10-17", Statement: trust }) });
    const statements = [
      { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: `${logGroup.arn}:*` },
      { Effect: "Allow", Action: ["dynamodb:PutItem"], Resource: "arn:aws:dynamodb:*:*:table/parcels" },
      { Effect: "Allow", Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource: queue.arn },
    ];
    const policy = new IamRolePolicy(this, "policy", {
      role: role.id,
      policy: JSON.stringify({ Version: "2012-10-17", Statement: statements }),
    });

    const asset = new TerraformAsset(this, "asset", { path: bundle(entry, name), type: AssetType.ARCHIVE });
    const lambda = new LambdaFunction(this, "function", {
      functionName: name,
      role: role.arn,
      runtime: config.runtime,
      architectures: ["arm64"],
      handler: "index.handler",
      filename: asset.path,
      sourceCodeHash: asset.assetHash,
      timeout: 10,
      memorySize: 256,
      environment: { variables: { PARCELS_TABLE: "parcels" } },
      loggingConfig: { logFormat: "JSON", logGroup: logGroup.name },
    });
    new LambdaEventSourceMapping(this, "mapping", {
      functionName: lambda.arn,
      eventSourceArn: queue.arn,
      functionResponseTypes: ["ReportBatchItemFailures"],
      dependsOn: [policy],
    });
  }
}

function bundle(entry: string, name: string): string {
  const folder = resolve(".build", "plain", name);
  buildSync({
    entryPoints: { index: entry },
    outdir: folder,
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    target: "node22",
  });
  return folder;
}

const app = new App();
for (const { name: environment, account, logRetentionDays } of config.environments) {
  for (const domain of readdirSync("domains")) {
    const stack = new TerraformStack(app, `${domain}-${environment}`);
    new AwsProvider(stack, "aws", { region: config.region, allowedAccountIds: [account] });
    const lambdas = resolve("domains", domain, "lambdas");
    for (const file of readdirSync(lambdas)) {
      const prefix = `${config.name}-${domain}-${environment}`;
      new QueueWithLambda(stack, basename(file, ".ts"), { prefix, entry: join(lambdas, file), retentionInDays: logRetentionDays });
    }
  }
}
app.synth();
