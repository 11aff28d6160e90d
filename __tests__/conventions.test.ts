import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ARTIFACT_CONVENTIONS } from "../conventions/artifact-violations";
import type { SynthesizedStack } from "../conventions/convention";
import { HANDLER_CONVENTIONS } from "../conventions/handlers";
import * as nameRules from "../conventions/names";
import { POLICY_CONVENTIONS } from "../conventions/policy-violations";
import { CONVENTIONS, type Damage, one } from "../conventions/violations";
import config from "../project.config";
import { stacksOf, synthClone } from "./harness/clone";
import { projectCopy } from "./harness/project-copy";
import { synthSpecimens } from "./harness/specimens";

/** Every stack of every environment of the project. */
let stacks: SynthesizedStack[];

beforeAll(async () => {
  const clone = projectCopy();
  expect(await synthClone(clone)).toMatchObject({ exitCode: 0, stderr: "" });
  stacks = stacksOf(join(clone, "cdktf.out"));
}, 120_000);

/** Stacks that keep every rule and hold what every rule is about, whatever the project's own domains are. */
const specimens = synthSpecimens();

/** A copy of a specimen, broken. */
function broken(domain: string, damage: Damage): SynthesizedStack {
  const stack = structuredClone(specimens.find(({ description }) => description.domain === domain));
  if (!stack) throw new Error(`there is no ${domain}`);
  damage(stack.json, stack.description);
  return stack;
}

test("every environment has its shared stack and every domain", () => {
  const folders = readdirSync(join(__dirname, "../domains"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const expected = config.environments.flatMap(({ name }) =>
    ["shared", ...folders.map((folder) => folder.name)].map((domain) => `${domain}-${name}`),
  );
  expect(stacks.map(({ description }) => description.stack).sort()).toEqual(expected.sort());
});

test("every kind of trigger has a specimen that the rules are tried on", () => {
  const kinds = readdirSync(join(__dirname, "../shared/triggers")).flatMap((file) => /^(.+)-trigger\.ts$/.exec(file)?.slice(1) ?? []);
  const tried = specimens.flatMap(({ description }) => description.triggers.map(({ kind }) => kind));
  expect([...new Set(tried)].sort()).toEqual(kinds.sort());
});

describe.each([...CONVENTIONS, ...POLICY_CONVENTIONS, ...ARTIFACT_CONVENTIONS, ...HANDLER_CONVENTIONS])("%s", (_, rule, damages) => {
  const violations = (all: SynthesizedStack[]) => all.flatMap((stack) => rule(stack).map((text) => `${stack.description.stack}: ${text}`));

  test("in every stack of every environment", () => {
    expect(violations(specimens)).toEqual([]);
    expect(violations(stacks)).toEqual([]);
  });

  test.each(damages)("or else, in %s, %s is found", (domain, _, damage) => {
    expect(rule(broken(domain, damage))).not.toEqual([]);
  });
});

describe("between stacks", () => {
  test("no two resources of an account have one name, and two that have are found", () => {
    expect(nameRules.uniqueNames(stacks)).toEqual([]);
    const damage: Damage = (json) => (one(json, "aws_sqs_queue", /entries/).name = one(json, "aws_sqs_queue", /things_queue/).name);
    expect(nameRules.uniqueNames([broken("sample", damage)])).toEqual(["222222222222 aws_sqs_queue shop-sample-live-things"]);
  });

  test("no two buckets of the world have one name, and two of different accounts that have are found", () => {
    const elsewhere = broken("sample", (json, description) => {
      json.resource = { aws_s3_bucket: json.resource.aws_s3_bucket };
      description.account = "333333333333";
    });
    expect(nameRules.uniqueNames([...specimens, elsewhere])).toEqual([expect.stringMatching(/^the world aws_s3_bucket /)]);
  });

  test("no two stacks share a state, and two that do are found", () => {
    expect(nameRules.uniqueStates(stacks)).toEqual([]);
    expect(nameRules.uniqueStates([...specimens, broken("sample", () => {})])).toEqual([expect.stringContaining("sample-live.tfstate")]);
    const inS3: Damage = (json) => (json.terraform.backend = { s3: { key: "sample", bucket: "states" } });
    expect(nameRules.uniqueStates([broken("sample", inS3), broken("shared", inS3)])).toEqual(["sample"]);
    expect(nameRules.uniqueStates([broken("sample", (json) => delete json.terraform.backend)])).toEqual(["nowhere"]);
  });

  test("no two stacks share a workspace, and two that do are found", () => {
    expect(nameRules.uniqueWorkspaces(stacks)).toEqual([]);
    const damage: Damage = (_, description) => (description.domain = "shared");
    expect(nameRules.uniqueWorkspaces([...specimens, broken("sample", damage)])).toEqual(["shop-shared-live"]);
    expect(nameRules.uniqueWorkspaces([broken("sample", (_, description) => (description.domain = "a b"))])).toEqual(["shop-a b-live"]);
  });

  test("no state has an absolute path, and one that has is found", () => {
    expect(nameRules.uniqueStates([broken("sample", (json) => (json.terraform.backend.local.path = "/state"))])).toEqual(["/state"]);
  });

  test("every contract that is read is published, and one that is not is found", () => {
    expect(nameRules.publishedContracts(stacks)).toEqual([]);
    expect(nameRules.publishedContracts([broken("sample", () => {})])).toContain("/shop/live/shared/v1/alarmTopicArn");
  });

  test("no stack refers to another but by contract, so that each deploys alone", () => {
    for (const { json } of stacks) expect(JSON.stringify(json)).not.toMatch(/terraform_remote_state|cross-stack/);
  });
});
