import type { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Lazy } from "cdktf";
import { seconds } from "../../../shared/duration";
import { NodejsFunction, type NodejsFunctionProps } from "../../../shared/lambda/nodejs-function";
import { type Environment, LOG_RETENTION_DAYS } from "../../../shared/stack/config";
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
/** Everything that the policy of the lambda's role allows, as `action resource`. */
function allowed(json: Json): string[] {
  return statements(json, resource(json, "aws_iam_role_policy").policy).flatMap(({ actions, resources: on }: Json) =>
    actions.flatMap((action: string) => on.map((arn: string) => `${action} ${arn}`)),
  );
}
/** The only alarm on a metric. */
const alarm = (json: Json, metric: string): Json => {
  const [only, ...others] = resources(json, "aws_cloudwatch_metric_alarm").filter(({ metric_name }) => metric_name === metric);
  expect(others).toEqual([]);
  return only;
};
const network = (changes: Partial<Environment["network"]>) => ({ network: { ...stackProps().environment.network, ...changes } });

describe("a lambda without options", () => {
  const { json, findings } = lambda();
  const made = resource(json, "aws_lambda_function");

  test("produces no findings", () => {
    expect(findings).toEqual([]);
  });

  test("runs on arm64 with the project's runtime, 256 MB of memory and a timeout of 10 s", () => {
    expect(made).toMatchObject({ architectures: ["arm64"], runtime: "nodejs22.x", timeout: 10, memory_size: 256 });
  });

  test("has an execution role of its own, which has the permissions boundary of its domain and which only Lambda can assume", () => {
    const role = referred(json, made.role);
    expect(role.name).toBe("shop-sample-int-work");
    expect(referred(json, role.permissions_boundary).name).toBe("/shop/int/shared/v1/sampleBoundaryArn");
    expect(statements(json, role.assume_role_policy)).toEqual([
      { actions: ["sts:AssumeRole"], principals: [{ type: "Service", identifiers: ["lambda.amazonaws.com"] }] },
    ]);
  });

  test("is allowed to write its own log, and nothing else", () => {
    expect(allowed(json)).toEqual([
      expect.stringMatching(/^logs:CreateLogStream \$\{aws_cloudwatch_log_group\.work_[^}]*\.arn\}:\*$/),
      expect.stringMatching(/^logs:PutLogEvents \$\{aws_cloudwatch_log_group\.work_[^}]*\.arn\}:\*$/),
    ]);
    expect(resources(json, "aws_iam_role_policy_attachment")).toEqual([]);
  });

  test("has a log group from the start, with the environment's retention, and logs JSON", () => {
    const group = referred(json, made.logging_config.log_group);
    expect(group).toMatchObject({ name: `/aws/lambda/${made.function_name}`, retention_in_days: 14 });
    expect(made.logging_config.log_format).toBe("JSON");
  });

  test("has a published version, to which its alias current points", () => {
    expect(made.publish).toBe(true);
    const { name, function_version } = resource(json, "aws_lambda_alias");
    expect(name).toBe("current");
    expect(function_version).toMatch(/^\$\{aws_lambda_function\.work_[^}]*\.version\}$/);
  });

  test("has the hash of its zip, and the zip's path relative to the stack's folder", () => {
    expect(made).toMatchObject({ source_code_hash: "stub", filename: "lambdas/work.zip", handler: "index.handler" });
  });

  test("is not in the VPC, sends no traces, and has no on-failure destination", () => {
    expect(made.vpc_config).toBeUndefined();
    expect(made.tracing_config.mode).toBe("PassThrough");
    expect(resources(json, "aws_lambda_function_event_invoke_config")).toEqual([]);
    expect(resources(json, "aws_sqs_queue")).toEqual([]);
  });

  test("logs with its domain's name", () => {
    expect(made.environment.variables).toEqual({ POWERTOOLS_SERVICE_NAME: "sample" });
  });

  test("reads only those values of the foundation that it uses", () => {
    const read = Object.values<Json>(json.data.aws_ssm_parameter).map(({ name }) => name);
    expect(read.sort()).toEqual(["/shop/int/shared/v1/alarmTopicArn", "/shop/int/shared/v1/sampleBoundaryArn"]);
  });
});

