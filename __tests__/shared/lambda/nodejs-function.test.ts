import type { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Lazy } from "cdktf";
import { seconds } from "../../../shared/duration";
import { NodejsFunction, type NodejsFunctionProps } from "../../../shared/lambda/nodejs-function";
import type { Environment } from "../../../shared/stack/config";
import { type Json, referred, resource, resources, stackProps, statements, synthDomain } from "../../harness/synth";

const QUEUE = "arn:aws:sqs:eu-west-1:111111111111:shop-orders-int-placed";

/** A domain with one lambda. */
function lambda(
  props: NodejsFunctionProps<Record<never, never>> = {},
  use: (made: NodejsFunction) => void = () => {},
  changes: Partial<Environment> = {},
) {
  return synthDomain((stack) => use(new NodejsFunction(stack, "work", props)), changes);
}
/** What the lambda's own policy allows, `action resource`. */
function allowed(json: Json): string[] {
  return statements(json, resource(json, "aws_iam_role_policy").policy).flatMap(({ actions, resources: on }: Json) =>
    actions.flatMap((action: string) => on.map((arn: string) => `${action} ${arn}`)),
  );
}
/** The one alarm on a metric. */
const alarm = (json: Json, metric: string): Json => {
  const [only, ...others] = resources(json, "aws_cloudwatch_metric_alarm").filter(({ metric_name }) => metric_name === metric);
  expect(others).toEqual([]);
  return only;
};
const network = (changes: Partial<Environment["network"]>) => ({ network: { ...stackProps().environment.network, ...changes } });

describe("a lambda with no option set", () => {
  const { json, findings } = lambda();
  const made = resource(json, "aws_lambda_function");

  test("has nothing to complain about", () => {
    expect(findings).toEqual([]);
  });

  test("runs on arm64, on the project's runtime, for 10 s at most", () => {
    expect(made).toMatchObject({ architectures: ["arm64"], runtime: "nodejs22.x", timeout: 10, memory_size: 256 });
  });

  test("has a role of its own, under the environment's boundary, that Lambda alone takes", () => {
    const role = referred(json, made.role);
    expect(role.name).toBe("shop-sample-int-work");
    expect(referred(json, role.permissions_boundary).name).toBe("/shop/int/shared/v1/lambdaBoundaryArn");
    expect(statements(json, role.assume_role_policy)).toEqual([
      { actions: ["sts:AssumeRole"], principals: [{ type: "Service", identifiers: ["lambda.amazonaws.com"] }] },
    ]);
  });

  test("may write its own log and nothing else", () => {
    expect(allowed(json)).toEqual([
      expect.stringMatching(/^logs:CreateLogStream \$\{aws_cloudwatch_log_group\.work_[^}]*\.arn\}:\*$/),
      expect.stringMatching(/^logs:PutLogEvents \$\{aws_cloudwatch_log_group\.work_[^}]*\.arn\}:\*$/),
    ]);
    expect(resources(json, "aws_iam_role_policy_attachment")).toEqual([]);
  });

  test("has its log group before it runs, with the environment's retention and JSON lines", () => {
    const group = referred(json, made.logging_config.log_group);
    expect(group).toMatchObject({ name: `/aws/lambda/${made.function_name}`, retention_in_days: 14 });
    expect(made.logging_config.log_format).toBe("JSON");
  });

  test("is published, and its alias current is that version", () => {
    expect(made.publish).toBe(true);
    const { name, function_version } = resource(json, "aws_lambda_alias");
    expect(name).toBe("current");
    expect(function_version).toMatch(/^\$\{aws_lambda_function\.work_[^}]*\.version\}$/);
  });

  test("has its code by the hash of its zip, at a path inside the stack's folder", () => {
    expect(made).toMatchObject({ source_code_hash: "stub", filename: "lambdas/work.zip", handler: "index.handler" });
  });

  test("is not in the VPC, does not trace, and has no failure destination", () => {
    expect(made.vpc_config).toBeUndefined();
    expect(made.tracing_config.mode).toBe("PassThrough");
    expect(resources(json, "aws_lambda_function_event_invoke_config")).toEqual([]);
    expect(resources(json, "aws_sqs_queue")).toEqual([]);
  });

  test("logs under its domain's name", () => {
    expect(made.environment.variables).toEqual({ POWERTOOLS_SERVICE_NAME: "sample" });
  });

  test("reads of the foundation only what it uses, so that it waits for nothing else", () => {
    const read = Object.values<Json>(json.data.aws_ssm_parameter).map(({ name }) => name);
    expect(read.sort()).toEqual(["/shop/int/shared/v1/alarmTopicArn", "/shop/int/shared/v1/lambdaBoundaryArn"]);
  });
});

