import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { SchedulerSchedule } from "@cdktf/provider-aws/lib/scheduler-schedule";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import type { EventDefinition, InputOf } from "../contract";
import { hours } from "../duration";
import { DeadLetterQueue } from "../resources/dead-letter-queue";
import { addRolePolicy, assumeRolePolicy } from "../resources/iam";
import { schemaProblems } from "../schema-problems";
import { addFinding, checkRange } from "../stack/findings";
import { scheduleProblem, timeZoneProblem } from "./schedule-expression";
import { type AnyFunction, Trigger } from "./trigger";

export interface ScheduleTriggerProps<Definition extends EventDefinition> {
  /** `rate(1 day)`, `cron(0 6 * * ? *)` or `at(2030-01-31T06:00:00)`. https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html */
  expression: string;
  /** The IANA's name: `Europe/Berlin`, `UTC`. It also decides when a day has 23 hours. */
  timeZone: string;
  /** What the lambda gets. */
  event: Definition;
  /** @default the event without a field, for events whose fields are all optional */
  input?: Omit<InputOf<Definition>, "correlationId">;
  /** Minutes after its time within which it may begin, 1 to 1,440: spreads what many schedules do. @default 0: at its time, to the minute */
  flexibleWindow?: number;
}

/** EventBridge Scheduler: sets one lambda going at certain times. */
export class ScheduleTrigger<Definition extends EventDefinition> extends Trigger<object> {
  readonly deadLetterQueue: DeadLetterQueue;
  /** Made when its lambda is wired. */
  schedule?: SchedulerSchedule;
  private readonly name: string;
  private readonly props: ScheduleTriggerProps<Definition>;

  constructor(scope: Construct, id: string, props: ScheduleTriggerProps<Definition>) {
    super(scope, id, "schedule");
    this.props = props;
    const { expression, timeZone, event, input = {}, flexibleWindow } = props;
    this.name = this.stack.nameFor(this, "EventBridge schedule");
    this.check("expression", expression, scheduleProblem);
    this.check("timeZone", timeZone, timeZoneProblem);
    const { error } = event.schema.safeParse({ ...input, correlationId: id });
    if (error) addFinding(this, `input does not fit ${event.type}: ${schemaProblems(error).join("; ")}`);
    checkRange(this, "flexibleWindow", flexibleWindow, 0, 1440, " minutes");
    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", { holds: `calls that the schedule ${this.name} could not make` });
    this.describe({ address: this.name, event, sample: { ...event.example, ...input } });
  }

  protected wire(lambda: AnyFunction): void {
    if (this.schedule) {
      const targets = this.lambdas.map(({ node }) => node.id).join(" and ");
      addFinding(this, `invokes ${targets}, and a schedule has one target; give each lambda a schedule of its own`);
      return;
    }
    const trust = assumeRolePolicy(this, "scheduler.amazonaws.com", { ownAccountOnly: true });
    const role = new IamRole(this, "role", { name: this.stack.nameFor(this, "IAM role"), assumeRolePolicy: trust });
    const { policy } = addRolePolicy(this, role, [
      { actions: ["lambda:InvokeFunction"], resources: [lambda.alias.arn] },
      { actions: ["sqs:SendMessage"], resources: [this.deadLetterQueue.queue.arn] },
    ]);
    this.description.deadLetterQueues.push({ name: this.deadLetterQueue.name, holds: "deliveries", lambda: lambda.node.id });
    this.description.deadLetterQueues.push({ name: lambda.addFailureDestination().name, holds: "invocations", lambda: lambda.node.id });
    const { expression, timeZone, flexibleWindow = 0, input = {} } = this.props;
    this.schedule = new SchedulerSchedule(this, "schedule", {
      name: this.name,
      scheduleExpression: expression,
      scheduleExpressionTimezone: timeZone,
      flexibleTimeWindow: flexibleWindow ? { mode: "FLEXIBLE", maximumWindowInMinutes: flexibleWindow } : { mode: "OFF" },
      target: {
        arn: lambda.alias.arn,
        roleArn: role.arn,
        input: JSON.stringify(input),
        // Scheduler would try 185 times in a day; what comes hours late is mostly worth nothing.
        retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: hours(1) },
        deadLetterConfig: { arn: this.deadLetterQueue.queue.arn },
      },
      dependsOn: [policy, lambda.policy],
    });
  }

  private check(option: string, value: string, problemOf: (value: string) => string | undefined): void {
    const problem = Token.isUnresolved(value) ? undefined : problemOf(value);
    if (problem) addFinding(this, `${option} is "${value}"; ${problem}`);
  }
}