describe.each(["Errors", "Throttles"])("the alarm on a lambda's %s", (metric) => {
  const { json, findings } = lambda();

  test("fires if there are any in three of four periods of five minutes, and not for a single one", () => {
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

  test("counts all versions and aliases, because it watches the dimension FunctionName only", () => {
    expect(alarm(json, metric).dimensions).toEqual({ FunctionName: "shop-sample-int-work" });
  });

  test("does not fire while the lambda has nothing to do and Lambda reports no data", () => {
    expect(alarm(json, metric).treat_missing_data).toBe("notBreaching");
  });

  test.each([
    [300, 300],
    [301, 360],
    [900, 900],
  ])("for a timeout of %d s has a period of %d s, which is not shorter than an invocation", (timeout, period) => {
    expect(alarm(lambda({ timeout: seconds(timeout) }).json, metric).period).toBe(period);
  });

  test("has a period of five minutes if only Terraform knows the timeout", () => {
    expect(alarm(lambda({ timeout: Lazy.numberValue({ produce: () => 9999 }) as never }).json, metric).period).toBe(300);
  });
});

test("a domain can change the alarm of one lambda through the raw resource", () => {
  const { json } = lambda({}, (made) => {
    (made.node.findChild("errors").node.findChild("alarm") as CloudwatchMetricAlarm).threshold = 5;
  });
  expect(alarm(json, "Errors").threshold).toBe(5);
});

test.each([
  ["Errors", "shop-sample-int-work keeps failing", "aws logs tail /aws/lambda/shop-sample-int-work --since 6h --region eu-west-1 "],
  [
    "Throttles",
    "shop-sample-int-work is being throttled",
    "aws lambda get-function-concurrency --function-name shop-sample-int-work --region eu-west-1",
  ],
])(
  "the description of the alarm on a lambda's %s says what happened, which command to run first, and what to do",
  (metric, event, command) => {
    const [what, where, ...whatToDo] = alarm(lambda().json, metric).alarm_description.split(/(?<=\.) /);
    expect(what).toContain(event);
    expect(where).toContain(command);
    expect(whatToDo.join(" ")).toMatch(/deploy/);
  },
);

describe("allow", () => {
  test("allows the listed actions on the listed resources", () => {
    const { json, findings } = lambda({}, (made) => made.allow(["sqs:SendMessage"], QUEUE).allow(["dynamodb:GetItem"], ["arn:a", "arn:b"]));
    expect(findings).toEqual([]);
    expect(allowed(json)).toEqual(expect.arrayContaining([`sqs:SendMessage ${QUEUE}`, "dynamodb:GetItem arn:a", "dynamodb:GetItem arn:b"]));
  });

  test("does not accept every action of a service", () => {
    const { findings } = lambda({}, (made) => made.allow(["sqs:*"], QUEUE));
    expect(findings).toEqual([expect.stringContaining('sample-int/work: the action "sqs:*" has a wildcard')]);
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
  ])("does not accept every resource: %s", (every) => {
    const { findings } = lambda({}, (made) => made.allow(["sqs:SendMessage"], [every, QUEUE]));
    expect(findings).toEqual([
      expect.stringContaining(`the resource "${every}" would allow sqs:SendMessage on every resource. List the ARNs`),
    ]);
  });

  test.each([
    "arn:aws:s3:::invoices/*",
    "arn:aws:dynamodb:eu-west-1:1:table/orders/index/*",
    "arn:aws:sqs:eu-west-1:1:*-orders",
    `${Lazy.stringValue({ produce: () => "arn" })}/*`,
  ])("accepts every part of one resource: %s", (part) => {
    expect(lambda({}, (made) => made.allow(["dynamodb:GetItem"], part)).findings).toEqual([]);
  });

  test.each(["s3:DeleteBucket", "sqs:DeleteQueue", "iam:PassRole", "sendMessage"])(
    "does not accept %s, which is outside the permissions boundary",
    (action) => {
      const { findings } = lambda({}, (made) => made.allow([action], QUEUE));
      expect(findings).toEqual([expect.stringContaining(`the action "${action}" is outside the permissions boundaries of all domains`)]);
    },
  );

  test("adds to the role's only policy, so that a resource that invokes the lambda can depend on all permissions", () => {
    const { json } = lambda({ idempotent: true, tracing: true }, (made) => made.allow(["sqs:SendMessage"], QUEUE));
    expect(resources(json, "aws_iam_role_policy")).toHaveLength(1);
  });
});

describe("a lambda in the VPC", () => {
  const { json, findings } = lambda({ vpc: true }, (made) => made.allow(["dynamodb:GetItem"], "arn:table"));
  const interfaces = statements(json, resource(json, "aws_iam_role_policy").policy).filter(({ actions }) =>
    actions.includes("ec2:CreateNetworkInterface"),
  );

  test("is in the private subnets and has the lambda security group", () => {
    const { subnet_ids, security_group_ids } = resource(json, "aws_lambda_function").vpc_config;
    expect(referred(json, subnet_ids.replace(/.*, (data[^)]*)\)\}$/, "$${$1}")).name).toBe("/shop/int/shared/v1/privateSubnetIds");
    expect(referred(json, security_group_ids[0]).name).toBe("/shop/int/shared/v1/lambdaSecurityGroupId");
  });

  test("is created after the permission to create its network interfaces", () => {
    expect(interfaces.find(({ effect }) => effect !== "Deny")).toMatchObject({ resources: ["*"] });
    expect(resource(json, "aws_lambda_function").depends_on).toEqual([expect.stringMatching(/^aws_iam_role_policy\./)]);
  });

  test("cannot change network interfaces in its own code, because only the Lambda service is allowed to", () => {
    const { function_name } = resource(json, "aws_lambda_function");
    const [denied, allowed] = interfaces;
    expect(denied).toMatchObject({ effect: "Deny", actions: allowed?.actions, resources: ["*"] });
    const values = [`arn:aws:lambda:eu-west-1:111111111111:function:${function_name}`];
    expect(denied?.condition).toEqual([{ test: "ArnEquals", variable: "lambda:SourceFunctionArn", values }]);
  });

  test("reaches DynamoDB through the free gateway endpoint", () => {
    expect(findings).toEqual([]);
  });

  test("cannot be allowed a service that it does not reach, and the finding lists the three fixes", () => {
    const found = lambda({ vpc: true }, (made) => made.allow(["sqs:SendMessage"], QUEUE)).findings;
    expect(found).toEqual([expect.stringContaining('no route to sqs, so "sqs:SendMessage" would hang until the timeout')]);
    expect(found[0]).toContain('Add "sqs" to the interfaceEndpoints of int, give int NAT, or take the lambda out of the VPC.');
  });

  test.each<[string, Partial<Environment["network"]>]>([
    ["NAT", { nat: "one" }],
    ["an interface endpoint", { interfaceEndpoints: ["sqs"] }],
  ])("reaches a service through %s", (_, changes) => {
    expect(lambda({ vpc: true }, (made) => made.allow(["sqs:SendMessage"], QUEUE), network(changes)).findings).toEqual([]);
  });
});

