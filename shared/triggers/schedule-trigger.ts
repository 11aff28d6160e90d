import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { SchedulerSchedule } from "@cdktf/provider-aws/lib/scheduler-schedule";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import type { EventDefinition, InputOf } from "../contract";
import { hours } from "../duration";
import { rolePath } from "../naming";
import { DeadLetterQueue } from "../resources/dead-letter-queue";
import { addRolePolicy, assumeRolePolicy } from "../resources/iam";
import { schemaProblems } from "../schema-problems";
import { addFinding, checkRange } from "../stack/findings";
import type { FormerId } from "../stack/former-ids";
import { scheduleProblem, timeZoneProblem } from "./schedule-expression";
import { type AnyFunction, Trigger } from "./trigger";

export interface ScheduleTriggerProps<Definition extends EventDefinition> extends FormerId {
  /**
   * When the lambda is invoked: `rate(1 day)`, `cron(0 6 * * ? *)` or `at(2030-01-31T06:00:00)`.
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
   */
  expression: string;
  /**
   * The time zone of the expression, by its name in the IANA database: `Europe/Berlin`, `UTC`.
   * Scheduler follows its daylight saving time.
   */
  timeZone: string;
  /** The event that the lambda gets. */
  event: Definition;
  /**
   * The fields of the event.
   * @default no fields, which fits an event whose fields are all optional
   */
  input?: Omit<InputOf<Definition>, "correlationId">;
  /**
   * How long after the scheduled time an invocation can start, 1 to 1,440 minutes. It lets Scheduler spread the invocations of many schedules.
   * @default 0: the invocation starts within one minute of the scheduled time
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html
   */
  flexibleWindow?: number;
}

/**
 * A schedule of EventBridge Scheduler, which invokes one lambda at certain times.
 *
 * With only its required options set, it creates:
 * - A schedule that invokes the lambda within one minute of the scheduled time. Scheduler retries the delivery for up to 1 hour.
 * - An IAM role with which Scheduler can invoke this lambda only.
 * - A dead-letter queue for events that could not be delivered, with an alarm that fires on the first one.
 * - An on-failure destination for events that the lambda failed to process 3 times, with an alarm too.
 * - An output with the schedule's name.
 *
 * @example
 * const report = new NodejsFunction(this, "report");
 * const daily = new ScheduleTrigger(this, "daily", {
 *   expression: "cron(0 6 * * ? *)",
 *   timeZone: "Europe/Berlin",
 *   event: ReportDue,
 *   flexibleWindow: 15,
 * });
 * daily.invokes(report);
 */
export class ScheduleTrigger<Definition extends EventDefinition> extends Trigger<object> {
  readonly deadLetterQueue: DeadLetterQueue;
  /** The raw schedule, for settings that no option covers. It exists after the call of `invokes`. */
  schedule?: SchedulerSchedule;
  private readonly name: string;
  private readonly roleName: string;
  private readonly props: ScheduleTriggerProps<Definition>;

  constructor(scope: Construct, id: string, props: ScheduleTriggerProps<Definition>) {
    super(scope, id, "schedule", props);
    this.props = props;
    const { expression, timeZone, event, input = {}, flexibleWindow } = props;
    this.name = this.stack.nameFor(this, "EventBridge schedule");
    this.roleName = this.stack.nameFor(this, "IAM role");
    this.checkText("expression", expression, scheduleProblem);
    this.checkText("timeZone", timeZone, timeZoneProblem);
    const { error } = event.schema.safeParse({ ...input, correlationId: id });
    if (error) addFinding(this, `input does not match the schema of ${event.type}: ${schemaProblems(error).join("; ")}`);
    checkRange(this, { flexibleWindow }, { min: 0, max: 1440, unit: "minutes" });
    const holds = "events of the schedule that EventBridge Scheduler could not deliver";
    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", {
      holds,
      undelivered: { functionNames: this.functionNames, invokingRole: this.roleName },
    });
    this.describe({ address: this.name, event, sample: { ...event.example, ...input } });
  }

  protected wire(lambda: AnyFunction): void {
    if (this.schedule) {
      const names = this.lambdas.map(({ node }) => node.id).join(" and ");
      addFinding(this, `invokes ${names}, but a schedule has one target. Give each lambda a schedule of its own.`);
      return;
    }
    const trustPolicy = assumeRolePolicy(this, "scheduler.amazonaws.com", { ownAccountOnly: true });
    const role = new IamRole(this, "role", {
      name: this.roleName,
      path: rolePath(this.stack.identity),
      assumeRolePolicy: trustPolicy,
      permissionsBoundary: this.stack.boundaryArn,
    });
    const { policy } = addRolePolicy(this, role, [
      { actions: ["lambda:InvokeFunction"], resources: [lambda.alias.arn] },
      { actions: ["sqs:SendMessage"], resources: [this.deadLetterQueue.queue.arn] },
    ]);
    this.description.deadLetterQueues.push(
      { name: this.deadLetterQueue.name, holds: "deliveries", lambda: lambda.node.id },
      { name: lambda.addFailureDestination().name, holds: "invocations", lambda: lambda.node.id },
    );
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
        // Scheduler's default is 185 retries in 24 hours, but scheduled work is rarely useful if it is hours late.
        retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: hours(1) },
        deadLetterConfig: { arn: this.deadLetterQueue.queue.arn },
      },
      dependsOn: [policy, lambda.policy],
    });
  }

  private checkText(option: string, value: string, problemOf: (value: string) => string | undefined): void {
    const problem = Token.isUnresolved(value) ? undefined : problemOf(value);
    if (problem) addFinding(this, `${option} is "${value}", which AWS rejects: ${problem}`);
  }
}
