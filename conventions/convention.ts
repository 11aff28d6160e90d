import type { Environment } from "../shared/stack/config";
import type { StackDescription } from "../shared/stack-description";

/** The types that every convention is made of, and functions that look into the Terraform JSON of a stack. */

/** A rule that every stack of every environment must obey. `docs/conventions.md` has a row for each. */
export interface Convention {
  /** In kebab-case: `log-retention`. Exceptions refer to it. */
  id: string;
  /** The rule as a plain sentence. */
  rule: string;
  /**
   * Why no stack may be an exception, as a sentence.
   * @default exceptions are allowed; every violation must then name its resource
   */
  noExceptions?: string;
  /**
   * Finds the violations in one stack.
   * @param stacks all stacks of all environments, for rules that compare stacks
   */
  check: (stack: SynthesizedStack, stacks: SynthesizedStack[]) => Violation[];
  /** Changes that break the rule. The check must find each of them. */
  counterExamples: CounterExample[];
}

/** A stack of the artifact. */
export interface SynthesizedStack {
  /** The folder of the stack: its `cdk.tf.json`, its `domain.json` and its lambdas' zips. */
  folder: string;
  /** The content of `cdk.tf.json`. */
  json: Json;
  /** The content of `domain.json`. */
  description: StackDescription;
  environment: Environment;
}

export interface Violation {
  /** Terraform address of the resource that breaks the rule: `aws_sqs_queue.placed_queue_9D7D83A2`. */
  resource?: string;
  /** Details that the rule's sentence does not have, such as the value. */
  problem?: string;
}

/** Breaks a rule in one of the specimens, which are two stacks that obey every rule (`__tests__/harness/specimens.ts`). */
export interface CounterExample {
  /** Completes the sentence "finds …". */
  title: string;
  /**
   * The specimen that is changed: `sample`, a domain with every kind of trigger, or `shared`, a foundation.
   * @default "sample"
   */
  specimen?: "sample" | "shared";
  /**
   * Changes a copy of the specimen.
   * @param stacks the copies of both specimens; more can be added
   */
  change: (stack: SynthesizedStack, stacks: SynthesizedStack[]) => unknown;
  /**
   * A part of the violation that must be found.
   * @default any violation will do
   */
  finds?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: rules look into the JSON of Terraform, which has no types
export type Json = any;

/** A resource or a data source in the JSON of Terraform. */
export interface TerraformBlock {
  type: string;
  id: string;
  /** `aws_sqs_queue.placed_queue_9D7D83A2`; of a data source `data.aws_iam_policy_document.trust_ECC4FC1D`. */
  address: string;
  attributes: Json;
}

/** The resources of a stack. */
export function allResources(json: Json): TerraformBlock[] {
  return blocksOf(json.resource, "");
}

/** The resources of one type. */
export function resourcesOf(json: Json, type: string): TerraformBlock[] {
  return blocksOf({ [type]: json.resource?.[type] ?? {} }, "");
}

/** The data sources of a stack. */
export function allDataSources(json: Json): TerraformBlock[] {
  return blocksOf(json.data, "data.");
}

/** The data sources of one type. */
export function dataSourcesOf(json: Json, type: string): TerraformBlock[] {
  return blocksOf({ [type]: json.data?.[type] ?? {} }, "data.");
}

function blocksOf(blocksByType: Json, prefix: "" | "data."): TerraformBlock[] {
  return Object.entries<Json>(blocksByType ?? {}).flatMap(([type, blocksById]) =>
    Object.entries<Json>(blocksById).map(([id, attributes]) => ({ type, id, address: `${prefix}${type}.${id}`, attributes })),
  );
}

/** A violation for each resource of a type that does not meet the condition. */
export function resourcesFailing(
  json: Json,
  type: string,
  isMet: (attributes: Json, resource: TerraformBlock) => unknown,
  problem?: string,
): Violation[] {
  return resourcesOf(json, type)
    .filter((resource) => !isMet(resource.attributes, resource))
    .map(({ address }) => ({ resource: address, problem }));
}

/** Whether a value contains a reference to an attribute of the block, such as `${aws_sqs_queue.placed_queue_9D7D83A2.arn}`. */
export function refersTo(value: unknown, { address }: TerraformBlock): boolean {
  return JSON.stringify(value ?? "").includes(`\${${address}.`);
}

/** The resource of a type that a value refers to. */
export function referredResource(json: Json, type: string, value: unknown): TerraformBlock | undefined {
  return resourcesOf(json, type).find((resource) => refersTo(value, resource));
}

/** The names of all attributes that have a value, in nested blocks too. */
export function attributeNamesIn(value: Json): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(attributeNamesIn);
  return Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [name, ...attributeNamesIn(inner)]));
}

/** Every text in a value, and every key. */
export function textsIn(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
}

/** The texts that are in the list more than once. */
export function duplicatesIn(texts: string[]): Set<string> {
  const seen = new Set<string>();
  const duplicates = new Set<string>();
  for (const text of texts) {
    if (seen.has(text)) duplicates.add(text);
    seen.add(text);
  }
  return duplicates;
}

/**
 * For counter-examples: the attributes of the first resource of a type whose Terraform id matches.
 * @throws Error when there is none
 */
export function firstResource(json: Json, type: string, id = /./): Json {
  return first(resourcesOf(json, type), type, id);
}

/**
 * For counter-examples: the attributes of the first data source of a type whose Terraform id matches.
 * @throws Error when there is none
 */
export function firstDataSource(json: Json, type: string, id = /./): Json {
  return first(dataSourcesOf(json, type), type, id);
}

function first(blocks: TerraformBlock[], type: string, id: RegExp): Json {
  const found = blocks.find((block) => id.test(block.id));
  if (!found) throw new Error(`The specimen has no ${type} whose id matches ${id}`);
  return found.attributes;
}

/**
 * For counter-examples: removes the resources of a type whose Terraform ids match.
 * @throws Error when there is none
 */
export function removeResources(json: Json, type: string, id = /./): void {
  const removed = resourcesOf(json, type).filter((resource) => id.test(resource.id));
  if (removed.length === 0) throw new Error(`The specimen has no ${type} whose id matches ${id}`);
  for (const resource of removed) delete json.resource[type][resource.id];
}