test("a lambda with tracing is allowed to send its traces", () => {
  const { json, findings } = lambda({ tracing: true });
  expect(resource(json, "aws_lambda_function").tracing_config.mode).toBe("Active");
  expect(allowed(json)).toEqual(expect.arrayContaining(["xray:PutTraceSegments *", "xray:PutTelemetryRecords *"]));
  expect(findings).toEqual([]);
});

describe("idempotent lambdas", () => {
  const { json, findings } = synthDomain((stack) => {
    for (const id of ["first", "second"]) new NodejsFunction(stack, id, { idempotent: true });
  });
  const table = resource(json, "aws_dynamodb_table");

  test("share the one idempotency table of their domain, and have its name", () => {
    expect(findings).toEqual([]);
    for (const { environment } of resources(json, "aws_lambda_function")) {
      expect(referred(json, environment.variables.IDEMPOTENCY_TABLE)).toBe(table);
    }
  });

  test("are allowed to read and write the table, whose items expire", () => {
    for (const { policy } of resources(json, "aws_iam_role_policy")) {
      expect(statements(json, policy)).toContainEqual({
        actions: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
        resources: [expect.stringMatching(/aws_dynamodb_table\.idempotency/)],
      });
    }
    expect(table).toMatchObject({ hash_key: "id", ttl: { enabled: true, attribute_name: "expiration" } });
  });
});

