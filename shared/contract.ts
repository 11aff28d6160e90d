import * as z from "zod";
import { eventType } from "./naming";

/**
 * A domain's `contract.ts` has everything that other domains can know about it: its events, and the parameters that its stack
 * publishes. Stacks, lambdas and commands import contracts, so nothing here imports CDKTF.
 */

/** The fields that every event has. */
const envelope = {
  /** Follows one request through all domains and their logs. */
  correlationId: z.string().min(1).max(128),
};

/**
 * Marks a value that {@link defineEvent} returned, so that synth recognises the events among the exports of a `contract.ts`.
 * The symbol is in the global registry, so that it is the same if this module is loaded twice.
 */
const EVENT: unique symbol = Symbol.for("EventDefinition");

/** An event as it travels: a message of a queue, an item of a table, a detail on a bus. Made by {@link defineEvent}. */
export interface EventDefinition<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly [EVENT]: true;
  /** Kebab-case, in the past tense: `order-placed`. */
  readonly name: string;
  /** Counts from 1. */
  readonly version: number;
  /** The name and the version, by which a bus or a topic tells events apart: `order-placed.v1`. */
  readonly type: string;
  readonly schema: z.ZodObject<Shape & typeof envelope>;
  /** A valid event. `npm run local` and smoke tests send it. */
  readonly example: z.input<z.ZodObject<Shape & typeof envelope>>;
  /**
   * Converts an event to the text that is sent.
   * @throws z.ZodError when the event does not match the schema, so that the sender fails, not the receiver
   */
  serialize(event: z.input<z.ZodObject<Shape & typeof envelope>>): string;
}

/** The value of an event that a handler receives. Defaults of the schema are filled in. */
export type EventOf<Definition extends EventDefinition> = z.output<Definition["schema"]>;

/** The value of an event that a sender provides. Fields with a default can be left out. */
export type InputOf<Definition extends EventDefinition> = z.input<Definition["schema"]>;

/**
 * Defines an event. Every event also has a `correlationId`, which the schema and the example do not mention.
 *
 * Messages can be in flight while you deploy. A change that they would not survive needs a new version: a second export beside
 * the first, which you remove when no domain uses it any more. `npm run compat` finds such changes.
 *
 * The schema can only use what JSON Schema can express, and a default must be a literal. Synth checks both.
 *
 * @example
 * export const OrderPlaced = defineEvent({
 *   name: "order-placed",
 *   version: 1,
 *   schema: z.object({ orderId: z.uuid(), note: z.string().max(500).optional() }),
 *   example: { orderId: "4f8b3c52-6f0e-4c6e-9f63-0d2a3a1f7b11", note: "ring twice" },
 * });
 */
export function defineEvent<Shape extends z.ZodRawShape>(definition: {
  /** Kebab-case, in the past tense: `order-placed`. */
  name: string;
  /** Counts from 1. */
  version: number;
  schema: z.ZodObject<Shape>;
  /** A valid event with every field, including the optional ones. */
  example: Omit<z.input<z.ZodObject<Shape>>, "correlationId">;
}): EventDefinition<Shape> {
  const { name, version } = definition;
  const schema = definition.schema.extend(envelope) as unknown as EventDefinition<Shape>["schema"];
  const example = { ...definition.example, correlationId: `example-${name}` } as unknown as EventDefinition<Shape>["example"];
  return {
    [EVENT]: true,
    name,
    version,
    type: eventType({ name, version }),
    schema,
    example,
    serialize: (event) => JSON.stringify(schema.parse(event)),
  };
}

/** Whether a value is an event that {@link defineEvent} returned. */
export function isEvent(value: unknown): value is EventDefinition {
  return typeof value === "object" && value !== null && EVENT in value;
}

/** The parameters that one stack publishes. */
export interface Contract<Parameter extends string = string> {
  /** The domain that publishes them. */
  readonly domain: string;
  /** Counts from 1. */
  readonly version: number;
  /** The names of the parameters, in camelCase: `queueUrl`. */
  readonly parameters: readonly Parameter[];
}

/**
 * Defines the parameters that a domain publishes. They are SSM parameters in plain text,
 * `/<project>/<environment>/<domain>/v<version>/<parameter>`, so never a secret.
 *
 * The owner publishes them with `this.publish(ordersContract, { queueUrl: placed.queue.url })`. Another stack reads them with
 * `this.read(ordersContract).queueUrl`. A parameter that changes its meaning needs a new version.
 *
 * @example
 * export const ordersContract = defineContract({ domain: "orders", version: 1, parameters: ["queueUrl"] });
 *
 * @__NO_SIDE_EFFECTS__ A lambda uses the events of a contract.ts. esbuild leaves the parameters out of its bundle.
 */
export function defineContract<const Parameter extends string>(contract: Contract<Parameter>): Contract<Parameter> {
  return contract;
}
