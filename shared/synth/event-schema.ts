import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { App } from "cdktf";
import * as z from "zod";
import type { EventDefinition } from "../contract";
import { days } from "../duration";
import { schemaProblems } from "../schema-problems";
import { addFinding } from "../stack/findings";
import type { EventDescription } from "../stack-description";

/** Of which JSON Schema says all. What else a schema may be made of would change unseen by `npm run compat`. */
const TYPES = `any array boolean default enum intersection lazy literal never nonoptional null nullable number object optional
  prefault readonly record string template_literal tuple union unknown`.split(/\s+/);
const CHECKS = ["greater_than", "less_than", "multiple_of", "number_format", "min_length", "max_length", "length_equals", "string_format"];

/** What zod's definitions of schemas and of checks may hold. */
type Definition = Record<string, unknown> & { pattern?: RegExp; checks?: { _zod: { def: Definition } }[] };

/** The events that a domain's `contract.ts` exports. What JSON Schema cannot say of one becomes a finding. */
export function describeEvents(app: App, domainFolder: string): EventDescription[] {
  const file = join(domainFolder, "contract.ts");
  const exported: Partial<EventDefinition>[] = existsSync(file) ? Object.values(require(file)) : [];
  const events = [...new Set(exported)].filter((each): each is EventDefinition => Boolean(each?.schema && each.serialize));
  return events.map(({ name, version, schema, example }) => {
    const contract = `domains/${basename(domainFolder)}/contract.ts`;
    const { error } = schema.safeParse(example);
    if (error) addFinding(app, `${name} v${version}: the example does not fit the schema: ${schemaProblems(error).join("; ")}`, contract);
    const refuse = (path: (string | number)[], what: unknown) => {
      const field = path.filter((part) => part !== "properties").join(".") || "the event";
      const fix = "use what JSON has (a date is z.iso.datetime()), and do the rest in the handler";
      const message = `${name} v${version}: ${field} has "${what}", which JSON Schema cannot say, so that no check would see it change; ${fix}`;
      addFinding(app, message, contract);
    };
    return { name, version, schema: jsonSchemaOf(schema, refuse) };
  });
}

/** The JSON Schema of what a receiver takes; `x-zod` says what JSON Schema has no keyword for. */
function jsonSchemaOf(schema: z.ZodType, refuse: (path: (string | number)[], what: unknown) => void): Record<string, unknown> {
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: ({ zodSchema, path }) => {
      refuse(path, zodSchema._zod.def.type);
      return "any";
    },
    override: ({ zodSchema, jsonSchema, path }) => {
      const definition = zodSchema._zod.def as unknown as Definition;
      const { type, coerce, inclusive, discriminator } = definition;
      if (!TYPES.includes(String(type))) refuse(path, type);
      if (coerce) refuse(path, "coerce");
      if ("defaultValue" in definition && isMadeAnew(definition)) refuse(path, "a default made anew each time");
      if (inclusive === false && !discriminator) refuse(path, "xor");
      const checks = [definition, ...(definition.checks ?? []).map((each) => each._zod.def)].filter(({ check }) => check);
      for (const { check, fn, pattern } of checks) if (!CHECKS.includes(String(check)) || (fn && !pattern)) refuse(path, check);
      const unsaid = checks.filter(({ check, pattern }) => check === "string_format" && (!pattern || pattern.flags));
      const options = unsaid.map((each) => [each.format, each.pattern, each.protocol, each.hostname, each.normalize, each.alg]);
      if (options.length > 0) Object.assign(jsonSchema, { "x-zod": options.map((each) => each.filter(Boolean).join(" ")) });
    },
  });
}

/** Whether a default comes of the clock or of chance: it would stand in the artifact, which is the same at every time. */
function isMadeAnew(definition: Definition): boolean {
  const value = () => JSON.stringify(definition.defaultValue);
  const first = value();
  const [Today, later] = [Date, Date.now() + days(400) * 1000];
  const Later = class extends Today {
    constructor(...given: []) {
      super(...((given.length > 0 ? given : [later]) as []));
    }
    static override now = () => later;
  };
  globalThis.Date = Later as DateConstructor;
  try {
    return first !== value();
  } finally {
    globalThis.Date = Today;
  }
}
