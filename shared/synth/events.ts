import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { App } from "cdktf";
import { type EventDefinition, isEvent } from "../contract";
import { schemaProblems } from "../schema-problems";
import { addFinding } from "../stack/findings";
import type { EventDescription } from "../stack-description";
import { findComputedDefaults } from "./computed-defaults";
import { toJsonSchema } from "./event-schema";

/**
 * Describes the events of a domain for `domain.json`: everything that its `contract.ts` exports and `defineEvent` made.
 *
 * Schemas get into `domain.json` only from here. Constructs cannot provide them, because no construct knows the
 * events that a lambda only sends, to a bus or to a queue of another domain. A trigger gives the type and the example of its
 * event, and `checkTriggerEventsAreExported` makes sure that a contract exports that event.
 *
 * An event with an invalid example, or with a schema that `npm run compat` could not compare, becomes a finding.
 */
export function describeEvents(app: App, domainFolder: string): EventDescription[] {
  const file = join(domainFolder, "contract.ts");
  if (!existsSync(file)) return [];
  const contract = `domains/${basename(domainFolder)}/contract.ts`;
  checkDefaults(app, contract, readFileSync(file, "utf8"));
  // A Set, because a contract can export the same event under two names.
  const events = new Set(Object.values<unknown>(require(file)).filter(isEvent));
  return [...events].map((event) => describeEvent(app, contract, event));
}

function describeEvent(app: App, contract: string, { name, version, schema, example }: EventDefinition): EventDescription {
  const { error } = schema.safeParse(example);
  if (error)
    addFinding(app, `the example of ${name} v${version} does not match its schema: ${schemaProblems(error).join("; ")}.`, contract);

  const { jsonSchema, inexpressible } = toJsonSchema(schema);
  for (const { field, feature } of inexpressible) {
    const problem = `${name} v${version}: ${field || "the event"} has "${feature}", which JSON Schema cannot express`;
    const fix = "Use types that JSON has (a date is z.iso.datetime()), and do the rest in the handler.";
    addFinding(app, `${problem}, so "npm run compat" would not see a change of it. ${fix}`, contract);
  }
  return { name, version, schema: jsonSchema };
}

function checkDefaults(app: App, contract: string, source: string): void {
  for (const line of findComputedDefaults(source)) {
    const problem = "the default is not a literal, so the schema could change without a change of the code";
    addFinding(app, `${problem}. Write the value itself, as in .default(1), or make the field optional.`, `${contract}:${line}`);
  }
}
