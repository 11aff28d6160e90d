import type { Danger } from "../../../../scripts/terraform/dangers/danger";
import { dangersOf } from "../../../../scripts/terraform/dangers/dangers";
import { HOLDS_DATA, HOLDS_NOTHING } from "../../../../scripts/terraform/dangers/data-loss";
import type { DangerousChange, DangerousPlan } from "../../../../scripts/terraform/dangers/planned-change";
import { FOUNDATION_TYPES } from "../../../../shared/foundation/roles/foundation-permissions";
import { DOMAIN_TYPES } from "../../../../shared/foundation/roles/permissions";

type Values = Record<string, unknown>;
type Part = Partial<DangerousChange["change"]>;

const MARKS = { after_unknown: {}, before_sensitive: {}, after_sensitive: {} };

/** A change of `<type>.x`, as `terraform show -json` describes it. */
function resource(type: string, change: Part & { actions: string[] }, parts: Partial<DangerousChange> = {}): DangerousChange {
  return { address: `${type}.x`, mode: "managed", type, ...parts, change: { before: null, after: null, ...MARKS, ...change } };
}

const created = (type: string, after: Values, change: Part = {}) =>
  resource(type, { actions: ["create"], after, before_sensitive: false, ...change });
const updated = (type: string, [before, after]: [Values, Values], change: Part = {}) =>
  resource(type, { actions: ["update"], before, after, ...change });
const replaced = (type: string, [before, after]: [Values, Values], change: Part = {}) =>
  resource(type, { actions: ["delete", "create"], before, after, ...change });
const destroyed = (type: string, before: Values = {}) => resource(type, { actions: ["delete"], before, after_sensitive: false });
const unchanged = (type: string, values: Values) => resource(type, { actions: ["no-op"], before: values, after: values });

const dangers = (...resource_changes: DangerousChange[]) => dangersOf("orders-int", { resource_changes });
const texts = (...changes: DangerousChange[]) => dangers(...changes).map(({ kind, text }) => `${kind}: ${text}`);
/** Something that stays, so that the stack does not lose everything. */
const STAYS = unchanged("aws_lambda_function", { arn: "arn:aws:lambda:eu-west-1:111111111111:function:f" });

const policy = (...statements: Values[]) => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const ALLOW = { Effect: "Allow", Action: "sqs:SendMessage", Resource: "arn:q" };
const DENY = {
  Effect: "Deny",
  Principal: "*",
  Action: "sqs:*",
  Resource: "arn:q",
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};
const EVERYONE = { ...ALLOW, Principal: "*" };
const TOPIC = { ...ALLOW, Principal: { Service: "sns.amazonaws.com" } };

test("a plan without changes has no dangers", () => {
  expect(dangersOf("orders-int", {})).toEqual([]);
  expect(dangers(STAYS, { ...destroyed("aws_sqs_queue"), mode: "data" })).toEqual([]);
});

