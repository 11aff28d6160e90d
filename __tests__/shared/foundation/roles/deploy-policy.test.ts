import { Foundation } from "../../../../shared/foundation/foundation";
import { deployPolicy } from "../../../../shared/foundation/roles/deploy-policy";
import type { DeployPhase } from "../../../../shared/naming";
import { loadProject } from "../../../../shared/stack/config";
import { allows, type RequestKeys } from "../../../harness/iam";
import { config, stackProps, testApp } from "../../../harness/synth";

const ACCOUNT = "111111111111";
const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:${ACCOUNT}:${resource}`;
const role = (path: string) => `arn:aws:iam::${ACCOUNT}:role/${path}`;
const api = (path: string) => `arn:aws:apigateway:eu-west-1::${path}`;

/** The policy of a role that deploys a domain. */
function policyFor(domain: string, phase: DeployPhase, environment: "int" | "live" = "int", changes: object = {}) {
  const project = loadProject({ ...config, ...changes });
  const found = project.environments.find(({ name }) => name === environment) ?? stackProps().environment;
  const stack = new Foundation(testApp(), "shared", { ...stackProps(), project, environment: { ...found, account: ACCOUNT } });
  return deployPolicy(stack, { project: project.name, domain, environment }, phase);
}

/** The tags that a resource of a domain has, or that a request gives it. */
function tagsOf(domain: string, key: "aws:RequestTag" | "aws:ResourceTag", environment = "int"): RequestKeys {
  return { [`${key}/project`]: "shop", [`${key}/domain`]: domain, [`${key}/environment`]: environment };
}

const apply = policyFor("orders", "apply");
const plan = policyFor("orders", "plan");
const smoke = policyFor("orders", "smoke");

/** One call of each kind of trigger that changes something, with the resource for a domain. */
const CHANGES: [string, (domain: string, environment?: string) => string, ((domain: string) => RequestKeys)?][] = [
  ["sqs:SetQueueAttributes", (domain, environment = "int") => arn("sqs", `shop-${domain}-${environment}-placed`)],
  ["sns:SetTopicAttributes", (domain, environment = "int") => arn("sns", `shop-${domain}-${environment}-issued`)],
  ["dynamodb:UpdateTable", (domain, environment = "int") => arn("dynamodb", `table/shop-${domain}-${environment}-entries`)],
  ["kinesis:UpdateShardCount", (domain, environment = "int") => arn("kinesis", `stream/shop-${domain}-${environment}-happenings`)],
  ["s3:PutBucketPolicy", (domain, environment = "int") => `arn:aws:s3:::shop-${domain}-${environment}-documents-${ACCOUNT}`],
  ["s3:DeleteObject", (domain, environment = "int") => `arn:aws:s3:::shop-${domain}-${environment}-documents-${ACCOUNT}/a/b`],
  ["scheduler:UpdateSchedule", (domain, environment = "int") => arn("scheduler", `schedule/default/shop-${domain}-${environment}-daily`)],
  [
    "events:PutRule",
    (domain, environment = "int") => arn("events", `rule/shop-shared-${environment}-events/shop-${domain}-${environment}-recorded`),
  ],
  ["lambda:UpdateFunctionCode", (domain, environment = "int") => arn("lambda", `function:shop-${domain}-${environment}-record`)],
  ["logs:PutRetentionPolicy", (domain, environment = "int") => arn("logs", `log-group:/aws/lambda/shop-${domain}-${environment}-record`)],
  ["cloudwatch:PutMetricAlarm", (domain, environment = "int") => arn("cloudwatch", `alarm:shop-${domain}-${environment}-errors`)],
  [
    "cloudwatch:PutDashboard",
    (domain, environment = "int") => `arn:aws:cloudwatch::${ACCOUNT}:dashboard/shop-${domain}-${environment}-dashboard`,
  ],
  ["ssm:PutParameter", (domain, environment = "int") => arn("ssm", `parameter/shop/${environment}/${domain}/v1/queueUrl`)],
  ["iam:UpdateRole", (domain, environment = "int") => role(`shop/${environment}/${domain}/shop-${domain}-${environment}-record`)],
  ["apigateway:PATCH", () => api("/apis/a1b2c3"), (domain) => tagsOf(domain, "aws:ResourceTag")],
  ["apigateway:PATCH", () => api("/apis/a1b2c3/stages/$default"), (domain) => tagsOf(domain, "aws:ResourceTag")],
  ["apigateway:DELETE", () => api("/apis/a1b2c3/routes/r1"), (domain) => tagsOf(domain, "aws:ResourceTag")],
  [
    "lambda:UpdateEventSourceMapping",
    () => arn("lambda", "event-source-mapping:7f2c"),
    (domain) => ({ "lambda:FunctionArn": arn("lambda", `function:shop-${domain}-int-record`), ...tagsOf(domain, "aws:ResourceTag") }),
  ],
];

describe("the apply role of a domain changes what its own domain has, and nothing of another domain or environment", () => {
  test.each(CHANGES)("%s (%#)", (action, resourceOf, keysOf = () => ({})) => {
    expect(allows(apply, action, resourceOf("orders"), keysOf("orders"))).toBe(true);
    expect(allows(apply, action, resourceOf("ledger"), keysOf("ledger"))).toBe(false);
    expect(allows(apply, action, resourceOf("shared"), keysOf("shared"))).toBe(false);
    const ofOtherEnvironment = resourceOf("orders", "live");
    if (ofOtherEnvironment !== resourceOf("orders")) expect(allows(apply, action, ofOtherEnvironment, keysOf("orders"))).toBe(false);
  });

  test.each(CHANGES)("a plan role does not: %s (%#)", (action, resourceOf, keysOf = () => ({})) => {
    expect(allows(plan, action, resourceOf("orders"), keysOf("orders"))).toBe(false);
  });

  test.each(CHANGES)("a smoke role does not, except for the object that it deletes: %s (%#)", (action, resourceOf, keysOf = () => ({})) => {
    expect(allows(smoke, action, resourceOf("orders"), keysOf("orders"))).toBe(action === "s3:DeleteObject");
  });

  test("an API of another environment in the same account has the tags of that environment", () => {
    const ofLive = tagsOf("orders", "aws:ResourceTag", "live");
    expect(allows(apply, "apigateway:PATCH", api("/apis/a1b2c3"), ofLive)).toBe(false);
  });
});

test("a plan role only reads, but for the lock of its state and its saved plan", () => {
  for (const domain of ["orders", "shared"]) {
    const { Statement } = policyFor(domain, "plan", "int", { state: { kind: "s3" } });
    const writing = Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action, Resource }) => {
      const actions = [Action].flat().filter((action) => !/:(Get|List|Describe)|^apigateway:GET$/.test(action));
      return actions.flatMap((action) =>
        [Resource]
          .flat()
          .filter((resource) => resource.startsWith(`arn:aws:${action.split(":")[0]}:`))
          .map((resource) => `${action} ${resource.replace(/^.*?state-\d+\//, "")}`),
      );
    });
    const keys = [`plans/pull-request/${domain}/*`, `state/${domain}.tfstate.tflock`];
    expect(writing.filter((line) => !keys.includes(line.split(" ")[1] ?? ""))).toEqual([]);
    expect(new Set(writing.map((line) => line.split(" ")[0]))).toEqual(new Set(["s3:PutObject", "s3:DeleteObject"]));
  }
});

