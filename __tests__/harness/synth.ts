import { App, Testing } from "cdktf";
import { DomainStack, type DomainStackProps } from "../../shared/domain-stack";
import { Foundation } from "../../shared/foundation/foundation";
import { Bundles } from "../../shared/stack/bundles";
import { type Environment, loadProject, type Project, type ProjectConfig } from "../../shared/stack/config";
import { listFindings } from "../../shared/stack/findings";
import { temporaryFolder } from "./temporary-folder";

/** Bundles without code, because these tests do not run it. */
class StubBundles extends Bundles {
  override get() {
    return { zip: new Uint8Array(), hash: "stub", source: "stub.ts", files: [], packages: [] };
  }
}

export const int = {
  name: "int",
  account: "111111111111",
  network: { cidr: "10.10.0.0/16", zones: 2, nat: "none", interfaceEndpoints: [] },
  logRetentionDays: 14,
  alarmEmail: "alarms@example.com",
  protectData: false,
} satisfies ProjectConfig["environments"][number];

export const live = { ...int, name: "live", account: "222222222222", logRetentionDays: 90, protectData: true };

/** A configuration for tests, so that they do not depend on `project.config.ts`. */
export const config = {
  name: "shop",
  region: "eu-west-1",
  repository: "example/shop",
  github: { ownerId: "1234", repositoryId: "5678" },
  runtime: "nodejs22.x",
  state: { kind: "local" },
  entryDomain: "checkout",
  environments: [int, live],
} satisfies ProjectConfig;
export const project: Project = loadProject(config);

/**
 * The props of a stack in the environment `int`.
 * @param changes replace settings of the environment
 */
export function stackProps(changes: Partial<Environment> = {}): DomainStackProps {
  return { project, environment: { ...int, ...changes }, bundles: new StubBundles() };
}

/** An app that writes to a temporary folder. */
export function testApp(outdir = temporaryFolder()): App {
  return new App({ stackTraces: false, outdir });
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into the JSON of Terraform, which has no types
export type Json = any;

export interface Synthesized<Stack extends DomainStack = DomainStack> {
  /** The content of the stack's `cdk.tf.json`. */
  json: Json;
  /** The findings with which synth would fail, as text. */
  findings: string[];
  stack: Stack;
}

/** A class of a domain whose `define()` calls the function. */
export function domainClass(define: (stack: DomainStack) => void) {
  return class extends DomainStack {
    protected define(): void {
      define(this);
    }
  };
}

/** Synthesizes a domain called `sample`, whose `define()` calls the function. */
export function synthDomain(define: (stack: DomainStack) => void, changes: Partial<Environment> = {}): Synthesized {
  const app = testApp();
  const stack = new (domainClass(define))(app, "sample", stackProps(changes));
  return { stack, findings: listFindings(app), json: JSON.parse(Testing.synth(stack)) };
}

/**
 * Synthesizes the foundation of one environment.
 * @param domains what the `define()` of each domain in the environment does
 */
export function synthFoundation(
  changes: Partial<Environment> = {},
  domains: Record<string, (stack: DomainStack) => void> = {},
): Synthesized<Foundation> {
  const app = testApp();
  for (const [name, define] of Object.entries(domains)) new (domainClass(define))(app, name, stackProps(changes));
  const stack = new Foundation(app, "shared", stackProps(changes));
  return { stack, findings: listFindings(app), json: JSON.parse(Testing.synth(stack)) };
}

/** The attributes of all resources of a type. */
export function resources(json: Json, type: string): Json[] {
  return Object.values(json.resource?.[type] ?? {});
}

/**
 * The attributes of the only resource of a type.
 * @throws Error when there is none, or more than one
 */
export function resource(json: Json, type: string): Json {
  const found = resources(json, type);
  if (found.length !== 1) throw new Error(`expected one ${type}, found ${found.length}`);
  return found[0];
}

/**
 * The attributes of the resource or data source in a reference such as `${aws_iam_role.work_role.arn}`.
 * @throws Error when it is not in the stack
 */
export function referred(json: Json, reference: string): Json {
  const [, dataPrefix, type = "", id = ""] = /\$\{(data\.)?(\w+)\.([\w-]+)\./.exec(reference) ?? [];
  const blocks = dataPrefix ? json.data : json.resource;
  const found = blocks?.[type]?.[id];
  if (!found) throw new Error(`${reference} is not a reference to anything in the stack`);
  return found;
}

/** The statements of the policy document in a reference such as `${data.aws_iam_policy_document.trust.json}`. */
export function statements(json: Json, reference: string): Json[] {
  return referred(json, reference).statement;
}

/** The findings of an app, after `build` added constructs to it. */
export function findingsOf(build: (app: App) => void): string[] {
  const app = testApp();
  build(app);
  return listFindings(app);
}
