import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";
import { LedgerEntryWritten, OrderRecorded } from "../../../domains/ledger/contract";
import { handler } from "../../../domains/ledger/lambdas/announce-entry";
import { deliverChanges } from "../../../testing/events";
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

test("a new entry is announced on the event bus, with its correlation id", async () => {
  expect(await deliverChanges(handler, { item: entry })).toEqual([]);
  expect(announced()).toMatchObject([{ EventBusName: "bus", Source: "ledger", DetailType: "order-recorded.v1" }]);
  // Compares every field, so that the test fails if the lambda loses a field that both events have.
  expect(JSON.parse(announced()[0]?.Detail ?? "")).toEqual(OrderRecorded.schema.parse(entry));
});

test("an entry that is modified or removed is not announced again", async () => {
  await deliverChanges(handler, { eventName: "MODIFY", item: entry, oldItem: entry }, { eventName: "REMOVE", oldItem: entry });
  expect(announced()).toEqual([]);
});

test("Lambda retries an entry that EventBridge rejects, although the call itself succeeds", async () => {
  const rejection = { ErrorCode: "ThrottlingException", ErrorMessage: "slow down" };
  eventBridge.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [rejection] });
  expect(await deliverChanges(handler, { item: entry })).toEqual(["change-1"]);
  expect(logs).toMatchObject([{ message: "failed", reason: expect.stringContaining("ThrottlingException slow down") }]);
});