describe("what has a generated id is tagged as the domain's own when it is created", () => {
  test.each([
    ["an API", "apigateway:POST", api("/apis")],
    ["a stage", "apigateway:POST", api("/apis/a1b2c3/stages")],
    ["the tags of a stage", "apigateway:TagResource", api("/apis/a1b2c3/stages")],
    ["a custom domain name", "apigateway:POST", api("/domainnames")],
    ["the tags of an event source mapping", "lambda:TagResource", arn("lambda", "event-source-mapping:7f2c")],
  ])("%s", (_, action, resource) => {
    expect(allows(apply, action, resource, tagsOf("orders", "aws:RequestTag"))).toBe(true);
    expect(allows(apply, action, resource, tagsOf("ledger", "aws:RequestTag"))).toBe(false);
    expect(allows(apply, action, resource)).toBe(false);
  });

  test("the tags of an API that exists cannot be replaced by those of the domain, which would take it over", () => {
    const tags = `${api("/tags/")}arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Fv2%2Fapis%2Fa1b2c3`;
    const request = tagsOf("orders", "aws:RequestTag");
    for (const action of ["apigateway:POST", "apigateway:PUT", "apigateway:TagResource"]) {
      expect(allows(apply, action, tags, request)).toBe(false);
      expect(allows(apply, action, api("/apis/a1b2c3"), { ...request, ...tagsOf("ledger", "aws:ResourceTag") })).toBe(false);
    }
  });

  test("the tags of an API are set when it is created, before it has an id", () => {
    const tags = `${api("/tags/")}arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Fv2%2Fapis%2F`;
    expect(["*", "a1b2c3", ""].map((id) => allows(apply, "apigateway:POST", tags + id))).toEqual([true, false, false]);
  });

  test.each([
    ["a stage of another domain's API", "apigateway:POST", api("/apis/a1b2c3/stages")],
    ["a mapping of another domain", "lambda:TagResource", arn("lambda", "event-source-mapping:7f2c")],
  ])("%s cannot be tagged as the domain's own", (_, action, resource) => {
    const keys = { ...tagsOf("orders", "aws:RequestTag"), ...tagsOf("ledger", "aws:ResourceTag") };
    expect(allows(apply, action, resource, keys)).toBe(false);
  });

  test("a mapping of another domain cannot be pointed to a function of the domain", () => {
    const mapping = arn("lambda", "event-source-mapping:7f2c");
    const keys = { "lambda:FunctionArn": arn("lambda", "function:shop-orders-int-record"), ...tagsOf("ledger", "aws:ResourceTag") };
    expect(allows(apply, "lambda:UpdateEventSourceMapping", mapping, keys)).toBe(false);
  });

  test("a mapping is created for functions of the domain only", () => {
    const create = (domain: string) =>
      allows(apply, "lambda:CreateEventSourceMapping", "*", { "lambda:FunctionArn": arn("lambda", `function:shop-${domain}-int-record`) });
    expect([create("orders"), create("ledger")]).toEqual([true, false]);
  });
});

