import { join } from "node:path";
import type { EventDescription } from "../../shared/stack-description";
import { runProcess } from "../cli/process";

/** The domains that use an event, or the reason why they cannot be determined. */
export type EventUsers = { domains: string[] } | { undetermined: string };

/** The name and the version identify an event. */
export type EventId = Pick<EventDescription, "name" | "version">;

/**
 * Finds the domains whose sources use an event, or anything that is derived from it. The senders and the receivers of the event
 * are among them. The domain that defines the event is not.
 *
 * The artifact does not show the users of an event, because a lambda that imports only a type leaves no trace in it. So
 * `trace-event.ts` asks the TypeScript compiler. It runs as a separate process, because calls to the compiler block: in this
 * process, Ctrl-C would have no effect until they return.
 * @param root the root of a project: it has a `tsconfig.json` and a folder `domains`
 * @throws Error when the compiler fails
 */
export async function findEventUsers(root: string, { name, version }: EventId, signal?: AbortSignal): Promise<EventUsers> {
  const args = ["--import", "tsx", join(__dirname, "trace-event.ts"), root, name, String(version)];
  const { exitCode, stdout, stderr } = await runProcess(process.execPath, args, { signal });
  signal?.throwIfAborted();
  if (exitCode !== 0) throw new Error(`The users of ${name} v${version} cannot be determined:\n${stderr.trim()}`);
  return JSON.parse(stdout);
}
