import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineContract } from "../../../shared/contract";
import type { DomainStack } from "../../../shared/domain-stack";
import { Foundation } from "../../../shared/foundation/foundation";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { synthesize } from "../../../shared/synth/synthesize";
import { BusTrigger } from "../../../shared/triggers/bus-trigger";
import { ThingDone } from "../../harness/definitions";
import { domainClass, type Json, project, stackProps, testApp } from "../../harness/synth";
import { inFolder, readJson, temporaryFolder, writeFiles } from "../../harness/temporary-folder";

type Define = (stack: DomainStack) => void;

/** Synthesizes an app of these domains in every environment, with the entry domain, and returns its artifact. */
function synth(domains: Record<string, Define>, app = testApp(), folders: Record<string, string> = {}): string {
  const all = Object.entries<Define>({ [project.entryDomain]: () => {}, ...domains }).map(([name, define]) => ({
    name,
    folder: folders[name] ?? "",
    Stack: domainClass(define),
  }));
  const { bundles } = stackProps();
  for (const environment of project.environments) {
    new Foundation(app, "shared", { project, environment, bundles });
    for (const { name, Stack } of all) new Stack(app, name, { project, environment, bundles });
  }
  synthesize(app, { project, domains: all, bundles });
  return app.outdir;
}

const contract = (domain: string, version = 1) => defineContract({ domain, version, parameters: ["queueUrl", "queueArn"] });
const publish =
  (domain: string, version = 1): Define =>
  (stack) =>
    stack.publish(contract(domain, version), { queueUrl: "https://queue", queueArn: "arn:queue" });
const readUrl =
  (domain: string, version = 1): Define =>
  (stack) =>
    void stack.read(contract(domain, version)).queueUrl;
const both =
  (...defines: Define[]): Define =>
  (stack) => {
    for (const define of defines) define(stack);
  };

const stackJson = (artifact: string, stack: string): Json => readJson(join(artifact, "stacks", stack, "cdk.tf.json"));

describe("a contract that one domain publishes and another reads", () => {
  const artifact = synth({ orders: publish("orders"), billing: readUrl("orders") });

  test("is published and read under one name, in each environment", () => {
    for (const { name } of project.environments) {
      const published = Object.values<Json>(stackJson(artifact, `orders-${name}`).resource.aws_ssm_parameter);
      const read = Object.values<Json>(stackJson(artifact, `billing-${name}`).data.aws_ssm_parameter);
      expect(published).toContainEqual(expect.objectContaining({ name: `/shop/${name}/orders/v1/queueUrl`, type: "String" }));
      expect(read).toContainEqual(expect.objectContaining({ name: `/shop/${name}/orders/v1/queueUrl` }));
    }
  });

  test("is looked up only in the parameters that are used", () => {
    const read = Object.values<Json>(stackJson(artifact, "billing-int").data.aws_ssm_parameter).map(({ name }) => name);
    expect(read).not.toContain("/shop/int/orders/v1/queueArn");
  });

  test("is told in both domain.json, which gives the order of the deployment", () => {
    expect(readJson(join(artifact, "stacks/orders-int/domain.json")).publishes).toEqual([
      { domain: "orders", version: 1, parameters: ["queueArn", "queueUrl"] },
    ]);
    expect(readJson(join(artifact, "stacks/billing-int/domain.json")).reads).toContainEqual({
      domain: "orders",
      version: 1,
      parameters: ["queueUrl"],
    });
  });

  test("makes no dependency between stacks, so that each deploys alone", () => {
    const { stacks } = readJson(join(artifact, "manifest.json"));
    expect(Object.values<Json>(stacks).filter(({ dependencies }) => dependencies.length > 0)).toEqual([]);
  });
});

test("a new version of a contract stands beside the old one", () => {
  const artifact = synth({ orders: both(publish("orders"), publish("orders", 2)), billing: readUrl("orders"), mail: readUrl("orders", 2) });
  const names = Object.values<Json>(stackJson(artifact, "orders-int").resource.aws_ssm_parameter).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["/shop/int/orders/v1/queueUrl", "/shop/int/orders/v2/queueUrl"]));
});

test("reading what nobody publishes is refused, naming both sides, the parameter and the file to mend", () => {
  expect(() => synth({ orders: () => {}, billing: readUrl("orders") })).toThrow(
    /billing reads queueUrl of the contract v1 of orders, which orders does not publish; publish it in domains\/orders\/stack\.ts/,
  );
});

test("reading a contract that nobody publishes is refused even before one of its values is used", () => {
  expect(() => synth({ billing: (stack) => void stack.read(contract("orders")) })).toThrow(/billing reads the contract v1 of orders/);
});

test("reading of a domain that is gone is refused", () => {
  expect(() => synth({ billing: readUrl("orders") })).toThrow(/billing reads queueUrl of the contract v1 of orders/);
});

test("reading a version that is gone is refused", () => {
  expect(() => synth({ orders: publish("orders", 2), billing: readUrl("orders") })).toThrow(/billing reads queueUrl of the contract v1/);
});

test("reading a parameter that the published contract does not have is refused", () => {
  const wider = defineContract({ domain: "orders", version: 1, parameters: ["topicArn"] });
  expect(() => synth({ orders: publish("orders"), billing: (stack) => void stack.read(wider).topicArn })).toThrow(
    /billing reads topicArn of the contract v1 of orders/,
  );
});

