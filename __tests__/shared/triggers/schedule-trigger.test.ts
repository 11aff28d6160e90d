import * as z from "zod";
import { defineEvent } from "../../../shared/contract";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { ScheduleTrigger, type ScheduleTriggerProps } from "../../../shared/triggers/schedule-trigger";
import { type Json, referred, resource, resources, statements, synthDomain } from "../../harness/synth";

const Due = defineEvent({ name: "due", version: 1, schema: z.object({ day: z.string().optional() }), example: { day: "monday" } });

const schedule = (props: Partial<ScheduleTriggerProps<typeof Due>> = {}, lambdas = ["work"]) =>
  synthDomain((stack) => {
    const trigger = new ScheduleTrigger(stack, "daily", { expression: "rate(1 day)", timeZone: "Europe/Berlin", event: Due, ...props });
    for (const id of lambdas) trigger.invokes(new NodejsFunction(stack, id));
  });
const queue = (json: Json, end: string) => resources(json, "aws_sqs_queue").find(({ name }) => name.endsWith(end));

describe("a schedule with only its required options set", () => {
  const { json, findings, stack } = schedule();
  const made = resource(json, "aws_scheduler_schedule");

  test("produces no findings", () => {
    expect(findings).toEqual([]);
  });

  test("invokes the lambda at its time, in its time zone", () => {
    expect(made).toMatchObject({
      schedule_expression: "rate(1 day)",
      schedule_expression_timezone: "Europe/Berlin",
      flexible_time_window: { mode: "OFF" },
    });
  });

  test("has a role that Scheduler can assume for this account only, with permissions for this alias and the dead-letter queue", () => {
    const role = referred(json, made.target.role_arn);
    const [trust] = statements(json, role.assume_role_policy);
    expect(trust).toMatchObject({
      principals: [{ type: "Service", identifiers: ["scheduler.amazonaws.com"] }],
      condition: [{ variable: "aws:SourceAccount", values: ["111111111111"] }],
    });
    const policy = resources(json, "aws_iam_role_policy").find(({ role: id }) => referred(json, id) === role);
    expect(statements(json, policy.policy)).toEqual([
      { actions: ["lambda:InvokeFunction"], resources: [made.target.arn] },
      { actions: ["sqs:SendMessage"], resources: [made.target.dead_letter_config.arn] },
    ]);
    expect(referred(json, made.target.arn).name).toBe("current");
  });

  test("retries a delivery for up to 1 hour, then sends the event to the dead-letter queue", () => {
    expect(made.target.retry_policy).toEqual({ maximum_retry_attempts: 10, maximum_event_age_in_seconds: 3600 });
    expect(referred(json, made.target.dead_letter_config.arn)).toBe(queue(json, "-dlq"));
  });

  test("describes its lambda, its sample and both of its queues", () => {
    expect(stack.describe().triggers).toMatchObject([
      {
        kind: "schedule",
        lambdas: ["work"],
        sample: Due.example,
        deadLetterQueues: [
          { name: queue(json, "-dlq").name, holds: "deliveries", lambda: "work" },
          { name: queue(json, "-failures").name, holds: "invocations", lambda: "work" },
        ],
      },
    ]);
  });
});

test("flexibleWindow is the length of the window in minutes", () => {
  expect(resource(schedule({ flexibleWindow: 15 }).json, "aws_scheduler_schedule").flexible_time_window).toEqual({
    mode: "FLEXIBLE",
    maximum_window_in_minutes: 15,
  });
});

test("the lambda gets the input", () => {
  expect(JSON.parse(resource(schedule({ input: { day: "friday" } }).json, "aws_scheduler_schedule").target.input)).toEqual({
    day: "friday",
  });
});

test("an input that does not fit the event is refused", () => {
  expect(schedule({ input: { day: 5 } as never }).findings).toEqual([
    expect.stringMatching(/input does not match the schema of due\.v1: day: /),
  ]);
});

