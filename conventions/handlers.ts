import { resolve } from "node:path";
import type * as z from "zod";
import type { Json } from "../__tests__/harness/synth";
import type { Declared } from "../shared/runtime/handler";
import type { LambdaDescription, TriggerDescription } from "../shared/stack-description";
import { each, type Rule } from "./convention";
import type { Damage } from "./violations";

/** Rules of what a handler's file and the stack that wires it must agree in. What differs would fail with the first event, and no sooner. */

/** What the handler says of itself; nothing, where it is made without `shared/runtime`. */
const declaredBy = ({ source }: LambdaDescription): Declared | undefined => require(resolve(source)).handler?.declared;

/** Variables that it cannot do without; those of AWS's own are always there. */
function neededBy({ environment }: Declared): string[] {
  const fields = Object.entries((environment as z.ZodObject | undefined)?.shape ?? {}) as [string, z.ZodType][];
  return fields.filter(([name, field]) => !name.startsWith("AWS_") && !field.safeParse(undefined).success).map(([name]) => name);
}

function disagreements(declared: Declared, wired: TriggerDescription[], variables: object): string[] {
  const isGiven = "IDEMPOTENCY_TABLE" in variables;
  return [
    ...wired
      .filter(({ kind }) => kind !== declared.trigger)
      .map(({ id, kind }) => `is made for a ${declared.trigger}, and the ${kind} ${id} invokes it`),
    ...neededBy(declared).flatMap((name) => (name in variables ? [] : [`reads ${name}, which stack.ts does not give it`])),
    ...(declared.idempotent && !isGiven ? ["does things once, and stack.ts does not say idempotent: true"] : []),
    ...(!declared.idempotent && isGiven ? ["is idempotent in stack.ts, and its file does not say by what key"] : []),
  ];
}

export const handlers: Rule = ({ json, description: { lambdas, triggers } }) => [
  ...lambdas.flatMap((lambda) => {
    const declared = declaredBy(lambda);
    const [, made] = each(json, "aws_lambda_function").find(([, { function_name }]) => function_name === lambda.functionName) ?? [];
    const wired = triggers.filter((trigger) => trigger.lambdas.includes(lambda.name));
    const problems = declared ? disagreements(declared, wired, made?.environment?.variables ?? {}) : [];
    return problems.map((text) => `${lambda.source} ${text}`);
  }),
  // One of its lambdas may take another, by a filter of its own.
  ...triggers.flatMap(({ id, event, lambdas: wired }) => {
    const taken = lambdas.filter(({ name }) => wired.includes(name)).map((lambda) => declaredBy(lambda));
    const isMissed = event && taken.every((declared) => declared && declared.event !== event);
    return isMissed ? [`${id} hands out ${event}, and its lambdas take ${taken.map((declared) => declared?.event).join(", ")}`] : [];
  }),
];

const work = (json: Json): Json => each(json, "aws_lambda_function").find(([, { function_name }]) => function_name.endsWith("-work"))?.[1];

export const HANDLER_CONVENTIONS: [string, Rule, [string, string, Damage][]][] = [
  [
    "a handler's file and its stack agree in trigger, event, variables and idempotency",
    handlers,
    [
      ["sample", "another trigger", (_, { triggers }) => Object.assign(triggers[0] ?? {}, { kind: "table" })],
      ["sample", "another event", (_, { triggers }) => Object.assign(triggers[0] ?? {}, { event: "thing-done.v2" })],
      ["sample", "a variable that is not given", (json) => delete work(json).environment.variables.PLACE],
      ["sample", "a key without a table", (json) => delete work(json).environment.variables.IDEMPOTENCY_TABLE],
      [
        "sample",
        "a table without a key",
        (_, { lambdas }) =>
          Object.assign(lambdas.find(({ name }) => name === "work") ?? {}, { source: "__tests__/harness/handlers/forgetful-work.ts" }),
      ],
    ],
  ],
];
