import { join } from "node:path";
import { defineContract } from "../../shared/contract";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { listFindings } from "../../shared/stack/findings";
import { findDomains } from "../../shared/synth/domains";
import { QueueTrigger } from "../../shared/triggers/queue-trigger";
import { ThingDone } from "../harness/definitions";
import { domainClass, findingsOf, project, stackProps, synthDomain, testApp } from "../harness/synth";
import { inFolder, temporaryFolder } from "../harness/temporary-folder";

const shared = join(__dirname, "../../shared");

/** Creates the domain that a `stack.ts` describes, in one environment, and returns the findings. */
function findingsIn(stack: string): string[] {
  const app = testApp();
  const folder = temporaryFolder({ "domains/sample/stack.ts": stack });
  return inFolder(folder, () => {
    for (const { name, Stack } of findDomains(app, join(folder, "domains"), project)) new Stack(app, name, stackProps());
    return listFindings(app);
  });
}

const TWO_OF_ONE_ID = `import { DomainStack } from "${shared}/domain-stack";
import { NodejsFunction } from "${shared}/lambda/nodejs-function";
export default class Sample extends DomainStack {
  protected define(): void {
    new NodejsFunction(this, "work");
    new NodejsFunction(this, "work");
  }
}
`;

test("two lambdas with the same id are rejected, instead of one replacing the other", () => {
  expect(findingsIn(TWO_OF_ONE_ID)).toContainEqual(expect.stringContaining("sample-int: There is already a Construct with name 'work'"));
});

test("two constructs with the same id are reported at the line of the second, and the finding says that define() stopped there", () => {
  expect(findingsIn(TWO_OF_ONE_ID)).toContainEqual(
    expect.stringMatching(/'work'.*define\(\) stopped here, .*\n {4}at domains\/sample\/stack\.ts:6$/s),
  );
});

test("an error that a stack throws for its author is a finding with its line", () => {
  const broken = TWO_OF_ONE_ID.replaceAll('new NodejsFunction(this, "work");', 'throw new Error("The price list is empty");');
  expect(findingsIn(broken)).toEqual([
    expect.stringMatching(/^sample-int: The price list is empty\. define\(\) stopped here, .*\n {4}at domains\/sample\/stack\.ts:5$/s),
  ]);
});

test("a sample that does not match its schema is a finding with the field and the line", () => {
  const parsed = TWO_OF_ONE_ID.replaceAll('new NodejsFunction(this, "work");', "z.object({ pieces: z.int() }).parse({ pieces: 0.5 });");
  expect(findingsIn(`import * as z from "${require.resolve("zod")}";\n${parsed}`)).toEqual([
    expect.stringMatching(/^sample-int: a value does not match its schema: pieces: .*int.*\n {4}at domains\/sample\/stack\.ts:6$/s),
  ]);
});

test.each(["TypeError", "RangeError", "SyntaxError"])("a %s in a stack is a bug and keeps its stack trace", (type) => {
  const broken = TWO_OF_ONE_ID.replace('new NodejsFunction(this, "work");', `throw new ${type}("no such thing");`);
  expect(() => findingsIn(broken)).toThrow(expect.objectContaining({ name: type, message: "no such thing" }));
});

const { json, stack } = synthDomain(() => {});
const [provider] = json.provider.aws;

/** The stack in a project that is in another region. */
const inRegion = (region: string) => new (domainClass(() => {}))(testApp(), "sample", { ...stackProps(), project: { ...project, region } });

test("a stack's id is its domain and its environment", () => {
  expect(stack.node.id).toBe("sample-int");
});

describe("the name of an environment as a part of a construct's id", () => {
  const inAccounts = (accountOfLive: string) =>
    findingsOf((app) => {
      const [ofInt, ofLive] = project.environments;
      const shared = { ...project, environments: [ofInt, { ...ofLive, account: accountOfLive }] } as typeof project;
      const Stack = domainClass((stack) =>
        new QueueTrigger(stack, "int-orders", { event: ThingDone }).invokes(new NodejsFunction(stack, "work")),
      );
      new Stack(app, "sample", { ...stackProps({ name: "live", account: accountOfLive }), project: shared });
    });

  test("is rejected if environments share an account, because patterns of names would match both", () => {
    const problem =
      '"int-orders" contains the environment\'s name "int", and int and live share an account: permissions on shop-*-int-* would';
    expect(inAccounts("111111111111")).toContainEqual(expect.stringContaining(`sample-live/int-orders: ${problem}`));
  });

  test("is no problem if each environment has an account of its own", () => {
    expect(inAccounts("222222222222")).toEqual([]);
  });
});

