import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../shared/errors";
import type { Stack } from "../artifact/artifact";
import { parameterValues } from "../aws/parameter-values";
import { contractNames, type Reach } from "./running-stacks";

const POLL_MS = 5000;

/**
 * Waits until every contract that these stacks read is published.
 * @param milliseconds how long, for all of them together
 * @throws UserError with the parameters that are still missing, and who publishes them
 */
export async function waitForContracts(
  { ssm }: Reach,
  stacks: Stack[],
  { milliseconds, signal }: { milliseconds: number; signal: AbortSignal },
): Promise<void> {
  const end = Date.now() + milliseconds;
  let isAnnounced = false;
  for (;;) {
    const values = await parameterValues(ssm, [...new Set(stacks.flatMap(contractNames))]);
    const waiting = stacks.flatMap((stack) => {
      const missing = contractNames(stack).filter((name) => !values.has(name));
      return missing.length === 0 ? [] : [{ stack, missing }];
    });
    if (waiting.length === 0) return;
    const text = waiting.map(({ stack, missing }) => `${stack.stack} waits for ${missing.join(", ")}`).join("; ");
    const left = end - Date.now();
    if (left <= 0) {
      const owners = [...new Set(waiting.flatMap(({ stack }) => stack.needs))].join(" ");
      const waited = `After ${Math.round(milliseconds / 1000)} s, ${text}`;
      throw new UserError(`${waited}. Nothing was changed. Deploy who publishes it, then plan again: npm run deploy -- ${owners}`);
    }
    if (!isAnnounced) process.stderr.write(`${text}…\n`);
    isAnnounced = true;
    await sleep(Math.min(POLL_MS, left), undefined, { signal });
  }
}
