import { join } from "node:path";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { listFindings } from "../../shared/stack/findings";
import { findDomains } from "../../shared/synth/domains";
import { QueueTrigger } from "../../shared/triggers/queue-trigger";
import { ThingDone } from "../harness/definitions";
import { domainClass, findingsOf, project, stackProps, synthDomain, testApp } from "../harness/synth";
import { inFolder, temporaryFolder } from "../harness/temporary-folder";

const shared = join(__dirname, "../../shared");

/** Makes the domain that a `stack.ts` describes, in one environment, and returns what is found. */
function findingsIn(stack: string): string[] {
  const app = testApp();
  const folder = temporaryFolder({ "domains/sample/stack.ts": stack });
  return inFolder(folder, () => {
    for (const { name, Stack } of findDomains(app, join(folder, "domains"), project)) new Stack(app, name, stackProps());
    return listFindings(app);
  });
}

const TWO_OF_ONE_NAME = `import { DomainStack } from "${shared}/domain-stack";
import { NodejsFunction } from "${shared}/lambda/nodejs-function";
export default class Sample extends DomainStack {
  protected define(): void {
    new NodejsFunction(this, "work");
    new NodejsFunction(this, "work");
  }
}
`;

test("two lambdas of one name are refused, not one of them silently lost", () => {
  expect(findingsIn(TWO_OF_ONE_NAME)).toContainEqual(expect.stringContaining('two constructs are called "work"'));
});

test("two lambdas of one name are told with the line of the second", () => {
  expect(findingsIn(TWO_OF_ONE_NAME)).toContainEqual(expect.stringMatching(/two constructs.*\n {4}at domains\/sample\/stack\.ts:6$/s));
});

test("a sample that a stack makes of an event, and does not fit, is told with its field and the line", () => {
  const parsed = TWO_OF_ONE_NAME.replaceAll('new NodejsFunction(this, "work");', "z.object({ pieces: z.int() }).parse({ pieces: 0.5 });");
  expect(findingsIn(`import * as z from "${require.resolve("zod")}";\n${parsed}`)).toEqual([
    expect.stringMatching(/what is parsed does not fit its schema: pieces: .*int.*\n {4}at domains\/sample\/stack\.ts:6$/s),
  ]);
});

test("a mistake in a domain's code that is no clash of names keeps its own error", () => {
  const broken = TWO_OF_ONE_NAME.replace('new NodejsFunction(this, "work");', 'throw new TypeError("no such thing");');
  expect(() => findingsIn(broken)).toThrow(new TypeError("no such thing"));
});

const { json, stack } = synthDomain(() => {});
const [provider] = json.provider.aws;

/** The stack as a project in another region has it. */
const inRegion = (region: string) => new (domainClass(() => {}))(testApp(), "sample", { ...stackProps(), project: { ...project, region } });

test("a stack's id is its domain and its environment, so that it can be named at a glance", () => {
  expect(stack.node.id).toBe("sample-int");
});

test("every resource is tagged with its project, domain, environment and repository", () => {
  expect(provider.default_tags).toEqual([{ tags: { project: "shop", domain: "sample", environment: "int", repository: "example/shop" } }]);
});

test("a stack is applied to its environment's account and region, and to no other", () => {
  expect(provider).toMatchObject({ allowed_account_ids: ["111111111111"], region: "eu-west-1" });
});

test("a stack runs on the provider that a machine has, within the range that was tried", () => {
  expect(json.terraform.required_providers.aws.version).toBe(">= 5.100.0, < 7.0.0");
});

test("a stack's state lies at a relative path of its own, the same on every machine", () => {
  const { path, workspace_dir } = json.terraform.backend.local;
  expect(path).toBe("../../../.state/sample-int.tfstate");
  expect(workspace_dir).toBe("../../../.state/sample-int");
});

test("a stack holds no key and no endpoint: where it is applied is for the machine to say", () => {
  for (const key of ["access_key", "secret_key", "token", "profile", "endpoints", "assume_role"]) expect(provider[key]).toBeUndefined();
});

test.each([
  ["eu-west-1", "arn:aws:sqs:eu-west-1:111111111111:placed"],
  ["us-gov-west-1", "arn:aws-us-gov:sqs:us-gov-west-1:111111111111:placed"],
  ["cn-north-1", "arn:aws-cn:sqs:cn-north-1:111111111111:placed"],
])("an ARN in %s is of that region's partition", (region, arn) => {
  expect(inRegion(region).arnOf("sqs", "placed")).toBe(arn);
});

test("an ARN of IAM names no region", () => {
  expect(stack.arnOf("iam", "root")).toBe("arn:aws:iam::111111111111:root");
});

test("a name tells project, domain and environment before the thing", () => {
  expect(stack.nameFor(stack, "SNS topic", "alarms")).toBe("shop-sample-int-alarms");
});

test("a domain's name that makes its workspace's too long is refused", () => {
  const findings = findingsOf((app) => new (domainClass(() => {}))(app, "d".repeat(82), stackProps()));
  expect(findings).toEqual([expect.stringContaining("the HCP Terraform workspace name")]);
});

test.each(["my_Bucket", "placed orders!", "placed.v1"])("%p is no id from which names are made", (id) => {
  const { findings } = synthDomain(
    (stack) => void new QueueTrigger(stack, id, { event: ThingDone }).invokes(new NodejsFunction(stack, "work")),
  );
  expect(findings).toContainEqual(expect.stringContaining(`"${id}" cannot be part of the SQS queue name`));
});
