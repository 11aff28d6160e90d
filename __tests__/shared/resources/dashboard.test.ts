import type { DomainStack } from "../../../shared/domain-stack";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { Dashboard } from "../../../shared/resources/dashboard";
import { HttpApiTrigger } from "../../../shared/triggers/http-api-trigger";
import { QueueTrigger } from "../../../shared/triggers/queue-trigger";
import { ThingDone } from "../../harness/definitions";
import { type Json, referred, resource, resources, synthDomain } from "../../harness/synth";

const queue = (stack: DomainStack) =>
  void new QueueTrigger(stack, "things", { event: ThingDone }).invokes(new NodejsFunction(stack, "work"));
const api = (stack: DomainStack) =>
  void new HttpApiTrigger(stack, "api").invokes(new NodejsFunction(stack, "answer"), { route: "GET /things", caller: "iam" });

/** A domain that creates its dashboard after its first trigger and before its second one. */
const synth = () =>
  synthDomain((stack) => {
    queue(stack);
    new Dashboard(stack, "dashboard");
    api(stack);
  });
const { json, findings } = synth();
const dashboard = resource(json, "aws_cloudwatch_dashboard");
const { widgets } = JSON.parse(dashboard.dashboard_body);
const graphs = widgets.filter(({ type }: Json) => type === "metric").map(({ properties }: Json) => properties);
const alarms = resources(json, "aws_cloudwatch_metric_alarm");

test("a dashboard has its domain's name, and produces no findings", () => {
  expect(findings).toEqual([]);
  expect(dashboard.dashboard_name).toBe("shop-sample-int-dashboard");
});

test("a dashboard shows the state of every alarm, whether the alarm was created before or after it", () => {
  const [{ type, properties }] = widgets;
  expect(type).toBe("alarm");
  const shown = properties.alarms.map((arn: string) => referred(json, arn).alarm_name);
  expect(shown.sort()).toEqual(alarms.map(({ alarm_name }) => alarm_name).sort());
  expect(shown).toEqual(expect.arrayContaining(["shop-sample-int-things-dlq-not-empty", "shop-sample-int-api-server-errors"]));
});

test("a dashboard has a graph of every alarm, in which CloudWatch draws the alarm's metric and threshold", () => {
  for (const { alarm_name } of alarms) {
    const [arn] = graphs.find(({ title }: Json) => title === alarm_name).annotations.alarms;
    expect(arn).toMatch(/^\$\{aws_cloudwatch_metric_alarm\.[^}]+\.arn\}$/);
    expect(referred(json, arn).alarm_name).toBe(alarm_name);
  }
});

test.each(["work", "answer"])("a dashboard has a graph of the invocations, errors and duration of the lambda %s", (lambda) => {
  const name = `shop-sample-int-${lambda}`;
  expect(graphs.find(({ title }: Json) => title === name).metrics).toEqual([
    ["AWS/Lambda", "Invocations", "FunctionName", name, { stat: "Sum", yAxis: "left" }],
    ["AWS/Lambda", "Errors", "FunctionName", name, { stat: "Sum", yAxis: "left" }],
    ["AWS/Lambda", "Duration", "FunctionName", name, { stat: "p99", yAxis: "right" }],
  ]);
});

test("every graph has a region, without which CloudWatch draws nothing", () => {
  expect(graphs).toHaveLength(alarms.length + 2);
  for (const { region } of graphs) expect(region).toBe("eu-west-1");
});

test("the body of a dashboard is the same on every synth", () => {
  expect(resource(synth().json, "aws_cloudwatch_dashboard")).toEqual(dashboard);
});

test("a domain has no dashboard unless it creates one", () => {
  expect(resources(synthDomain(queue).json, "aws_cloudwatch_dashboard")).toEqual([]);
});
