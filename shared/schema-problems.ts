import type * as z from "zod";

/** What does not fit a schema, a text for each field: `items.0.sku: …`. Apart from `contract.ts`, so that a handler without a schema carries no zod. */
export function misfits({ issues }: z.ZodError): string[] {
  return issues.map(({ path, message }) => `${path.join(".") || "(the whole)"}: ${message}`);
}