describe("the roles that an apply role makes", () => {
  const own = role("shop/int/orders/shop-orders-int-record");
  const boundary = (domain: string) => ({ "iam:PermissionsBoundary": `arn:aws:iam::${ACCOUNT}:policy/shop-shared-int-${domain}-boundary` });

  test.each(["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"])("%s needs the boundary of the domain", (action) => {
    expect(allows(apply, action, own, boundary("orders"))).toBe(true);
    expect(allows(apply, action, own, boundary("ledger"))).toBe(false);
    expect(allows(apply, action, own)).toBe(false);
  });

  test("are below the path of the domain, so that none of them deploys anything", () => {
    for (const path of [
      "shop/int/shared/shop-int-orders-apply",
      "shop/int/access/shop-int-shared-apply",
      "shop-orders-int-record",
      "shop/int/ledger/x",
    ]) {
      for (const action of ["iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole"]) {
        expect(allows(apply, action, role(path), boundary("orders"))).toBe(false);
      }
    }
  });

  test("keep their boundary", () => {
    expect(allows(apply, "iam:DeleteRolePermissionsBoundary", own, boundary("orders"))).toBe(false);
  });

  test("are passed only to the services that need them", () => {
    const pass = (service: string, to = own) => allows(apply, "iam:PassRole", to, { "iam:PassedToService": service });
    expect(["lambda.amazonaws.com", "scheduler.amazonaws.com", "ec2.amazonaws.com"].map((service) => pass(service))).toEqual([
      true,
      true,
      false,
    ]);
    expect(pass("lambda.amazonaws.com", role("shop/int/ledger/shop-ledger-int-announce"))).toBe(false);
  });

  test("cannot be given a policy of AWS", () => {
    expect(allows(apply, "iam:AttachRolePolicy", own, boundary("orders"))).toBe(false);
  });
});

