import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import * as z from "zod";
import { tableHandler } from "../../../shared/runtime/table";
import { LedgerEntryWritten, OrderRecorded } from "../contract";

const environment = z.object({ EVENT_BUS: z.string() });
/** The environment variables that `stack.ts` sets. */
export type AnnounceEntryVariables = z.input<typeof environment>;

const eventBridge = new EventBridgeClient();

/** Sends an event to the event bus for each order that is added to the ledger. */
export const handler = tableHandler(
  { event: LedgerEntryWritten, on: "INSERT", environment },
  async (written, { environment: { EVENT_BUS } }) => {
    const { Entries: [entry] = [] } = await eventBridge.send(
      new PutEventsCommand({
        Entries: [{ EventBusName: EVENT_BUS, Source: "ledger", DetailType: OrderRecorded.type, Detail: OrderRecorded.serialize(written) }],
      }),
    );
    // EventBridge responds with 200 even if it rejects the event.
    if (entry?.ErrorCode) throw new Error(`EventBridge rejected ${OrderRecorded.type}: ${entry.ErrorCode} ${entry.ErrorMessage}`);
  },
);