describe("the loss of data", () => {
  test("every type of resource that the project can have is known to hold data, or to hold nothing", () => {
    for (const type of Object.keys({ ...DOMAIN_TYPES, ...FOUNDATION_TYPES })) {
      expect([type, HOLDS_NOTHING.includes(type) !== type in HOLDS_DATA]).toEqual([type, true]);
    }
    expect(HOLDS_NOTHING.filter((type) => type in HOLDS_DATA)).toEqual([]);
    expect([...new Set(HOLDS_NOTHING)]).toEqual(HOLDS_NOTHING);
  });

  test("is a danger of what is destroyed, and is named by its address", () => {
    const found: Danger[] = [{ name: "aws_sqs_queue.x", kind: "data", text: "destroys the queue and its messages" }];
    expect(dangers(destroyed("aws_sqs_queue"), STAYS)).toEqual(found);
  });

  test("is a danger of a type that nobody has heard of", () => {
    expect(texts(destroyed("aws_brain"), STAYS)).toEqual(["data: destroys a resource of the type aws_brain and whatever it holds"]);
  });

  test("is not a danger if the resource holds nothing, was never completely created, or is only forgotten", () => {
    const tainted = { ...replaced("aws_sqs_queue", [{}, {}]), action_reason: "replace_because_tainted" };
    const forgotten = resource("aws_sqs_queue", { actions: ["forget"], before: {} });
    expect(texts(destroyed("aws_lambda_function"), tainted, forgotten, STAYS)).toEqual([]);
  });

  test("names what forces a replacement, each once, with its values", () => {
    const values: [Values, Values] = [
      { hash_key: "orderId", range_key: null },
      { hash_key: "id", range_key: "at" },
    ];
    const table = (...replace_paths: string[][]) => texts(replaced("aws_dynamodb_table", values, { replace_paths }));
    expect(table(["hash_key"])).toEqual(["data: hash_key (orderId → id) replaces the table and its data"]);
    expect(table(["range_key"], ["hash_key"], ["hash_key"])).toEqual([
      "data: hash_key (orderId → id), range_key (none → at) replace the table and its data",
    ]);
    expect(table()).toEqual(["data: replaces the table and its data"]);
  });

  test("shows no value that is sensitive, long, no text or number, or of an environment", () => {
    const show = (value: unknown, change: Part = {}, name = "key") =>
      texts(replaced("aws_brain", [{ [name]: value }, { [name]: "new" }], { replace_paths: [[name]], ...change }))[0];
    const hidden = /^data: (key|environment) replaces/;
    expect(show("old")).toMatch(/^data: key \(old → new\) replaces/);
    expect(show("old", { before_sensitive: { key: true } })).toMatch(hidden);
    expect(show("old", { after_sensitive: { key: [{ part: true }] } })).toMatch(hidden);
    expect(show("old", { before_sensitive: true })).toMatch(hidden);
    expect(show("old", { before_sensitive: undefined })).toMatch(hidden);
    expect(show("o".repeat(41))).toMatch(hidden);
    expect(show({ old: 1 })).toMatch(hidden);
    expect(show("old", {}, "environment")).toMatch(hidden);
  });
});

describe("data that is kept for less time", () => {
  test.each<[string, Values, Values, string]>([
    [
      "aws_sqs_queue",
      { message_retention_seconds: 1_209_600 },
      { message_retention_seconds: 60 },
      "message_retention_seconds (1209600 → 60)",
    ],
    ["aws_kinesis_stream", { retention_period: 168 }, { retention_period: 24 }, "retention_period (168 → 24)"],
    ["aws_cloudwatch_log_group", { retention_in_days: 90 }, { retention_in_days: 1 }, "retention_in_days (90 → 1)"],
    // 0 means forever.
    ["aws_cloudwatch_log_group", { retention_in_days: 0 }, { retention_in_days: 90 }, "retention_in_days (0 → 90)"],
  ])("of %s from %j to %j is a danger", (type, before, after, text) => {
    expect(texts(updated(type, [before, after]))).toEqual([`data: ${text} deletes what is older`]);
    expect(texts(updated(type, [after, before]))).toEqual([]);
  });

  test("can be the items of a table that gets a time to live", () => {
    const ttl = (enabled: boolean) => ({ ttl: [{ enabled, attribute_name: "expires" }] });
    expect(texts(updated("aws_dynamodb_table", [ttl(false), ttl(true)]))).toEqual([
      "data: ttl deletes items when the time in expires has passed",
    ]);
    expect(texts(updated("aws_dynamodb_table", [ttl(true), ttl(false)]))).toEqual([]);
  });

  test("can be the objects of a bucket that exists and gets a rule which expires them", () => {
    const rules = (...ids: string[]) => ({ bucket: "b", rule: ids.map((id) => ({ id, status: "Enabled", expiration: [{ days: 1 }] })) });
    const type = "aws_s3_bucket_lifecycle_configuration";
    expect(texts(updated(type, [rules("old"), rules("old", "new")]))).toEqual(["data: the lifecycle rule new deletes objects"]);
    expect(texts(updated(type, [rules("old", "new"), rules("old")]))).toEqual([]);
    expect(texts(created(type, rules("new")))).toEqual(["data: the lifecycle rule new deletes objects"]);
    expect(texts(created("aws_s3_bucket", { bucket: "b" }), created(type, rules("new")))).toEqual([]);
  });
});

