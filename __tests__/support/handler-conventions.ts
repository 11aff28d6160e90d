import { resolve } from "node:path";
import type * as z from "zod";
import type { Declared } from "../../shared/runtime/handler";
import type { LambdaDescription, TriggerDescription } from "../../shared/stack-description";
import { each, type Rule } from "./conventions";
import type { Json } from "./synth";
import type { Damage } from "./violations";

/** Rules of what a handler's file and the stack that wires it must agree in. What differs would fail with the first event, and no sooner. */

/** What the handler says of itself; nothing, where it is made without `shared/runtime`. */
const declaredBy = ({ source }: LambdaDescription): Declared | undefined => require(resolve(source)).handler?.declared;

function disagreements(lambda: LambdaDescription, triggers: TriggerDescription[], variables: object): string[] {
  const declared = declaredBy(lambda);
  if (!declared) return [];
  const names = Object.keys((declared.environment as z.ZodObject | undefined)?.shape ?? {});
  return [
    ...triggers.flatMap(({ id, kind, event }) => [
      ...(kind === declared.trigger ? [] : [`is made for a ${declared.trigger}, and the ${kind} ${id} invokes it`]),
      ...(event === declared.event ? [] : [`takes ${declared.event}, and ${id} hands it ${event}`]),
    ]),
    ...names.filter((name) => !(name in variables)).map((name) => `reads ${name}, which stack.ts does not give it`),
    ...(declared.idempotent && !("IDEMPOTENCY_TABLE" in variables) ? ["does things once, and stack.ts does not say idempotent: true"] : []),
    ...(!declared.idempotent && "IDEMPOTENCY_TABLE" in variables
      ? ["is idempotent in stack.ts, and its file does not say by what key"]
      : []),
  ];
}

export const handlers: Rule = ({ json, description: { lambdas, triggers } }) =>
  lambdas.flatMap((lambda) => {
    const [, made] = each(json, "aws_lambda_function").find(([, { function_name }]) => function_name === lambda.functionName) ?? [];
    const wired = triggers.filter((trigger) => trigger.lambdas.includes(lambda.name));
    return disagreements(lambda, wired, made?.environment?.variables ?? {}).map((text) => `${lambda.source} ${text}`);
  });

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
          Object.assign(lambdas.find(({ name }) => name === "work") ?? {}, { source: "__tests__/support/handlers/forgetful-work.ts" }),
      ],
    ],
  ],
];
