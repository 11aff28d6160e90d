import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type App, TerraformOutput } from "cdktf";
import { defineContract } from "../../../shared/contract";
import type { DomainStack } from "../../../shared/domain-stack";
import { Foundation } from "../../../shared/foundation/foundation";
import { Workspaces } from "../../../shared/foundation/workspaces";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { Bundles, PendingBundle } from "../../../shared/stack/bundles";
import { synthesize } from "../../../shared/synth/synthesize";
import { BusTrigger } from "../../../shared/triggers/bus-trigger";
import { ThingDone } from "../../harness/definitions";
import { domainClass, type Json, project, stackProps, testApp } from "../../harness/synth";
import { inFolder, readJson, temporaryFolder, writeFiles } from "../../harness/temporary-folder";

type Define = (stack: DomainStack) => void;

/** The folder of a domain whose contract exports `ThingDone`. */
const SAMPLE = join(__dirname, "../../harness/sample");

/** Synthesizes an app of these domains and the entry domain, in every environment, and returns the folder of the artifact. */
function synth(
  domains: Record<string, Define>,
  { app = testApp(), folders = {} }: { app?: App; folders?: Record<string, string> } = {},
): string {
  const all = Object.entries<Define>({ [project.entryDomain]: () => {}, ...domains }).map(([name, define]) => ({
    name,
    folder: folders[name] ?? "",
    Stack: domainClass(define),
  }));
  const { bundles } = stackProps();
  for (const environment of project.environments) {
    for (const { name, Stack } of all) new Stack(app, name, { project, environment, bundles });
    new Foundation(app, "shared", { project, environment, bundles });
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
const subscribe =
  (from: string): Define =>
  (stack) =>
    void new BusTrigger(stack, "heard", { event: ThingDone, from }).invokes(new NodejsFunction(stack, "work"));
const both =
  (...defines: Define[]): Define =>
  (stack) => {
    for (const define of defines) define(stack);
  };

const stackJson = (artifact: string, stack: string): Json => readJson(join(artifact, "stacks", stack, "cdk.tf.json"));

describe("a contract that one domain publishes and another reads", () => {
  const artifact = synth({ orders: publish("orders"), billing: readUrl("orders") });

  test("is published and read under the same name, in each environment", () => {
    for (const { name } of project.environments) {
      const published = Object.values<Json>(stackJson(artifact, `orders-${name}`).resource.aws_ssm_parameter);
      const read = Object.values<Json>(stackJson(artifact, `billing-${name}`).data.aws_ssm_parameter);
      expect(published).toContainEqual(expect.objectContaining({ name: `/shop/${name}/orders/v1/queueUrl`, type: "String" }));
      expect(read).toContainEqual(expect.objectContaining({ name: `/shop/${name}/orders/v1/queueUrl` }));
    }
  });

  test("is looked up only for the parameters that are used", () => {
    const read = Object.values<Json>(stackJson(artifact, "billing-int").data.aws_ssm_parameter).map(({ name }) => name);
    expect(read).not.toContain("/shop/int/orders/v1/queueArn");
  });

  test("is in both domain.json files, which give the order of a deployment", () => {
    expect(readJson(join(artifact, "stacks/orders-int/domain.json")).publishes).toEqual([
      { domain: "orders", version: 1, parameters: ["queueArn", "queueUrl"] },
    ]);
    expect(readJson(join(artifact, "stacks/billing-int/domain.json")).reads).toContainEqual({
      domain: "orders",
      version: 1,
      parameters: ["queueUrl"],
    });
  });

  test("makes no dependency between stacks, so that each can be deployed alone", () => {
    const { stacks } = readJson(join(artifact, "manifest.json"));
    expect(Object.values<Json>(stacks).filter(({ dependencies }) => dependencies.length > 0)).toEqual([]);
  });
});

test("two versions of a contract can be published at the same time", () => {
  const artifact = synth({ orders: both(publish("orders"), publish("orders", 2)), billing: readUrl("orders"), mail: readUrl("orders", 2) });
  const names = Object.values<Json>(stackJson(artifact, "orders-int").resource.aws_ssm_parameter).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["/shop/int/orders/v1/queueUrl", "/shop/int/orders/v2/queueUrl"]));
});

test("reading a parameter that is not published is rejected, with both domains, the parameter and the file to fix", () => {
  expect(() => synth({ orders: () => {}, billing: readUrl("orders") })).toThrow(
    /billing reads queueUrl of the contract v1 of orders, which orders does not publish\. Publish it in domains\/orders\/stack\.ts/,
  );
});