describe("the loss of everything", () => {
  const everything = (...changes: DangerousChange[]) => dangers(...changes).filter(({ kind }) => kind === "everything");
  const queue = destroyed("aws_sqs_queue");
  const role = destroyed("aws_iam_role");

  test("is a danger with the id of the stack, beside the loss of data", () => {
    expect(dangers(queue, role)).toEqual([
      { name: "orders-int", kind: "everything", text: "destroys everything in the stack: 2 resources" },
      { name: "aws_sqs_queue.x", kind: "data", text: "destroys the queue and its messages" },
    ]);
    expect(everything(role, resource("aws_sqs_queue", { actions: ["forget"], before: {} }))).toHaveLength(1);
  });

  test("is not a danger if something stays, changes, is created or is replaced", () => {
    const others = [STAYS, updated("aws_iam_role", [{}, {}]), created("aws_iam_role", {}), replaced("aws_iam_role", [{}, {}])];
    for (const other of others) expect(everything(queue, role, other)).toEqual([]);
    expect(everything(resource("aws_sqs_queue", { actions: ["forget"], before: {} }))).toEqual([]);
  });
});

describe("a policy that allows more", () => {
  const role = (before: Values, after: Values, change: Part = {}) =>
    texts(
      updated(
        "aws_iam_role_policy",
        [
          { role: "r", ...before },
          { role: "r", ...after },
        ],
        change,
      ),
    );

  test("is a danger if its resource is updated or replaced", () => {
    const values: [Values, Values] = [{ policy: policy() }, { policy: policy(ALLOW) }];
    expect(texts(updated("aws_iam_policy", values))).toEqual(["permissions: policy allows more: sqs:SendMessage on arn:q"]);
    expect(texts(replaced("aws_vpc_endpoint", values))).toEqual(["permissions: policy allows more: sqs:SendMessage on arn:q"]);
    expect(role({ policy: policy(ALLOW, DENY) }, { policy: policy(ALLOW) })).toEqual([
      "permissions: policy denies less: sqs:* on arn:q for everyone",
    ]);
    expect(role({ policy: policy(ALLOW) }, { policy: policy({ ...ALLOW, Sid: "new" }) })).toEqual([]);
  });

  test("is found in every attribute that has policies", () => {
    const trust = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: "222222222222" } };
    const found = (name: string, after: unknown) => texts(updated("aws_any", [{ [name]: undefined }, { [name]: after }]));
    expect(found("assume_role_policy", policy(trust))).toEqual([
      "permissions: assume_role_policy allows more: sts:AssumeRole for 222222222222",
    ]);
    expect(found("inline_policy", [{ name: "a", policy: policy(ALLOW) }])).toEqual([
      "permissions: inline_policy allows more: sqs:SendMessage on arn:q",
    ]);
    expect(found("of_the_future", policy(ALLOW))).toHaveLength(1);
    expect(found("redrive_policy", '{"maxReceiveCount":5}')).toEqual([]);
  });

  test("is a danger if its text is known only after the apply, or cannot be read", () => {
    expect(role({ policy: policy() }, {}, { after_unknown: { policy: true } })).toEqual([
      "permissions: policy is known only after the apply, so it may allow more",
    ]);
    expect(role({ policy: "?" }, { policy: policy() })).toEqual(["permissions: policy cannot be compared, so it may allow more"]);
    expect(role({ policy: "?" }, { policy: "?" })).toEqual([]);
  });

  test("is not a danger if only AWS chooses its text, because the code has none", () => {
    const queue = replaced("aws_sqs_queue", [{ policy: "" }, {}], { after_unknown: { policy: true } });
    const plan = (expressions: Record<string, object> = {}): DangerousPlan => ({
      resource_changes: [queue],
      configuration: { root_module: { resources: [{ address: queue.address, expressions }] } },
    });
    const kinds = (whole: DangerousPlan) => dangersOf("orders-int", whole).map(({ kind }) => kind);
    expect(kinds(plan())).toEqual(["data"]);
    expect(kinds(plan({ policy: {} }))).toEqual(["data", "permissions"]);
  });

  test("shows nothing of a sensitive text", () => {
    expect(role({ policy: policy() }, { policy: policy(ALLOW, EVERYONE) }, { after_sensitive: { policy: true } })).toEqual([
      "permissions: policy allows more: its text is sensitive",
      "public: policy is open to everyone: its text is sensitive",
    ]);
  });

  test("counts as new if it was the policy of another role", () => {
    const moved = replaced("aws_iam_role_policy", [
      { role: "a", policy: policy(ALLOW) },
      { role: "b", policy: policy(ALLOW) },
    ]);
    expect(texts(moved)).toEqual(["permissions: policy allows more: sqs:SendMessage on arn:q"]);
  });
});

