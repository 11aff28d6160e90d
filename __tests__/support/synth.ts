import { App, Testing } from "cdktf";
import config from "../../project.config";
import { type Environment, loadProject, type Project } from "../../shared/config";
import { DomainStack } from "../../shared/domain-stack";
import type { EnvironmentStackProps } from "../../shared/environment-stack";
import { listFindings } from "../../shared/findings";
import { Bundles } from "../../shared/lambda/bundles";

/** Code that no test looks at. */
class StubBundles extends Bundles {
  override get() {
    return { zip: new Uint8Array(), hash: "stub", source: "stub.ts" };
  }
}

/** The shipped configuration, checked. */
export const project: Project = loadProject(config);

/** What a stack is given; its first environment, with changes where a test needs them. */
export function stackProps(changes: Partial<Environment> = {}): EnvironmentStackProps {
  const [environment] = project.environments;
  if (!environment) throw new Error("project.config.ts has no environment");
  return { project, environment: { ...environment, ...changes }, bundles: new StubBundles() };
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into Terraform's JSON wherever they like
export type Json = any;

export interface Synthesized {
  /** The stack as Terraform reads it. */
  json: Json;
  /** What synth would refuse, one text each. */
  findings: string[];
  stack: DomainStack;
}

/** Synthesizes one domain, called `sample`, from the body of its `define()`. */
export function synthDomain(define: (stack: DomainStack) => void, changes: Partial<Environment> = {}): Synthesized {
  class Sample extends DomainStack {
    protected define(): void {
      define(this);
    }
  }
  const app = new App({ stackTraces: false, outdir: Testing.app().outdir });
  const stack = new Sample(app, "sample", stackProps(changes));
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