describe.each(["Errors", "Throttles"])("the alarm on a lambda's %s", (metric) => {
  const { json, findings } = lambda();

  test("rings when there are some in three of four periods of five minutes, and not for a single one", () => {
    expect(findings).toEqual([]);
    expect(alarm(json, metric)).toMatchObject({
      alarm_name: `shop-sample-int-work-${metric.toLowerCase()}`,
      namespace: "AWS/Lambda",
      statistic: "Sum",
      comparison_operator: "GreaterThanThreshold",
      threshold: 0,
      period: 300,
      evaluation_periods: 4,
      datapoints_to_alarm: 3,
    });
  });

  test("counts every version and alias, for CloudWatch keeps those that name one apart", () => {
    expect(alarm(json, metric).dimensions).toEqual({ FunctionName: "shop-sample-int-work" });
  });

  test("is quiet while the lambda has nothing to do, of which Lambda reports nothing", () => {
    expect(alarm(json, metric).treat_missing_data).toBe("notBreaching");
  });

  test.each([
    [300, 300],
    [301, 360],
    [900, 900],
  ])("waits, with a timeout of %d s, for what began in a period of %d s to end", (timeout, period) => {
    expect(alarm(lambda({ timeout: seconds(timeout) }).json, metric).period).toBe(period);
  });

  test("knows its period though only Terraform knows the timeout", () => {
    expect(alarm(lambda({ timeout: Lazy.numberValue({ produce: () => 9999 }) as never }).json, metric).period).toBe(300);
  });
});

test("an alarm that rings too early for one lambda is changed in its domain, by the raw alarm", () => {
  const { json } = lambda({}, (made) => {
    (made.node.findChild("errors").node.findChild("alarm") as CloudwatchMetricAlarm).threshold = 5;
  });
  expect(alarm(json, "Errors").threshold).toBe(5);
});

test.each([
  ["Errors", "aws logs tail /aws/lambda/shop-sample-int-work --since 1h"],
  ["Throttles", "aws lambda get-account-settings"],
])("the alarm on a lambda's %s tells which command to begin with: %s", (metric, command) => {
  const { alarm_description: description } = alarm(lambda().json, metric);
  expect(description).toContain("shop-sample-int-work");
  expect(description).toContain(command);
});