test("a policy that Terraform reads only after the apply is compared by the statements that are planned", () => {
  const role = { role: "r" };
  const old = JSON.stringify({ Statement: [{ Effect: "Allow", Action: "logs:PutLogEvents", Resource: "arn:logs:*" }] });
  const resourceWith = updated("aws_iam_role_policy", [{ ...role, policy: old }, role], { after_unknown: { policy: true } });
  const document = (statement: Values, unknown: unknown = [{}]) =>
    resource(
      "aws_iam_policy_document",
      { actions: ["read"], after: { statement: [statement] }, after_unknown: { statement: unknown } },
      { address: "data.aws_iam_policy_document.d", mode: "data" },
    );
  const configuration = {
    root_module: {
      resources: [
        {
          address: "aws_iam_role_policy.x",
          expressions: { policy: { references: ["data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.d"] }, role: {} },
        },
      ],
    },
  };
  const found = (read: DangerousChange) =>
    dangersOf("orders-int", { resource_changes: [resourceWith, read, STAYS], configuration }).map(({ text }) => text);
  const same = { actions: ["logs:PutLogEvents"], resources: ["arn:logs:*"], effect: null };
  expect(found(document(same))).toEqual([]);
  expect(found(document({ ...same, actions: ["logs:PutLogEvents", "sqs:SendMessage"] }))).toEqual([
    "policy allows more: sqs:SendMessage on arn:logs:*",
  ]);
  expect(found(document(same, [{ resources: [true] }]))).toEqual(["policy is known only after the apply, so it may allow more"]);
});

