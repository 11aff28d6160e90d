import type * as z from "zod";

/**
 * Everything in a value that does not match its schema, one text for each field: `items.0.sku: Too small`.
 * This function is not in `contract.ts`, because a handler without a schema must not bundle zod.
 */
export function schemaProblems({ issues }: z.ZodError): string[] {
  return issues.map(({ path, message }) => `${path.join(".") || "(the whole value)"}: ${message}`);
}