test("two stacks whose workspaces would have the same name are rejected, in whatever accounts they are", () => {
  const findings = findingsOf((app) => {
    const Renamed = class extends domainClass(() => {}) {
      static override readonly formerly = "sample";
    };
    new (domainClass(() => {}))(app, "sample", stackProps());
    new Renamed(app, "example", stackProps({ account: "333333333333" }));
  });
  const problem = 'example-int: the HCP Terraform workspace name "shop-sample-int" is already used by sample-int. Rename one of the two.';
  expect(findings).toContainEqual(problem);
});

test("every resource is tagged with its project, domain, environment and repository", () => {
  expect(provider.default_tags).toEqual([{ tags: { project: "shop", domain: "sample", environment: "int", repository: "example/shop" } }]);
});

test("a stack can only be applied to its environment's account and region", () => {
  expect(provider).toMatchObject({ allowed_account_ids: ["111111111111"], region: "eu-west-1" });
});

test("a stack accepts every version of the AWS provider in the supported range", () => {
  expect(json.terraform.required_providers.aws.version).toBe(">= 5.100.0, < 7.0.0");
});

test("a stack's state has a relative path of its own, which is the same on every machine", () => {
  const { path, workspace_dir } = json.terraform.backend.local;
  expect(path).toBe("../../../.state/sample-int.tfstate");
  expect(workspace_dir).toBe("../../../.state/sample-int");
});

test("a stack contains no credentials and no endpoint, because the machine that applies it provides them", () => {
  for (const key of ["access_key", "secret_key", "token", "profile", "endpoints", "assume_role"]) expect(provider[key]).toBeUndefined();
});

test.each([
  ["eu-west-1", "arn:aws:sqs:eu-west-1:111111111111:placed"],
  ["us-gov-west-1", "arn:aws-us-gov:sqs:us-gov-west-1:111111111111:placed"],
  ["cn-north-1", "arn:aws-cn:sqs:cn-north-1:111111111111:placed"],
])("an ARN in %s has the partition of that region", (region, arn) => {
  expect(inRegion(region).arnOf("sqs", "placed")).toBe(arn);
});

test("the contract that a stack reads is looked up once for each parameter that the stack uses, and not for the others", () => {
  const contract = defineContract({ domain: "orders", version: 1, parameters: ["queueUrl", "queueArn"] });
  const { json: reader } = synthDomain((stack) => {
    const orders = stack.read(contract);
    for (const url of [orders.queueUrl, orders.queueUrl, stack.read(contract).queueUrl]) expect(url).toEqual(expect.any(String));
  });
  expect(Object.values(reader.data.aws_ssm_parameter)).toEqual([expect.objectContaining({ name: "/shop/int/orders/v1/queueUrl" })]);
});

test("a contract whose values a stack does not use is not looked up, and domain.json does not list it", () => {
  const contract = defineContract({ domain: "orders", version: 1, parameters: ["queueUrl"] });
  const { json: reader, stack: readerStack } = synthDomain((stack) => void stack.read(contract));
  expect(reader.data?.aws_ssm_parameter).toBeUndefined();
  expect(readerStack.describe().reads).toEqual([]);
});

test("an ARN of IAM has no region", () => {
  expect(stack.arnOf("iam", "root")).toBe("arn:aws:iam::111111111111:root");
});

test("a name has the project, domain and environment before the thing", () => {
  expect(stack.nameFor(stack, "SNS topic", "alarms")).toBe("shop-sample-int-alarms");
});

test("a domain's name that makes the name of its workspace too long is rejected", () => {
  const findings = findingsOf((app) => new (domainClass(() => {}))(app, "d".repeat(82), stackProps()));
  expect(findings).toEqual([expect.stringContaining("the HCP Terraform workspace name")]);
});

test.each(["my_Bucket", "placed orders!", "placed.v1"])("%p is rejected as an id, because names are made from it", (id) => {
  const { findings } = synthDomain(
    (stack) => void new QueueTrigger(stack, id, { event: ThingDone }).invokes(new NodejsFunction(stack, "work")),
  );
  expect(findings).toContainEqual(expect.stringContaining(`"${id}" cannot be part of the SQS queue name`));
});