describe("contracts and secrets", () => {
  test.each<DeployPhase>(["plan", "apply"])(
    "the %s role reads the contracts of every domain in its environment, and publishes its own",
    (phase) => {
      const policy = policyFor("orders", phase);
      expect(allows(policy, "ssm:GetParameter", arn("ssm", "parameter/shop/int/ledger/v1/tableArn"))).toBe(true);
      expect(allows(policy, "ssm:GetParameter", arn("ssm", "parameter/shop/live/ledger/v1/tableArn"))).toBe(false);
      expect(allows(policy, "ssm:PutParameter", arn("ssm", "parameter/shop/int/ledger/v1/tableArn"))).toBe(false);
    },
  );

  test.each<DeployPhase>(["plan", "apply", "smoke"])(
    "the %s role reaches no secret, whatever its name is, not even of its domain",
    (phase) => {
      for (const domain of ["orders", "ledger"]) {
        for (const name of ["key", "v1", "vault"]) {
          for (const action of ["ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter", "ssm:DeleteParameter"]) {
            expect(allows(policyFor("orders", phase), action, arn("ssm", `parameter/shop/int/${domain}/secret/${name}`))).toBe(false);
          }
        }
      }
    },
  );
});

describe("the state in S3", () => {
  const s3 = { state: { kind: "s3" } };
  const bucket = `arn:aws:s3:::shop-int-state-${ACCOUNT}`;
  const applyInS3 = policyFor("orders", "apply", "int", s3);
  const planInS3 = policyFor("orders", "plan", "int", s3);

  test("a role reaches the state and the lock of its own stack, and no other", () => {
    for (const policy of [applyInS3, planInS3]) {
      for (const key of ["state/orders.tfstate", "state/orders.tfstate.tflock"])
        expect(allows(policy, "s3:GetObject", `${bucket}/${key}`)).toBe(true);
      for (const key of ["state/ledger.tfstate", "state/ledger.tfstate.tflock", "state/orders.tfstate.backup", "state/access.tfstate"]) {
        for (const action of ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
          expect(allows(policy, action, `${bucket}/${key}`)).toBe(false);
      }
    }
  });

  test("a plan role writes nothing but the lock and its saved plan", () => {
    expect(allows(planInS3, "s3:PutObject", `${bucket}/state/orders.tfstate.tflock`)).toBe(true);
    expect(allows(planInS3, "s3:PutObject", `${bucket}/state/orders.tfstate`)).toBe(false);
    expect(allows(applyInS3, "s3:PutObject", `${bucket}/state/orders.tfstate`)).toBe(true);
  });

  test("nobody deletes a state, or a version of one", () => {
    for (const action of ["s3:DeleteObject", "s3:DeleteObjectVersion"]) {
      expect(allows(applyInS3, action, `${bucket}/state/orders.tfstate`)).toBe(false);
    }
  });

  test("the plans of pull requests, which the first environment's plan role saves, are read by no role that applies", () => {
    const plansOf = (policy: typeof apply, action: string) =>
      ["plans/pull-request/orders/1", "plans/main/orders/1", "plans/main/ledger/1"].map((key) =>
        allows(policy, action, `${bucket}/${key}`),
      );
    expect(plansOf(planInS3, "s3:PutObject")).toEqual([true, false, false]);
    expect(plansOf(applyInS3, "s3:GetObject")).toEqual([false, true, false]);
    const live = policyFor("orders", "plan", "live", s3);
    const bucketOfLive = `arn:aws:s3:::shop-live-state-${ACCOUNT}`;
    expect(allows(live, "s3:PutObject", `${bucketOfLive}/plans/main/orders/1`)).toBe(true);
    expect(allows(live, "s3:PutObject", `${bucketOfLive}/plans/pull-request/orders/1`)).toBe(false);
  });

  test("a key of your own is used by its alias", () => {
    const policy = policyFor("orders", "apply", "int", { state: { kind: "s3", kmsKeyAlias: "alias/terraform-state" } });
    const decrypt = (alias: string) => allows(policy, "kms:Decrypt", arn("kms", "key/1"), { "kms:ResourceAliases": alias });
    expect([decrypt("alias/terraform-state"), decrypt("alias/other")]).toEqual([true, false]);
  });

  test("with another kind of state, there is nothing of S3 but the domain's own buckets", () => {
    expect(JSON.stringify(apply)).not.toContain("shop-int-state");
  });
});

describe("what AWS asks for in the name of the caller, and no call of Terraform shows", () => {
  test.each([
    ["the access log of an HTTP API", ["logs:CreateLogDelivery", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"]],
    ["a lambda in a VPC", ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]],
  ])("%s", (_, actions) => {
    for (const action of actions) expect([action, allows(apply, action, "*")]).toEqual([action, true]);
  });
});

describe("the smoke role", () => {
  test("sends to the triggers of its domain, invokes its lambdas by their alias, and reads their logs", () => {
    for (const domain of ["orders", "ledger"]) {
      const isOwn = domain === "orders";
      expect(allows(smoke, "sqs:SendMessage", arn("sqs", `shop-${domain}-int-placed`))).toBe(isOwn);
      expect(allows(smoke, "sns:Publish", arn("sns", `shop-${domain}-int-issued`))).toBe(isOwn);
      expect(allows(smoke, "kinesis:PutRecord", arn("kinesis", `stream/shop-${domain}-int-happenings`))).toBe(isOwn);
      expect(allows(smoke, "lambda:InvokeFunction", arn("lambda", `function:shop-${domain}-int-record:current`))).toBe(isOwn);
      expect(allows(smoke, "logs:FilterLogEvents", arn("logs", `log-group:/aws/lambda/shop-${domain}-int-record`))).toBe(isOwn);
    }
    expect(allows(smoke, "lambda:InvokeFunction", arn("lambda", "function:shop-orders-int-record"))).toBe(false);
  });

  test("puts no event on the bus, and no item into a table: other domains would take them for real", () => {
    expect(JSON.stringify(smoke)).not.toMatch(/events:PutEvents|dynamodb:(Put|Update|Delete|Batch)/);
  });
});

describe("the record of what runs", () => {
  const record = (domain: string, environment = "int") => arn("ssm", `parameter/shop/${environment}/${domain}/version/head`);

  test("is read by every role that plans or applies in the environment, and in no other", () => {
    for (const policy of [plan, apply, policyFor("shared", "plan")]) {
      expect(["orders", "ledger", "shared"].map((domain) => allows(policy, "ssm:GetParameters", record(domain)))).toEqual([
        true,
        true,
        true,
      ]);
      expect(allows(policy, "ssm:GetParameters", record("orders", "live"))).toBe(false);
    }
  });

  test("is written by the role that applies the stack, and by no other", () => {
    const writes = (domain: string, phase: DeployPhase) => allows(policyFor(domain, phase), "ssm:PutParameter", record("orders"));
    expect([writes("orders", "apply"), writes("orders", "plan"), writes("orders", "smoke")]).toEqual([true, false, false]);
    expect([writes("ledger", "apply"), writes("shared", "apply")]).toEqual([false, false]);
    // Not that of a domain whose name begins with the same letters.
    expect(allows(apply, "ssm:PutParameter", record("orders-archive"))).toBe(false);
  });

  test("is written by the smoke role if a server applies, and then that one only", () => {
    const state = { kind: "hcp", organization: "team", execution: "remote" };
    const remote = policyFor("orders", "smoke", "int", { state });
    expect([record("orders"), record("ledger")].map((each) => allows(remote, "ssm:PutParameter", each))).toEqual([true, false]);
    expect(allows(remote, "ssm:PutParameter", arn("ssm", "parameter/shop/int/orders/v1/queueUrl"))).toBe(false);
  });
});

describe("the apply role of the foundation", () => {
  const foundation = policyFor("shared", "apply");
  const deployBoundary = { "iam:PermissionsBoundary": `arn:aws:iam::${ACCOUNT}:policy/shop-access-int-deploy-boundary` };

  test("makes deploy roles below its own path, and only with the boundary of deploy roles", () => {
    const deployRole = role("shop/int/shared/shop-int-orders-apply");
    expect(allows(foundation, "iam:CreateRole", deployRole, deployBoundary)).toBe(true);
    expect(allows(foundation, "iam:CreateRole", deployRole)).toBe(false);
    expect(allows(foundation, "iam:CreateRole", role("shop/int/access/x"), deployBoundary)).toBe(false);
    expect(allows(foundation, "iam:CreateRole", role("shop/live/shared/x"), deployBoundary)).toBe(false);
  });

  test("cannot change its own roles, the boundary of deploy roles, or who is trusted", () => {
    for (const action of ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole"]) {
      expect(allows(foundation, action, role("shop/int/access/shop-int-shared-apply"), deployBoundary)).toBe(false);
    }
    for (const action of ["iam:CreatePolicyVersion", "iam:DeletePolicy"]) {
      expect(allows(foundation, action, `arn:aws:iam::${ACCOUNT}:policy/shop-access-int-deploy-boundary`)).toBe(false);
    }
    expect(JSON.stringify(foundation)).not.toMatch(/OpenIDConnectProvider/);
  });

  test("does not touch the rules of domains, whose ARNs contain the name of its bus", () => {
    const rule = arn("events", "rule/shop-shared-int-events/shop-orders-int-recorded");
    for (const action of ["events:TagResource", "events:UntagResource", "events:ListTagsForResource", "events:DeleteRule"]) {
      expect(allows(foundation, action, rule)).toBe(false);
    }
    expect(allows(foundation, "events:TagResource", arn("events", "event-bus/shop-shared-int-events"))).toBe(true);
  });

  test("creates network resources with its own tags, in a network with its own tags", () => {
    const subnet = (vpc: RequestKeys) =>
      allows(foundation, "ec2:CreateSubnet", arn("ec2", "vpc/vpc-1"), { ...tagsOf("shared", "aws:RequestTag"), ...vpc });
    expect(allows(foundation, "ec2:CreateSubnet", arn("ec2", "subnet/*"), tagsOf("shared", "aws:RequestTag"))).toBe(true);
    expect(allows(foundation, "ec2:CreateSubnet", arn("ec2", "subnet/*"))).toBe(false);
    expect([subnet(tagsOf("shared", "aws:ResourceTag")), subnet({}), subnet(tagsOf("other", "aws:ResourceTag"))]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("cannot take over what others have in EC2 or KMS by tagging it", () => {
    const request = tagsOf("shared", "aws:RequestTag");
    const foreign = { ...request, ...tagsOf("other", "aws:ResourceTag") };
    expect(allows(foundation, "ec2:CreateTags", arn("ec2", "vpc/vpc-1"), request)).toBe(false);
    expect(allows(foundation, "ec2:CreateTags", arn("ec2", "vpc/vpc-1"), foreign)).toBe(false);
    expect(allows(foundation, "ec2:CreateTags", arn("ec2", "vpc/*"), { ...request, "ec2:CreateAction": "CreateVpc" })).toBe(true);
    expect(allows(foundation, "kms:TagResource", arn("kms", "key/1"), foreign)).toBe(false);
    expect(allows(foundation, "kms:TagResource", arn("kms", "key/1"), { ...request, "kms:ResourceAliases": "alias/terraform-state" })).toBe(
      false,
    );
    expect(allows(foundation, "ec2:CreateTags", arn("ec2", "security-group/sg-1"), { ...request, "aws:ResourceTag/Name": "theirs" })).toBe(
      false,
    );
    expect(allows(foundation, "ec2:RevokeSecurityGroupIngress", arn("ec2", "security-group/sg-1"))).toBe(false);
  });
});