test("a second lambda is refused, because a schedule has one target", () => {
  expect(schedule({}, ["work", "rest"]).findings).toEqual([
    expect.stringContaining("invokes work and rest, but a schedule has one target. Give each lambda a schedule of its own."),
  ]);
});

test("a flexibleWindow of more than a day is refused", () => {
  expect(schedule({ flexibleWindow: 1441 }).findings).toEqual([expect.stringContaining("flexibleWindow is 1441 minutes")]);
});

test.each([
  ["every day", 'Scheduler accepts rate, cron and at. Write "rate(1 day)"'],
  ["rate(1 days)", 'without "s"'],
  ["rate(2 day)", 'with "s"'],
  ["rate(0 days)", "whole number"],
  ["rate(1 week)", "minute(s), hour(s) or day(s)"],
  ["at(2030-02-31T06:00:00)", "date and time"],
  ["at(2030-01-31)", "date and time"],
  ["cron(0 6 * * *)", "Expected 6 values, but got 5"],
  ["cron(0 6 * * * *)", 'must be "?"'],
  ["cron(0 6 ? * ? *)", 'must be "?"'],
  ["cron(60 6 * * ? *)", "'60' of minutes field is bigger than upper limit '59'"],
  ["cron(0 24 * * ? *)", "hours"],
  ["cron(0 6 32 * ? *)", "daysOfMonth"],
  ["cron(0 6 1 13 ? *)", "month"],
  ["cron(0 6 ? * FUN *)", "'FUN' of daysOfWeek"],
  ["cron(0 6 ? * MON 1969)", "year"],
  ["cron(0/0 6 * * ? *)", "cannot be zero"],
  ["cron(1E1 6 * * ? *)", 'does not support "1E"'],
  ["cron(+1 6 * * ? *)", 'does not support "+"'],
  ["cron(0 6 L-3 * ? *)", 'does not support "L-"'],
  ["cron(0 6 ? * FRIL *)", 'does not support "FRIL"'],
  ["cron(0 6 ? * MON#1 *)", 'does not support "N#"'],
  ["cron(0 6 ? * 2#1,3#1 *)", "Nth weekday"],
  ["cron(0 6 * * ? 2200)", "years"],
])("the expression %s is refused", (expression, message) => {
  const [finding, ...others] = schedule({ expression }).findings;
  expect(finding).toContain(`sample-int/daily: expression is "${expression}", which AWS rejects: `);
  expect(finding).toContain(message);
  expect(others).toEqual([]);
});

test.each([
  "rate(1 minute)",
  "rate(5 minutes)",
  "at(2030-01-31T06:00:00)",
  "cron(0/15 8-17 ? * MON-FRI *)",
  "cron(0 6 L * ? *)",
  "cron(0 6 15W JAN,JUN ? 2030-2040)",
  "cron(0 6 ? JUL-SEP 2#1 *)",
  "cron(0 6 LW JUL ? 2199)",
  "cron(0 6 ? * 6L *)",
])("the expression %s is accepted", (expression) => {
  expect(schedule({ expression }).findings).toEqual([]);
});

test("an unknown time zone is refused", () => {
  expect(schedule({ timeZone: "Europe/Berlinn" }).findings).toEqual([
    expect.stringContaining('timeZone is "Europe/Berlinn", which AWS rejects: the IANA database does not have this time zone'),
  ]);
});

test("the alarm of the dead-letter queue names the lambda that was not invoked, and the command that shows the permission to invoke it", () => {
  const { json } = schedule();
  const alarms = resources(json, "aws_cloudwatch_metric_alarm");
  const { alarm_description } = alarms.find(({ dimensions }) => dimensions.QueueName?.endsWith("-dlq"));
  expect(alarm_description).toContain("shop-sample-int-work was not invoked");
  expect(alarm_description).toContain(
    `aws iam get-role-policy --role-name ${referred(json, resource(json, "aws_scheduler_schedule").target.role_arn).name} --policy-name permissions.`,
  );
});
