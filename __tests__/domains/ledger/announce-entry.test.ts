import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";
import { LedgerEntryWritten, OrderRecorded } from "../../../domains/ledger/contract";
import { handler } from "../../../domains/ledger/lambdas/announce-entry";
import { stream } from "../../../testing/events";
import { captureLogs } from "../../../testing/logs";

const logs = captureLogs();
const eventBridge = mockClient(EventBridgeClient);
process.env.EVENT_BUS = "bus";
beforeEach(() => {
  eventBridge.reset();
  eventBridge.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: "event-1" }] });
});

const entry = LedgerEntryWritten.example;
const announced = () => eventBridge.commandCalls(PutEventsCommand).flatMap(({ args: [{ input }] }) => input.Entries ?? []);

test("a new entry is announced on the event bus with its correlation id", async () => {
  expect(await stream(handler, { item: entry })).toEqual([]);
  expect(announced()).toMatchObject([{ EventBusName: "bus", Source: "ledger", DetailType: "order-recorded.v1" }]);
  // All that both events have: a field that is added to both is not forgotten in between.
  expect(JSON.parse(announced()[0]?.Detail ?? "")).toEqual(OrderRecorded.schema.parse(entry));
});

test("an entry that changes or is removed is not announced again", async () => {
  await stream(handler, { is: "MODIFY", item: entry, before: entry }, { is: "REMOVE", before: entry });
  expect(announced()).toEqual([]);
});

test("an entry that the event bus rejects is retried, although the call itself succeeds", async () => {
  const refusal = { ErrorCode: "ThrottlingException", ErrorMessage: "slow down" };
  eventBridge.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [refusal] });
  expect(await stream(handler, { item: entry })).toEqual(["change-1"]);
  expect(logs).toMatchObject([{ message: "failed", reason: expect.stringContaining("ThrottlingException slow down") }]);
});