describe("what a lambda is allowed", () => {
  test("is the actions on the resources that were named", () => {
    const { json, findings } = lambda({}, (made) => made.allow(["sqs:SendMessage"], QUEUE).allow(["dynamodb:GetItem"], ["arn:a", "arn:b"]));
    expect(findings).toEqual([]);
    expect(allowed(json)).toEqual(expect.arrayContaining([`sqs:SendMessage ${QUEUE}`, "dynamodb:GetItem arn:a", "dynamodb:GetItem arn:b"]));
  });

  test("is never every action of a service", () => {
    const { findings } = lambda({}, (made) => made.allow(["sqs:*"], QUEUE));
    expect(findings).toEqual([expect.stringContaining('sample-int/work: is allowed "sqs:*"; name each action that it needs')]);
  });

  test.each([
    "*",
    "arn:aws:sqs:eu-west-1:111111111111:*",
    "arn:aws:dynamodb:*:*:table/*",
    "arn:aws:ssm:eu-west-1:1:parameter/*",
    "arn:aws:s3:::*",
    "arn:aws:sqs:*",
    "arn:aws:dynamodb:eu-west-1:1:table*",
    "arn:aws:dynamodb:eu-west-1:1:table/*/index/*",
  ])("is never every resource: %s", (every) => {
    const { findings } = lambda({}, (made) => made.allow(["sqs:SendMessage"], [every, QUEUE]));
    expect(findings).toEqual([expect.stringContaining(`is allowed sqs:SendMessage on every resource ("${every}"); name the ARNs`)]);
  });

  test.each([
    "arn:aws:s3:::invoices/*",
    "arn:aws:dynamodb:eu-west-1:1:table/orders/index/*",
    "arn:aws:sqs:eu-west-1:1:*-orders",
    `${Lazy.stringValue({ produce: () => "arn" })}/*`,
  ])("may be every part of one resource: %s", (part) => {
    expect(lambda({}, (made) => made.allow(["dynamodb:GetItem"], part)).findings).toEqual([]);
  });

  test.each(["s3:DeleteBucket", "sqs:DeleteQueue", "iam:PassRole", "sendMessage"])("is not %s, which the boundary forbids", (action) => {
    const { findings } = lambda({}, (made) => made.allow([action], QUEUE));
    expect(findings).toEqual([expect.stringContaining(`is allowed "${action}", which the boundary of every lambda forbids`)]);
  });

  test("is in one policy, which what invokes the lambda can wait for", () => {
    const { json } = lambda({ idempotent: true, tracing: true }, (made) => made.allow(["sqs:SendMessage"], QUEUE));
    expect(resources(json, "aws_iam_role_policy")).toHaveLength(1);
  });
});

describe("a lambda in the VPC", () => {
  const { json, findings } = lambda({ vpc: true }, (made) => made.allow(["dynamodb:GetItem"], "arn:table"));
  const interfaces = statements(json, resource(json, "aws_iam_role_policy").policy).filter(({ actions }) =>
    actions.includes("ec2:CreateNetworkInterface"),
  );

  test("is in the private subnets, with the security group of lambdas", () => {
    const { subnet_ids, security_group_ids } = resource(json, "aws_lambda_function").vpc_config;
    expect(referred(json, subnet_ids.replace(/.*, (data[^)]*)\)\}$/, "$${$1}")).name).toBe("/shop/int/shared/v1/privateSubnetIds");
    expect(referred(json, security_group_ids[0]).name).toBe("/shop/int/shared/v1/lambdaSecurityGroupId");
  });

  test("may make its network interfaces before it is made itself", () => {
    expect(interfaces.find(({ effect }) => effect !== "Deny")).toMatchObject({ resources: ["*"] });
    expect(resource(json, "aws_lambda_function").depends_on).toEqual([expect.stringMatching(/^aws_iam_role_policy\./)]);
  });

  test("may not touch network interfaces by its own code, only Lambda may", () => {
    const { function_name } = resource(json, "aws_lambda_function");
    const [denied, allowed] = interfaces;
    expect(denied).toMatchObject({ effect: "Deny", actions: allowed?.actions, resources: ["*"] });
    const values = [`arn:aws:lambda:eu-west-1:111111111111:function:${function_name}`];
    expect(denied?.condition).toEqual([{ test: "ArnEquals", variable: "lambda:SourceFunctionArn", values }]);
  });

  test("reaches DynamoDB by the free gateway endpoint", () => {
    expect(findings).toEqual([]);
  });

  test("that is granted a service it cannot reach is refused, with the three ways out", () => {
    const found = lambda({ vpc: true }, (made) => made.allow(["sqs:SendMessage"], QUEUE)).findings;
    expect(found).toEqual([expect.stringContaining('nothing leads to sqs, so that "sqs:SendMessage" would hang until its timeout')]);
    expect(found[0]).toContain('add "sqs" to the interfaceEndpoints of int, give int NAT, or take the lambda out of the VPC');
  });

  test.each<[string, Partial<Environment["network"]>]>([
    ["NAT", { nat: "one" }],
    ["an interface endpoint", { interfaceEndpoints: ["sqs"] }],
  ])("reaches every service that has %s", (_, changes) => {
    expect(lambda({ vpc: true }, (made) => made.allow(["sqs:SendMessage"], QUEUE), network(changes)).findings).toEqual([]);
  });
});