describe("a created policy", () => {
  const UNKNOWN = { after_unknown: { role: true } };
  const of = (role: string) => created("aws_iam_role_policy", { role, policy: policy(ALLOW) });
  const withReferences = (references: string[], ...resource_changes: DangerousChange[]) =>
    dangersOf("orders-int", {
      resource_changes: [created("aws_iam_role_policy", { policy: policy(ALLOW) }, UNKNOWN), ...resource_changes],
      configuration: { root_module: { resources: [{ address: "aws_iam_role_policy.x", expressions: { role: { references } } }] } },
    });

  test("is a danger if what it belongs to exists already", () => {
    const widened = ["permissions: policy allows more: sqs:SendMessage on arn:q"];
    expect(texts(of("r"), unchanged("aws_iam_role", { name: "r" }))).toEqual(widened);
    expect(texts(of("r"), created("aws_sqs_queue", { name: "r" }))).toEqual(widened);
    expect(texts(of("r"), created("aws_iam_role", { name: "r" }))).toEqual([]);
    expect(texts(created("aws_sqs_queue_policy", { queue_url: "q", policy: policy(DENY) }))).toEqual([]);
    expect(texts(created("aws_ecr_repository_policy", { policy: policy(TOPIC) }))).toHaveLength(1);
  });

  test("belongs to what the code says, if the name of that is known only after the apply", () => {
    const references = ["aws_iam_role.x.id", "aws_iam_role.x"];
    const role = created("aws_iam_role", { name: "r" });
    expect(withReferences(references, role)).toEqual([]);
    expect(withReferences(references, { ...role, address: "aws_iam_role.x[0]" })).toEqual([]);
    expect(withReferences(["aws_iam_role.xy.id", "aws_iam_role.xy"], role)).toHaveLength(1);
    expect(withReferences([...references, "data.aws_iam_role.old"], role)).toHaveLength(1);
    expect(withReferences(references, replaced("aws_iam_role", [{}, {}]))).toHaveLength(1);
    expect(texts(created("aws_iam_role_policy", { policy: policy(ALLOW) }, UNKNOWN), role)).toHaveLength(1);
  });

  test("is not a danger as part of something new, also if its text is not known yet", () => {
    expect(texts(created("aws_sqs_queue", { policy: policy(TOPIC) }))).toEqual([]);
    expect(texts(created("aws_iam_policy", {}, { after_unknown: { policy: true } }))).toEqual([]);
    expect(texts(created("aws_s3_bucket_policy", { bucket: "b" }, { after_unknown: { policy: true } }))).toHaveLength(1);
  });

  test("can also be one that exists, and is attached to a role that exists", () => {
    const attachment = created("aws_iam_role_policy_attachment", { role: "r", policy_arn: "arn:admin" });
    expect(texts(attachment)).toEqual(["permissions: attaches arn:admin to what exists already"]);
    expect(texts(attachment, created("aws_iam_role", { name: "r" }))).toEqual([]);
    const [before, after] = [{ roles: ["r"] }, { roles: ["r", "s"] }];
    expect(texts(updated("aws_iam_policy_attachment", [before, after]))).toHaveLength(1);
    expect(texts(updated("aws_iam_policy_attachment", [before, before], { after_unknown: { policy_arn: true } }))).toEqual([
      "permissions: attaches something that is known only after the apply to what exists already",
    ]);
    expect(texts(updated("aws_iam_policy_attachment", [before, before]))).toEqual([]);
    const listed = (...managed_policy_arns: string[]) => ({ managed_policy_arns });
    expect(texts(updated("aws_iam_role", [listed("a"), listed("a", "b")]))).toEqual(["permissions: managed_policy_arns has more policies"]);
    expect(texts(updated("aws_iam_role", [listed("a", "b"), listed("b")]), created("aws_iam_role", listed("a")))).toEqual([]);
  });
});

describe("a destroyed policy", () => {
  const ofBucket = (...statements: Values[]) => destroyed("aws_s3_bucket_policy", { bucket: "b", policy: policy(...statements) });

  test("is a danger if it denied something, and its bucket stays", () => {
    const found = ["permissions: policy denies less: sqs:* on arn:q for everyone"];
    expect(texts(ofBucket(DENY), STAYS)).toEqual(found);
    expect(
      texts(ofBucket(DENY), replaced("aws_s3_bucket", [{ bucket: "b" }, { bucket: "b" }])).filter((text) => !/^data/.test(text)),
    ).toEqual(found);
    expect(texts(destroyed("aws_s3_bucket_policy", { policy: policy(DENY) }), destroyed("aws_s3_bucket"), STAYS)).toEqual(
      expect.arrayContaining(found),
    );
    expect(texts(ofBucket(TOPIC), STAYS)).toEqual([]);
  });

  test("is not a danger beside the loss of its bucket", () => {
    expect(texts(ofBucket(DENY), destroyed("aws_s3_bucket", { bucket: "b" }), STAYS)).toEqual([
      "data: destroys the bucket and its objects",
    ]);
    expect(texts(destroyed("aws_iam_policy", { policy: policy(DENY) }), STAYS)).toEqual([]);
  });
});

