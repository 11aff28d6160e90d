import * as z from "zod";

/**
 * What domains may know of each other: events, and parameters that a stack publishes.
 * Imported by stacks, by lambdas and by the commands, so nothing here knows CDKTF.
 */

/** An event as it travels: a queue's message, a table's item, a bus's detail. */
export interface EventDefinition<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** Kebab-case, past tense: `order-placed`. */
  readonly name: string;
  readonly version: number;
  /** Name and version, `order-placed.v1`: how a bus or a topic tells events apart. */
  readonly type: string;
  readonly schema: z.ZodObject<Shape & typeof envelope>;
  /** One valid event. It is the sample that `npm run local` and smoke tests send. */
  readonly example: z.input<z.ZodObject<Shape & typeof envelope>>;
  /** The wire form. @throws z.ZodError when `event` does not fit the schema: a sender's bug is found at the sender. */
  serialize(event: z.input<z.ZodObject<Shape & typeof envelope>>): string;
}

/** What every event carries: the id that follows one request through all domains. */
const envelope = { correlationId: z.string().min(1).max(128) };

/** The value of an event, as a handler gets it. */
export type EventOf<Definition extends EventDefinition> = z.output<Definition["schema"]>;

/** What a sender gives for an event. */
export type InputOf<Definition extends EventDefinition> = z.input<Definition["schema"]>;

/**
 * Defines an event. A change that messages in flight do not survive is a new `version`: a new
 * export beside the old one, which goes when nobody reads it.
 */
export function defineEvent<Shape extends z.ZodRawShape>(definition: {
  name: string;
  version: number;
  schema: z.ZodObject<Shape>;
  example: Omit<z.input<z.ZodObject<Shape>>, "correlationId">;
}): EventDefinition<Shape> {
  const schema = definition.schema.extend(envelope) as unknown as EventDefinition<Shape>["schema"];
  return {
    ...definition,
    type: `${definition.name}.v${definition.version}`,
    schema,
    example: { ...definition.example, correlationId: `example-${definition.name}` } as unknown as EventDefinition<Shape>["example"],
    serialize: (event) => JSON.stringify(schema.parse(event)),
  };
}

/** Parameters that one stack publishes, under `/<project>/<environment>/<domain>/v<version>/<parameter>` in SSM. Never a secret. */
export interface Contract<Parameter extends string = string> {
  readonly domain: string;
  readonly version: number;
  readonly parameters: readonly Parameter[];
}

/** Defines the parameters that a domain publishes. Names are camelCase: `queueUrl`. */
export function defineContract<const Parameter extends string>(contract: Contract<Parameter>): Contract<Parameter> {
  return contract;
}