test("a lambda that traces may send its traces", () => {
  const { json, findings } = lambda({ tracing: true });
  expect(resource(json, "aws_lambda_function").tracing_config.mode).toBe("Active");
  expect(allowed(json)).toEqual(expect.arrayContaining(["xray:PutTraceSegments *", "xray:PutTelemetryRecords *"]));
  expect(findings).toEqual([]);
});

describe("lambdas that remember what they have done", () => {
  const { json, findings } = synthDomain((stack) => {
    for (const id of ["first", "second"]) new NodejsFunction(stack, id, { idempotent: true });
  });
  const table = resource(json, "aws_dynamodb_table");

  test("share their domain's one table, and know its name", () => {
    expect(findings).toEqual([]);
    for (const { environment } of resources(json, "aws_lambda_function")) {
      expect(referred(json, environment.variables.IDEMPOTENCY_TABLE)).toBe(table);
    }
  });

  test("may read and write it, and it forgets by itself", () => {
    for (const { policy } of resources(json, "aws_iam_role_policy")) {
      expect(statements(json, policy)).toContainEqual({
        actions: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
        resources: [expect.stringMatching(/aws_dynamodb_table\.idempotency/)],
      });
    }
    expect(table).toMatchObject({ hash_key: "id", ttl: { enabled: true, attribute_name: "expiration" } });
  });
});

describe("a lambda that is invoked asynchronously", () => {
  const { json, findings } = lambda({}, (made) => made.addFailureDestination());

  test("sends what it could not handle to a queue, and may", () => {
    const { destination_config, qualifier } = resource(json, "aws_lambda_function_event_invoke_config");
    const queue = destination_config.on_failure.destination;
    expect(referred(json, queue).name).toBe("shop-sample-int-work-failures");
    expect(referred(json, qualifier).name).toBe("current");
    expect(allowed(json)).toContain(`sqs:SendMessage ${queue}`);
    expect(findings).toEqual([]);
  });

  test("is tried again twice, for six hours at most", () => {
    const { maximum_retry_attempts, maximum_event_age_in_seconds } = resource(json, "aws_lambda_function_event_invoke_config");
    expect([maximum_retry_attempts, maximum_event_age_in_seconds]).toEqual([2, 21_600]);
  });

  test("has an alarm on that queue", () => {
    expect(alarm(json, "ApproximateNumberOfMessagesVisible").dimensions).toEqual({ QueueName: "shop-sample-int-work-failures" });
  });

  test("has one such queue, however many triggers invoke it", () => {
    const twice = lambda({}, (made) => expect(made.addFailureDestination()).toBe(made.addFailureDestination()));
    expect(twice.findings).toEqual([]);
  });
});

describe("the limits of AWS", () => {
  test.each([1, 900])("take a timeout of %d s", (timeout) => {
    expect(lambda({ timeout: seconds(timeout) }).findings).toEqual([]);
  });

  test.each([0, 901])("refuse a timeout of %d s, with the range", (timeout) => {
    expect(lambda({ timeout: seconds(timeout) }).findings).toEqual([
      expect.stringContaining(`sample-int/work: timeout is ${timeout} s; AWS takes whole numbers from 1 to 900 s`),
    ]);
  });

  test.each([128, 10_240])("take %d MB of memory", (memorySize) => {
    expect(lambda({ memorySize }).findings).toEqual([]);
  });

  test.each([127, 10_241])("refuse %d MB of memory, with the range", (memorySize) => {
    expect(lambda({ memorySize }).findings).toEqual([expect.stringContaining("from 128 to 10240 MB")]);
  });

  test("let a timeout pass that only Terraform knows", () => {
    expect(lambda({ timeout: Lazy.numberValue({ produce: () => 9999 }) as never }).findings).toEqual([]);
  });

  test("refuse a name that is too long, for the function and its role", () => {
    const { findings } = synthDomain((stack) => void new NodejsFunction(stack, "w".repeat(60)));
    expect(findings).toEqual([expect.stringContaining("the Lambda function name"), expect.stringContaining("the IAM role name")]);
  });
});