test("reading a contract that is not published is rejected, even if none of its values is used", () => {
  expect(() => synth({ billing: (stack) => void stack.read(contract("orders")) })).toThrow(/billing reads the contract v1 of orders/);
});

test("reading the contract of a domain that does not exist is rejected", () => {
  expect(() => synth({ billing: readUrl("orders") })).toThrow(/billing reads queueUrl of the contract v1 of orders/);
});

test("reading a version that is not published is rejected", () => {
  expect(() => synth({ orders: publish("orders", 2), billing: readUrl("orders") })).toThrow(/billing reads queueUrl of the contract v1/);
});

test("reading a parameter that the published contract does not have is rejected", () => {
  const wider = defineContract({ domain: "orders", version: 1, parameters: ["topicArn"] });
  expect(() => synth({ orders: publish("orders"), billing: (stack) => void stack.read(wider).topicArn })).toThrow(
    /billing reads topicArn of the contract v1 of orders/,
  );
});

test("a domain can only publish its own contract", () => {
  expect(() => synth({ orders: publish("billing"), billing: () => {} })).toThrow(/publishes the contract of "billing"/);
});

test("publishing the same contract twice is rejected", () => {
  expect(() => synth({ orders: both(publish("orders"), publish("orders")) })).toThrow(
    /1 problem.*orders-int, orders-live: the stack publishes version 1 of its contract twice\. Remove one call of publish\./s,
  );
});

test("two domains that read each other are rejected, with the cycle", () => {
  const domains = { orders: both(publish("orders"), readUrl("billing")), billing: both(publish("billing"), readUrl("orders")) };
  expect(() => synth(domains)).toThrow(/form a cycle.*: orders reads billing reads orders/);
});

test("a longer cycle is rejected with each of its domains, and without a domain that only reads one of them", () => {
  const domains = {
    reader: readUrl("first"),
    first: both(publish("first"), readUrl("second")),
    second: both(publish("second"), readUrl("third")),
    third: both(publish("third"), readUrl("first")),
  };
  expect(() => synth(domains)).toThrow(/: first reads second reads third reads first\./);
});

test("a domain that reads its own contract is a cycle, because it could never be deployed first", () => {
  expect(() => synth({ orders: both(publish("orders"), readUrl("orders")) })).toThrow(/orders reads orders/);
});

test("two paths to the same domain are not a cycle", () => {
  const domains = {
    ledger: publish("ledger"),
    orders: both(publish("orders"), readUrl("ledger")),
    billing: both(readUrl("ledger"), readUrl("orders")),
  };
  expect(() => synth(domains)).not.toThrow();
});

test("an entry domain that does not exist is rejected, with the domains that exist", () => {
  const app = testApp();
  const { bundles } = stackProps();
  const domains = [{ name: "orders", folder: "", Stack: domainClass(() => {}) }];
  expect(() => synthesize(app, { project, domains, bundles })).toThrow(
    /project\.config\.ts: entryDomain is "checkout", but domains\/ has orders/,
  );
});

test("one error has all problems of all domains", () => {
  expect(() => synth({ orders: readUrl("gone"), billing: publish("orders") })).toThrow(/2 problem\(s\)/);
});

test("a rejected synth leaves the artifact as it was", () => {
  const app = testApp();
  const artifact = synth({ orders: publish("orders") }, { app });
  const before = readdirSync(artifact, { recursive: true });
  expect(() => synth({ orders: publish("orders"), billing: readUrl("gone") }, { app: testApp(artifact) })).toThrow();
  expect(readdirSync(artifact, { recursive: true })).toEqual(before);
});

test("a domain that was removed leaves no stack behind", () => {
  const artifact = synth({ orders: publish("orders") });
  synth({}, { app: testApp(artifact) });
  expect(readdirSync(join(artifact, "stacks")).sort()).toEqual(["checkout-int", "checkout-live", "shared-int", "shared-live"]);
});

test("the cdktf CLI removes the stacks of removed domains itself, and would fail if they were gone already", () => {
  const artifact = synth({ orders: publish("orders") });
  process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = "true";
  try {
    synth({}, { app: testApp(artifact) });
  } finally {
    delete process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS;
  }
  expect(readdirSync(join(artifact, "stacks"))).toContain("orders-int");
});

