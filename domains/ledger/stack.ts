import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { TableTrigger } from "../../shared/triggers/table-trigger";
import { LedgerEntryWritten, ledgerContract } from "./contract";
import type { AnnounceEntryVariables } from "./lambdas/announce-entry";

/** Stores every order in a table, and announces each new order on the event bus. */
export default class Ledger extends DomainStack {
  protected define(): void {
    const announceEntry = new NodejsFunction<AnnounceEntryVariables>(this, "announce-entry", {
      environment: { EVENT_BUS: this.foundation.eventBusName },
    });
    announceEntry.allow(["events:PutEvents"], this.foundation.eventBusArn);

    const entries = new TableTrigger(this, "entries", { event: LedgerEntryWritten, partitionKey: "orderId" });
    entries.invokes(announceEntry);

    this.publish(ledgerContract, { tableArn: entries.table.arn, tableName: entries.table.name });
  }
}