test("a role whose permissions boundary is removed or changes is a danger, and one that gets its first is not", () => {
  const role = (before: Values, after: Values, change: Part = {}) => texts(updated("aws_iam_role", [before, after], change));
  const [one, other] = [{ permissions_boundary: "one" }, { permissions_boundary: "other" }];
  expect(role(one, {})).toEqual(["permissions: loses its permissions boundary"]);
  expect(role(one, other)).toEqual(["permissions: gets another permissions boundary"]);
  expect(role(one, {}, { after_unknown: { permissions_boundary: true } })).toEqual(["permissions: may get another permissions boundary"]);
  expect([...role({}, one), ...role(one, one), ...texts(destroyed("aws_iam_role", one), STAYS)]).toEqual([]);
});

describe("a permission to invoke a function", () => {
  const permission = (after: Values, change: Part = {}) =>
    texts(created("aws_lambda_permission", { action: "lambda:InvokeFunction", ...after }, change), STAYS);

  test.each([
    ["a service for any account", { principal: "s3.amazonaws.com" }, "permissions: … s3.amazonaws.com on behalf of any account"],
    ["an account", { principal: "222222222222", source_arn: "a" }, "permissions: … 222222222222, of another account"],
    [
      "a role of an account",
      { principal: "arn:aws:iam::222222222222:role/a" },
      "permissions: … arn:aws:iam::222222222222:role/a, of another account",
    ],
    ["everyone", { principal: "*" }, "public: … everyone"],
    ["everyone under a condition", { principal: "*", principal_org_id: "o-1" }, "permissions: … everyone who meets its conditions"],
  ])("is a danger for %s", (_, after, text) => {
    expect(permission(after)).toEqual([text.replace("…", "allows lambda:InvokeFunction for")]);
  });

  test("is a danger for a principal that is not known yet", () => {
    expect(permission({ source_arn: "a" }, { after_unknown: { principal: true } })).toEqual([
      "permissions: allows lambda:InvokeFunction for something that is known only after the apply",
    ]);
  });

  test("is shown without a sensitive value", () => {
    expect(permission({ principal: "222222222222" }, { after_sensitive: { principal: true } })).toEqual([
      "permissions: allows lambda:InvokeFunction for something sensitive, of another account",
    ]);
  });

  test("is not a danger for a service with a source, or for the own account", () => {
    expect(permission({ principal: "s3.amazonaws.com", source_account: "111111111111" })).toEqual([]);
    expect(permission({ principal: "s3.amazonaws.com" }, { after_unknown: { source_arn: true } })).toEqual([]);
    expect(permission({ principal: "arn:aws:iam::111111111111:role/a" })).toEqual([]);
  });

  test("is not a danger if it stays what it was", () => {
    const values = { action: "lambda:InvokeFunction", principal: "*" };
    expect(texts(replaced("aws_lambda_permission", [values, values]), destroyed("aws_lambda_permission", values), STAYS)).toEqual([]);
  });
});

