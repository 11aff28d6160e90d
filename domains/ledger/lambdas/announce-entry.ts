import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import * as z from "zod";
import { tableHandler } from "../../../shared/runtime/table";
import { LedgerEntryWritten, OrderRecorded } from "../contract";

const environment = z.object({ EVENT_BUS: z.string() });
export type AnnounceEntryVariables = z.input<typeof environment>;

const eventBridge = new EventBridgeClient();

/** Announces on the event bus that an order is in the ledger. */
export const handler = tableHandler(
  { event: LedgerEntryWritten, on: "INSERT", environment },
  async (written, { environment: { EVENT_BUS } }) => {
    const { Entries: [entry] = [] } = await eventBridge.send(
      new PutEventsCommand({
        Entries: [{ EventBusName: EVENT_BUS, Source: "ledger", DetailType: OrderRecorded.type, Detail: OrderRecorded.serialize(written) }],
      }),
    );
    // EventBridge answers 200 even if it rejected the event.
    if (entry?.ErrorCode) throw new Error(`the event bus refused ${OrderRecorded.type}: ${entry.ErrorCode} ${entry.ErrorMessage}`);
  },
);
