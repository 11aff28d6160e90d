import { App, Testing } from "cdktf";
import { DomainStack, type DomainStackProps } from "../../shared/domain-stack";
import { Foundation } from "../../shared/foundation/foundation";
import { Bundles } from "../../shared/stack/bundles";
import { type Environment, loadProject, type Project, type ProjectConfig } from "../../shared/stack/config";
import { listFindings } from "../../shared/stack/findings";
import { temporaryFolder } from "./temporary-folder";

/** Code that no test looks at. */
class StubBundles extends Bundles {
  override get() {
    return { zip: new Uint8Array(), hash: "stub", source: "stub.ts" };
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

/** A configuration of the tests' own: they say the same whatever yours says. */
export const config = {
  name: "shop",
  region: "eu-west-1",
  repository: "example/shop",
  runtime: "nodejs22.x",
  state: { kind: "local" },
  entryDomain: "checkout",
  environments: [int, live],
} satisfies ProjectConfig;
export const project: Project = loadProject(config);

/** What a stack is given in `int`, with changes where a test needs them. */
export function stackProps(changes: Partial<Environment> = {}): DomainStackProps {
  return { project, environment: { ...int, ...changes }, bundles: new StubBundles() };
}

/** An app that writes nowhere near the artifact. */
export function testApp(outdir = temporaryFolder()): App {
  return new App({ stackTraces: false, outdir });
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into Terraform's JSON wherever they like
export type Json = any;

export interface Synthesized<Stack extends DomainStack = DomainStack> {
  /** The stack as Terraform reads it. */
  json: Json;
  /** What synth would refuse, one text each. */
  findings: string[];
  stack: Stack;
}

/** A domain from the body of its `define()`. */
export function domainClass(define: (stack: DomainStack) => void) {
  return class extends DomainStack {
    protected define(): void {
      define(this);
    }
  };
}

/** Synthesizes one domain, called `sample`, from the body of its `define()`. */
export function synthDomain(define: (stack: DomainStack) => void, changes: Partial<Environment> = {}): Synthesized {
  const app = testApp();
  const stack = new (domainClass(define))(app, "sample", stackProps(changes));
  return { stack, findings: listFindings(app), json: JSON.parse(Testing.synth(stack)) };
}

/** Synthesizes the foundation of one environment. */
export function synthFoundation(changes: Partial<Environment> = {}): Synthesized<Foundation> {
  const app = testApp();
  const stack = new Foundation(app, "shared", stackProps(changes));
  return { stack, findings: listFindings(app), json: JSON.parse(Testing.synth(stack)) };
}

/** All resources of a type, without their Terraform ids. */
export function resources(json: Json, type: string): Json[] {
  return Object.values(json.resource?.[type] ?? {});
}

/** The one resource of a type. */
export function resource(json: Json, type: string): Json {
  const [only, ...others] = resources(json, type);
  if (!only || others.length > 0) throw new Error(`expected one ${type}, found ${others.length + (only ? 1 : 0)}`);
  return only;
}

/** The resource that an attribute refers to: `${aws_iam_role.work_role.arn}`. */
export function referred(json: Json, reference: string): Json {
  const [, data, type = "", id = ""] = /\$\{(data\.)?(\w+)\.([\w-]+)\./.exec(reference) ?? [];
  const found = (data ? json.data : json.resource)?.[type]?.[id];
  if (!found) throw new Error(`${reference} refers to nothing in the stack`);
  return found;
}

/** The statements of the policy document that an attribute refers to. */
export function statements(json: Json, reference: string): Json[] {
  return referred(json, reference).statement;
}

/** What was found while `build` ran on an app of its own. */
export function findingsOf(build: (app: App) => void): string[] {
  const app = testApp();
  build(app);
  return listFindings(app);
}