test("a lambda that was removed leaves no zip behind", () => {
  const artifact = synth({});
  writeFiles(artifact, { "stacks/checkout-int/lambdas/gone.zip": "old" });
  synth({}, { app: testApp(artifact) });
  expect(existsSync(join(artifact, "stacks/checkout-int/lambdas/gone.zip"))).toBe(false);
});

test("files that Terraform keeps in a stack's folder stay, so that init does not have to run again", () => {
  const artifact = synth({});
  writeFiles(artifact, { "stacks/checkout-int/.terraform/providers": "" });
  synth({}, { app: testApp(artifact) });
  expect(existsSync(join(artifact, "stacks/checkout-int/.terraform/providers"))).toBe(true);
});

test("every stack has the provider lock file of the project", () => {
  inFolder(temporaryFolder({ ".terraform.lock.hcl": "# lock" }), () => {
    const artifact = synth({});
    for (const stack of readdirSync(join(artifact, "stacks"))) {
      expect(existsSync(join(artifact, "stacks", stack, ".terraform.lock.hcl"))).toBe(true);
    }
  });
});

describe("a rule on the bus", () => {
  test("for events from a domain that does not exist is rejected, because none would arrive", () => {
    expect(() => synth({ orders: subscribe("ledgr") }, { folders: { orders: SAMPLE } })).toThrow(
      /orders-int\/heard, orders-live\/heard: the trigger waits for events from "ledgr", but there is no such domain/,
    );
  });

  test.each(["checkout", "aws.health"])("for events from %s is accepted", (from) => {
    expect(() => synth({ orders: subscribe(from) }, { folders: { orders: SAMPLE } })).not.toThrow();
  });
});

describe("the event of a trigger", () => {
  test("is accepted if another domain's contract exports it, because a subscriber imports the event of the sender", () => {
    expect(() => synth({ orders: subscribe("billing"), billing: () => {} }, { folders: { billing: SAMPLE } })).not.toThrow();
  });

  test("is rejected if no contract exports it, because npm run compat would not see a change of it", () => {
    expect(() => synth({ orders: subscribe("checkout") })).toThrow(
      /orders-int\/heard, orders-live\/heard: no contract\.ts exports the event thing-done\.v1, .*Export it from domains\/orders\/contract\.ts\./,
    );
  });
});

test("an event that two domains define is rejected, because its name and version must identify it", () => {
  const folders = { orders: temporaryFolder({ "contract.ts": "" }), billing: temporaryFolder({ "contract.ts": "" }) };
  for (const folder of Object.values(folders)) jest.doMock(`${folder}/contract.ts`, () => ({ ThingDone }));
  expect(() => synth({ orders: () => {}, billing: () => {} }, { folders })).toThrow(
    "domains/billing/contract.ts: the contract defines the event thing-done v1, and so does domains/orders/contract.ts. Rename one",
  );
});

test("bundles that are not ready are rejected before anything is written, because their hashes and zips would be empty", () => {
  const app = testApp();
  const Stack = domainClass((stack) => void new NodejsFunction(stack, "work"));
  const domains = [{ name: project.entryDomain, folder: "", Stack }];
  const bundles = new Bundles(new Map([["checkout/work", new PendingBundle("domains/checkout/lambdas/work.ts")]]));
  new Stack(app, project.entryDomain, { ...stackProps(), bundles });
  expect(() => synthesize(app, { project, domains, bundles })).toThrow(
    'domains/checkout/lambdas/work.ts is not bundled yet. Call "await bundles.ready" before "synthesize", as main.ts does.',
  );
  expect(readdirSync(join(app.outdir, "stacks"))).toEqual([]);
});

test("a text that looks like a secret stops synth, and the error names its place and not its value", () => {
  const secret = `AKIA${"A".repeat(16)}`;
  const withSecret: Define = (stack) => void new TerraformOutput(stack, "key", { value: `the key is ${secret}` });
  const error = messageOf(() => synth({ orders: withSecret }));
  expect(error).toContain("The artifact contains what looks like a secret.");
  expect(error).toContain("\n  orders-int: output.key.value\n  orders-live: output.key.value");
  expect(error).not.toContain(secret);
});

test("the stack with the workspaces of HCP Terraform is a part of the artifact, without a domain.json", () => {
  const app = testApp();
  const state = { kind: "hcp", organization: "team", hostname: "app.terraform.io", execution: "local", workspacesState: "hcp" } as const;
  new Workspaces(app, project, { ...state, keyValueTags: false });
  const artifact = synth({}, { app });
  expect(readdirSync(join(artifact, "stacks/workspaces"))).toEqual(["cdk.tf.json"]);
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}
