import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../shared/errors";
import type { Stack } from "../artifact/artifact";
import { parameterValues } from "../aws/parameter-values";
import { contractNames, type Reach } from "./running-stacks";

const POLL_MS = 5000;

/**
 * Waits until every contract that a stack reads is published.
 * @param milliseconds how long
 * @throws UserError with the parameters that are still missing, and who publishes them
 */
export async function waitForContracts(
  { ssm }: Reach,
  stack: Stack,
  { milliseconds, signal }: { milliseconds: number; signal: AbortSignal },
): Promise<void> {
  const end = Date.now() + milliseconds;
  const names = contractNames(stack);
  for (;;) {
    const values = await parameterValues(ssm, names);
    const missing = names.filter((name) => !values.has(name));
    if (missing.length === 0) return;
    const left = end - Date.now();
    if (left <= 0) {
      const waited = `${stack.stack} waited ${Math.round(milliseconds / 1000)} s for ${missing.join(", ")}`;
      throw new UserError(`${waited}. Deploy who publishes it, then plan again: npm run deploy -- ${stack.needs.join(" ")}`);
    }
    await sleep(Math.min(POLL_MS, left), undefined, { signal });
  }
}