test("a domain publishes its own contract only", () => {
  expect(() => synth({ orders: publish("billing"), billing: () => {} })).toThrow(/publishes the contract of "billing"/);
});

test("publishing one contract twice is refused", () => {
  expect(() => synth({ orders: both(publish("orders"), publish("orders")) })).toThrow(
    /orders-int.*: two constructs are called "publish-v1-/,
  );
});

test("two domains that read each other are refused, with the way around", () => {
  const domains = { orders: both(publish("orders"), readUrl("billing")), billing: both(publish("billing"), readUrl("orders")) };
  expect(() => synth(domains)).toThrow(/form a cycle.*: orders reads billing reads orders/);
});

test("a longer cycle is refused and each of its domains named; who only reads it is not in it", () => {
  const domains = {
    reader: readUrl("first"),
    first: both(publish("first"), readUrl("second")),
    second: both(publish("second"), readUrl("third")),
    third: both(publish("third"), readUrl("first")),
  };
  expect(() => synth(domains)).toThrow(/: first reads second reads third reads first;/);
});

test("a domain that reads its own contract is a cycle: it could never be deployed first", () => {
  expect(() => synth({ orders: both(publish("orders"), readUrl("orders")) })).toThrow(/orders reads orders/);
});

test("two ways to one domain are no cycle", () => {
  const domains = {
    ledger: publish("ledger"),
    orders: both(publish("orders"), readUrl("ledger")),
    billing: both(readUrl("ledger"), readUrl("orders")),
  };
  expect(() => synth(domains)).not.toThrow();
});

test("an entry domain that there is not is refused, naming those there are", () => {
  const app = testApp();
  const { bundles } = stackProps();
  const domains = [{ name: "orders", folder: "", Stack: domainClass(() => {}) }];
  expect(() => synthesize(app, { project, domains, bundles })).toThrow(
    /project\.config\.ts: entryDomain is "checkout", and domains\/ has orders/,
  );
});

test("all problems of all domains are in one error", () => {
  expect(() => synth({ orders: readUrl("gone"), billing: publish("orders") })).toThrow(/2 problem\(s\)/);
});

test("a refused synth leaves the artifact as it was", () => {
  const app = testApp();
  const artifact = synth({ orders: publish("orders") }, app);
  const before = readdirSync(artifact, { recursive: true });
  expect(() => synth({ orders: publish("orders"), billing: readUrl("gone") }, testApp(artifact))).toThrow();
  expect(readdirSync(artifact, { recursive: true })).toEqual(before);
});

test("a domain that is gone leaves no stack behind", () => {
  const artifact = synth({ orders: publish("orders") });
  synth({}, testApp(artifact));
  expect(readdirSync(join(artifact, "stacks")).sort()).toEqual(["checkout-int", "checkout-live", "shared-int", "shared-live"]);
});

test("where the cdktf CLI synthesizes, a domain that is gone is left for it to remove: it fails on one that is not there", () => {
  const artifact = synth({ orders: publish("orders") });
  process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = "true";
  try {
    synth({}, testApp(artifact));
  } finally {
    delete process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS;
  }
  expect(readdirSync(join(artifact, "stacks"))).toContain("orders-int");
});

test("a lambda that is gone leaves no zip behind", () => {
  const artifact = synth({});
  writeFiles(artifact, { "stacks/checkout-int/lambdas/gone.zip": "old" });
  synth({}, testApp(artifact));
  expect(existsSync(join(artifact, "stacks/checkout-int/lambdas/gone.zip"))).toBe(false);
});

test("what Terraform keeps in a stack's folder stays, so that init need not run again", () => {
  const artifact = synth({});
  writeFiles(artifact, { "stacks/checkout-int/.terraform/providers": "" });
  synth({}, testApp(artifact));
  expect(existsSync(join(artifact, "stacks/checkout-int/.terraform/providers"))).toBe(true);
});

test("the provider lock of the project lies in every stack", () => {
  inFolder(temporaryFolder({ ".terraform.lock.hcl": "# lock" }), () => {
    const artifact = synth({});
    for (const stack of readdirSync(join(artifact, "stacks"))) {
      expect(existsSync(join(artifact, "stacks", stack, ".terraform.lock.hcl"))).toBe(true);
    }
  });
});

describe("a rule on the bus", () => {
  const subscribe = (from: string) => (stack: DomainStack) =>
    void new BusTrigger(stack, "heard", { event: ThingDone, from }).invokes(new NodejsFunction(stack, "work"));

  test("for events of a domain that there is not is refused, for none would ever come", () => {
    expect(() => synth({ orders: subscribe("ledgr") })).toThrow(/heard gets events from "ledgr", and there is no such domain/);
  });

  test.each(["checkout", "aws.health"])("for events of %s is taken", (from) => {
    expect(() => synth({ orders: subscribe(from) })).not.toThrow();
  });
});

test("one event defined by two domains is refused: nothing could tell which is meant", () => {
  const folders = { orders: temporaryFolder({ "contract.ts": "" }), billing: temporaryFolder({ "contract.ts": "" }) };
  for (const folder of Object.values(folders)) jest.doMock(`${folder}/contract.ts`, () => ({ ThingDone }));
  expect(() => synth({ orders: () => {}, billing: () => {} }, testApp(), folders)).toThrow(
    "domains/billing/contract.ts: defines the event thing-done v1, as domains/orders/contract.ts does; give one another name",
  );
});
