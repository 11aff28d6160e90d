import { CloudWatchLogs, type FilteredLogEvent, paginateFilterLogEvents, ResourceNotFoundException } from "@aws-sdk/client-cloudwatch-logs";
import { UserError } from "../../shared/errors";
import type { Stack } from "../artifact/artifact";
import { clientSettings } from "./client-settings";
import type { LocalRun } from "./run";

export interface LogGroupOptions {
  run: LocalRun;
  /** The stack that owns the log group. */
  stack: Stack;
  logGroup: string;
  /**
   * Milliseconds since 1970. Earlier lines are left out.
   * @default 0
   */
  since?: number;
}

/**
 * The lines of a log group, oldest first. A log group or log stream that does not exist yet has no lines.
 * @throws UserError when the log group cannot be read
 */
export async function readLogGroup({ run, stack, logGroup, since = 0 }: LogGroupOptions): Promise<FilteredLogEvent[]> {
  const client = new CloudWatchLogs(clientSettings(run, stack));
  const lines: FilteredLogEvent[] = [];
  try {
    const pages = paginateFilterLogEvents({ client }, { logGroupName: logGroup, startTime: since });
    for await (const { events = [] } of pages) lines.push(...events);
    return lines;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return [];
    throw new UserError(
      `The log group ${logGroup} (${stack.stack}) cannot be read at ${run.endpoint} (${error}). If the local AWS is no longer running, start it again with: npm run local`,
    );
  }
}