describe("something that is open to everyone", () => {
  const ROUTE = "aws_apigatewayv2_route";
  const route = (authorization_type?: string) => ({ route_key: "POST /orders", authorization_type });
  const OPEN = ["public: POST /orders is open to anyone"];

  test("can be a route: a new one, or one that loses its authorization", () => {
    expect(texts(created(ROUTE, route("NONE")))).toEqual(OPEN);
    expect(texts(created(ROUTE, route()))).toEqual(OPEN);
    expect(texts(updated(ROUTE, [route("JWT"), route("NONE")]))).toEqual(OPEN);
    expect(texts(updated(ROUTE, [{ ...route("NONE"), route_key: "GET /" }, route("NONE")]))).toEqual(OPEN);
    expect(texts(created(ROUTE, route(), { after_unknown: { authorization_type: true } }))).toEqual([
      "public: POST /orders may be open to anyone",
    ]);
  });

  test("is not a danger if it was open before, or is not open", () => {
    const changes = [
      updated(ROUTE, [route("NONE"), { ...route("NONE"), target: "new" }]),
      updated(ROUTE, [route("NONE"), route("JWT")]),
      created(ROUTE, route("AWS_IAM")),
      destroyed(ROUTE, route("NONE")),
    ];
    expect(texts(...changes)).toEqual([]);
  });

  test("can be the URL of a function", () => {
    expect(texts(created("aws_lambda_function_url", { authorization_type: "NONE" }))).toEqual([
      "public: the URL of the function is open to anyone",
    ]);
    expect(texts(created("aws_lambda_function_url", { authorization_type: "AWS_IAM" }))).toEqual([]);
  });

  test("can be a policy that allows something to everyone, also of something new", () => {
    const open = ["public: policy is open to everyone: sqs:SendMessage on arn:q"];
    expect(texts(created("aws_sqs_queue", { policy: policy(EVERYONE, TOPIC) }))).toEqual(open);
    expect(
      texts(
        updated("aws_sns_topic_policy", [
          { arn: "t", policy: policy(TOPIC) },
          { arn: "t", policy: policy(EVERYONE) },
        ]),
      ),
    ).toEqual(open);
    expect(texts(updated("aws_sqs_queue", [{ policy: policy(EVERYONE) }, { policy: policy(EVERYONE, TOPIC) }]))).toEqual([]);
    const ownAccount = { StringEquals: { "aws:SourceAccount": "111111111111" } };
    expect(texts(created("aws_sqs_queue", { policy: policy({ ...EVERYONE, Condition: ownAccount }) }))).toEqual([]);
    // Whoever uses TLS is everyone.
    expect(texts(created("aws_sqs_queue", { policy: policy({ ...EVERYONE, Condition: DENY.Condition }) }))).toEqual(open);
  });

  test("can be a method of a REST API, a bus, and a bucket by its ACL", () => {
    expect(texts(created("aws_api_gateway_method", { authorization: "NONE", http_method: "GET" }))).toEqual([
      "public: GET is open to anyone",
    ]);
    expect(texts(created("aws_cloudwatch_event_permission", { principal: "*" }))).toEqual(["public: allows everyone to send events"]);
    expect(texts(created("aws_cloudwatch_event_permission", { principal: "*", condition: [{ key: "aws:PrincipalOrgID" }] }))).toEqual([
      "permissions: allows everyone who meets its condition to send events",
    ]);
    expect(texts(updated("aws_s3_bucket_acl", [{ acl: "private" }, { acl: "public-read" }]))).toEqual([
      "public: the bucket's ACL is public-read",
    ]);
    expect(texts(updated("aws_s3_bucket_acl", [{ acl: "public-read" }, { acl: "private" }]))).toEqual([]);
  });

  test("can be an API whose authorizer lets in others", () => {
    const issuer = (url: string) => ({ jwt_configuration: [{ issuer: url }] });
    expect(texts(updated("aws_apigatewayv2_authorizer", [issuer("a"), issuer("b")]))).toEqual([
      "permissions: decides otherwise who may call",
    ]);
    expect(texts(updated("aws_apigatewayv2_authorizer", [issuer("a"), { ...issuer("a"), name: "b" }]))).toEqual([]);
  });

  test("can be a bucket that loses its protection", () => {
    const BLOCK = "aws_s3_bucket_public_access_block";
    const on = { bucket: "b", block_public_acls: true, block_public_policy: true };
    const lost = ["public: the bucket loses block_public_policy"];
    expect(texts(updated(BLOCK, [on, { ...on, block_public_policy: false }]))).toEqual(lost);
    expect(
      texts(updated(BLOCK, [on, { ...on, block_public_policy: undefined }], { after_unknown: { block_public_policy: true } })),
    ).toEqual(lost);
    expect(texts(destroyed(BLOCK, on), STAYS)).toEqual(["public: the bucket loses block_public_acls, block_public_policy"]);
    expect(texts(destroyed(BLOCK, on), destroyed("aws_s3_bucket", { id: "b" }), STAYS)).toEqual([
      "data: destroys the bucket and its objects",
    ]);
    expect(texts(updated(BLOCK, [{ ...on, block_public_policy: false }, on]))).toEqual([]);
  });

  const GROUP = "aws_security_group";
  const rule = (from_port: number, to_port: number, range = "0.0.0.0/0") => ({
    protocol: "tcp",
    from_port,
    to_port,
    ...(range.includes(":") ? { ipv6_cidr_blocks: [range] } : { cidr_blocks: ["10.0.0.0/8", range] }),
  });
  const group = (...ingress: Values[]) => ({ ingress });

  test("can be a port, in a security group or in a rule of its own", () => {
    expect(texts(created(GROUP, group(rule(443, 443))))).toEqual(["public: tcp 443 is open to 0.0.0.0/0"]);
    expect(texts(updated(GROUP, [group(), group(rule(80, 90, "::/0"))]))).toEqual(["public: tcp 80-90 is open to ::/0"]);
    expect(texts(updated(GROUP, [group(rule(443, 443)), group(rule(443, 444))]))).toEqual(["public: tcp 443-444 is open to 0.0.0.0/0"]);
    expect(texts(updated(GROUP, [group(rule(22, 22, "::/0")), group(rule(22, 22))]))).toEqual(["public: tcp 22 is open to 0.0.0.0/0"]);
    expect(texts(created("aws_security_group_rule", { ...rule(22, 22), type: "ingress" }))).toEqual([
      "public: tcp 22 is open to 0.0.0.0/0",
    ]);
    expect(texts(created("aws_vpc_security_group_ingress_rule", { cidr_ipv6: "::/0", ip_protocol: "-1" }))).toEqual([
      "public: every port is open to ::/0",
    ]);
    const sensitive = { after_sensitive: { ingress: true } };
    expect(texts(created(GROUP, group(rule(443, 443)), sensitive))).toEqual(["public: a port is open to every address"]);
  });

  test("is not a danger if the port was open before, is open to some addresses only, or leads outside", () => {
    const everything = { protocol: "-1", from_port: 0, to_port: 0, cidr_blocks: ["0.0.0.0/0"] };
    const changes = [
      updated(GROUP, [group(rule(1, 500)), group(rule(443, 443))]),
      updated(GROUP, [group(everything), group(rule(443, 443))]),
      created(GROUP, group(rule(443, 443, "192.168.0.0/16"))),
      created(GROUP, { egress: [everything] }),
      created(GROUP, {}, { after_unknown: { ingress: true } }),
      created("aws_security_group_rule", { ...everything, type: "egress" }),
      destroyed(GROUP, group(everything)),
    ];
    expect(texts(...changes)).toEqual([]);
  });
});

