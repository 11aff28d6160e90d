import { resolve } from "node:path";
import type * as z from "zod";
import type { Declared } from "../shared/runtime/handler";
import type { LambdaDescription, TriggerDescription } from "../shared/stack-description";
import { type Convention, firstResource, type Json, resourcesOf, type SynthesizedStack } from "./convention";

const FUNCTION = "aws_lambda_function";

/** What a handler declares in its file is what its stack gives to it. */
export const handlerConventions: Convention[] = [
  {
    id: "handler-declarations",
    rule: "a handler's file and its stack agree on the trigger, the event, the environment variables and idempotency",
    noExceptions: "The lambda would fail with its first event, or handle an event twice.",
    check: (stack) => {
      const { json, description } = stack;
      return [
        ...description.lambdas.flatMap((lambda) => {
          const declared = declarationsOf(lambda);
          if (!declared) return [];
          const triggers = description.triggers.filter((trigger) => trigger.lambdas.includes(lambda.name));
          return disagreements(declared, triggers, variablesOf(json, lambda)).map((problem) => ({
            problem: `${lambda.source} ${problem}`,
          }));
        }),
        ...description.triggers.flatMap((trigger) => unhandledEvent(stack, trigger).map((problem) => ({ problem }))),
      ];
    },
    counterExamples: [
      { title: "another trigger", change: ({ description }) => Object.assign(description.triggers[0] ?? {}, { kind: "table" }) },
      { title: "another event", change: ({ description }) => Object.assign(description.triggers[0] ?? {}, { event: "thing-done.v2" }) },
      {
        title: "a declared variable that the stack does not set",
        change: ({ json }) => delete firstResource(json, FUNCTION, /work/).environment.variables.PLACE,
      },
      {
        title: "an idempotencyKey without an idempotency table",
        change: ({ json }) => delete firstResource(json, FUNCTION, /work/).environment.variables.IDEMPOTENCY_TABLE,
      },
      {
        title: "an idempotency table without an idempotencyKey",
        change: ({ description }) =>
          Object.assign(description.lambdas.find(({ name }) => name === "work") ?? {}, {
            source: "__tests__/harness/handlers/work-without-key.ts",
          }),
      },
    ],
  },
];

/** What a handler declares. Undefined when the handler is not made with `shared/runtime`. */
function declarationsOf({ source }: LambdaDescription): Declared | undefined {
  return require(resolve(source)).handler?.declared;
}

function variablesOf(json: Json, { functionName }: LambdaDescription): object {
  const lambda = resourcesOf(json, FUNCTION).find(({ attributes }) => attributes.function_name === functionName);
  return lambda?.attributes.environment?.variables ?? {};
}

function disagreements(declared: Declared, triggers: TriggerDescription[], variables: object): string[] {
  const otherTriggers = triggers.filter(({ kind }) => kind !== declared.trigger);
  const missingVariables = requiredVariables(declared).filter((name) => !(name in variables));
  const hasTable = "IDEMPOTENCY_TABLE" in variables;
  const problems = [
    ...otherTriggers.map(({ id, kind }) => `is made for the trigger kind ${declared.trigger}, but the ${kind} ${id} invokes it`),
    ...missingVariables.map((name) => `declares the variable ${name}, but stack.ts does not set it`),
  ];
  if (declared.idempotent && !hasTable) problems.push("has an idempotencyKey, but stack.ts does not set idempotent: true");
  if (!declared.idempotent && hasTable) problems.push("has no idempotencyKey, but stack.ts sets idempotent: true");
  return problems;
}

/** The declared variables that have no default. AWS sets its own variables. */
function requiredVariables({ environment }: Declared): string[] {
  const fields = Object.entries((environment as z.ZodObject | undefined)?.shape ?? {}) as [string, z.ZodType][];
  return fields.filter(([name, field]) => !name.startsWith("AWS_") && !field.safeParse(undefined).success).map(([name]) => name);
}

/** The event of a trigger that none of its lambdas handles. One of several lambdas can handle another event, with a filter. */
function unhandledEvent({ description }: SynthesizedStack, { id, event, lambdas }: TriggerDescription): string[] {
  if (!event) return [];
  const declarations = description.lambdas.filter(({ name }) => lambdas.includes(name)).map(declarationsOf);
  const isHandled = declarations.some((declared) => !declared || declared.event === event);
  if (isHandled) return [];
  const handled = declarations.map((declared) => declared?.event).join(", ");
  return [`${id} delivers ${event}, but its lambdas handle ${handled || "nothing"}`];
}