describe("a lambda with an on-failure destination", () => {
  const { json, findings } = lambda({}, (made) => made.addFailureDestination());

  test("sends events that it could not handle to a queue, and is allowed to", () => {
    const { destination_config, qualifier } = resource(json, "aws_lambda_function_event_invoke_config");
    const queue = destination_config.on_failure.destination;
    expect(referred(json, queue).name).toBe("shop-sample-int-work-failures");
    expect(referred(json, qualifier).name).toBe("current");
    expect(allowed(json)).toContain(`sqs:SendMessage ${queue}`);
    expect(findings).toEqual([]);
  });

  test("is retried twice, and for at most six hours", () => {
    const { maximum_retry_attempts, maximum_event_age_in_seconds } = resource(json, "aws_lambda_function_event_invoke_config");
    expect([maximum_retry_attempts, maximum_event_age_in_seconds]).toEqual([2, 21_600]);
  });

  test("has an alarm on that queue", () => {
    expect(alarm(json, "ApproximateNumberOfMessagesVisible").dimensions).toEqual({ QueueName: "shop-sample-int-work-failures" });
  });

  test("has one such queue for all triggers that invoke it", () => {
    const twice = lambda({}, (made) => expect(made.addFailureDestination()).toBe(made.addFailureDestination()));
    expect(twice.findings).toEqual([]);
  });
});

describe("the options of a lambda", () => {
  test.each([1, 900])("accept a timeout of %d s", (timeout) => {
    expect(lambda({ timeout: seconds(timeout) }).findings).toEqual([]);
  });

  test.each([0, 901])("reject a timeout of %d s, and the finding gives the range", (timeout) => {
    expect(lambda({ timeout: seconds(timeout) }).findings).toEqual([
      expect.stringContaining(`sample-int/work: timeout is ${timeout} s, and AWS accepts whole numbers from 1 to 900 s`),
    ]);
  });

  test.each([128, 10_240])("accept %d MB of memory", (memorySize) => {
    expect(lambda({ memorySize }).findings).toEqual([]);
  });

  test.each([127, 10_241])("reject %d MB of memory, and the finding gives the range", (memorySize) => {
    expect(lambda({ memorySize }).findings).toEqual([expect.stringContaining("from 128 to 10240 MB")]);
  });

  test("accept a timeout that only Terraform knows", () => {
    expect(lambda({ timeout: Lazy.numberValue({ produce: () => 9999 }) as never }).findings).toEqual([]);
  });

  test("reject a name that is too long for the function and for its role", () => {
    const { findings } = synthDomain((stack) => void new NodejsFunction(stack, "w".repeat(60)));
    expect(findings).toEqual([expect.stringContaining("the Lambda function name"), expect.stringContaining("the IAM role name")]);
  });
});

describe("logRetentionDays", () => {
  const retentionOf = (json: Json) => resource(json, "aws_cloudwatch_log_group").retention_in_days;

  test("replaces the environment's retention for one lambda, and domain.json says so", () => {
    const { json, findings, stack } = lambda({ logRetentionDays: 365 });
    expect(findings).toEqual([]);
    expect(retentionOf(json)).toBe(365);
    expect(stack.describe().lambdas).toEqual([expect.objectContaining({ name: "work", logRetentionDays: 365 })]);
  });

  test.each([[{}], [{ logRetentionDays: 14 }]])("is not in domain.json if the environment's retention applies: %j", (props) => {
    const { json, findings, stack } = lambda(props);
    expect(findings).toEqual([]);
    expect(retentionOf(json)).toBe(14);
    for (const description of stack.describe().lambdas) expect(description).not.toHaveProperty("logRetentionDays");
  });

  test.each([0, 10, 3654])("of %d days is a finding with the accepted values and the fix", (logRetentionDays) => {
    const accepted = `CloudWatch Logs accepts only ${LOG_RETENTION_DAYS.join(", ")} days`;
    const fix = "Set it to one of these, or leave it out to keep logs for the environment's 14 days";
    expect(lambda({ logRetentionDays }).findings).toEqual([
      `sample-int/work: logRetentionDays is ${logRetentionDays} days, but ${accepted}. ${fix}.`,
    ]);
  });
});