test("in a redacted plan, what is not shown may allow more", () => {
  const hidden = { policy: true, value: true };
  const marks = { before_sensitive: hidden, after_sensitive: hidden };
  const parameter = updated("aws_ssm_parameter", [{ value: null }, { value: null }], { before_sensitive: { value: true } });
  const queue = updated("aws_sqs_queue", [{ policy: null }, { policy: null }], marks);
  const whole = updated("aws_lambda_permission", [{}, {}], { after_sensitive: true });
  const redactedTexts = (isRedacted: boolean) =>
    dangersOf("orders-int", { resource_changes: [parameter, queue, whole], isRedacted }).map(({ kind, text }) => `${kind}: ${text}`);
  expect(redactedTexts(true)).toEqual([
    "permissions: policy is sensitive and not shown, so it may allow more",
    "permissions: everything in it is sensitive and not shown, so it may allow more",
  ]);
  expect(redactedTexts(false)).toEqual([]);
});

test("a resource can have several dangers", () => {
  const queue = replaced("aws_sqs_queue", [{ policy: policy(DENY) }, { policy: policy(EVERYONE) }]);
  expect(dangers(queue).map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    "aws_sqs_queue.x data",
    "aws_sqs_queue.x permissions",
    "aws_sqs_queue.x public",
  ]);
});

test("a text is one line without control characters, because names come from AWS", () => {
  const changed = updated("aws_iam_policy", [{ policy: policy() }, { policy: policy({ ...ALLOW, Resource: "a\u001b[2Kb\nc" }) }]);
  expect(texts(changed)).toEqual(["permissions: policy allows more: sqs:SendMessage on ab c"]);
});
