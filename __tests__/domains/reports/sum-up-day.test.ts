import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { ReportDue } from "../../../domains/reports/contract";
import { handler } from "../../../domains/reports/lambdas/sum-up-day";
import { push, scheduleEvent } from "../../../testing/events";
import { captureLogs } from "../../../testing/logs";

const logs = captureLogs();
const dynamodb = mockClient(DynamoDBDocumentClient);
process.env.TOTALS_TABLE = "totals";
beforeEach(() => {
  dynamodb.reset();
  dynamodb.on(GetCommand).resolves({});
});
const report = () => logs.find(({ message }) => message === "report");

test("the number of orders of a day is reported", async () => {
  dynamodb.on(GetCommand).resolves({ Item: { day: "2030-01-31", orders: 7 } });
  await push(handler, scheduleEvent(ReportDue.example));
  expect(report()).toMatchObject({ day: "2030-01-31", orders: 7 });
});

test("a day without orders is reported with 0 orders", async () => {
  await push(handler, scheduleEvent(ReportDue.example));
  expect(report()).toMatchObject({ orders: 0 });
});

test("without a day, the day before is reported", async () => {
  jest.useFakeTimers({ now: new Date("2030-03-01T06:00:00Z"), doNotFake: ["nextTick", "setImmediate"] });
  await push(handler, {});
  jest.useRealTimers();
  expect(report()).toMatchObject({ day: "2030-02-28" });
});
