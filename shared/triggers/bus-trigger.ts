import { CloudwatchEventArchive } from "@cdktf/provider-aws/lib/cloudwatch-event-archive";
import { CloudwatchEventBus } from "@cdktf/provider-aws/lib/cloudwatch-event-bus";
import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { hours } from "../duration";
import { DeadLetterQueue } from "../resources/dead-letter-queue";
import { addFinding, checkRange } from "../stack/findings";
import { deployedId, type FormerId } from "../stack/former-ids";
import { busPattern, type Pattern } from "./filter";
import { type AnyFunction, Trigger } from "./trigger";

export interface BusTriggerProps extends FormerId {
  /** The event in the `detail` of each EventBridge event. The sender sets its `type` as the `DetailType`. */
  event: EventDefinition;
  /** The name of the domain that sends the event. The sender sets it as the `Source`. */
  from: string;
  /**
   * A pattern that the event's `detail` must match too.
   * @default all events of this type from this domain
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
   */
  filter?: Pattern;
  /**
   * How long an archive keeps the events, to replay them later, 1 to 3,650 days.
   * AWS charges for each GB.
   * @default no archive
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
   */
  archiveDays?: number;
  /**
   * The bus that receives the events: the `bus` of another trigger, or `"own"` to create one.
   * To let another domain send events to a bus that `"own"` created, publish the name and the ARN of the bus, and allow the sender `events:PutEvents` on the ARN.
   * @default the bus of the environment
   */
  bus?: "own" | EventBus;
}

type EventBus = Pick<CloudwatchEventBus, "name" | "arn">;

/**
 * The largest number of targets of one rule.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
 */
const MAX_TARGETS = 5;

/**
 * An EventBridge rule for one event of one domain, and up to five lambdas that get it. Each lambda gets all events.
 *
 * With no option set, it creates:
 * - A rule on the bus of the environment.
 * - For each lambda, a target. EventBridge retries the delivery for up to 2 hours.
 * - A dead-letter queue for events that could not be delivered, with an alarm that fires on the first one.
 * - For each lambda, an on-failure destination for events that the lambda failed to process 3 times, with an alarm too.
 * - An output with the bus's name.
 *
 * @example
 * const ship = new NodejsFunction(this, "ship");
 * const placed = new BusTrigger(this, "placed", {
 *   event: OrderPlaced,
 *   from: "checkout",
 *   filter: { country: ["DE", "FR"] },
 *   archiveDays: 30,
 * });
 * placed.invokes(ship);
 */
export class BusTrigger extends Trigger<object> {
  readonly bus: EventBus;
  /** The raw rule, for settings that no option covers. */
  readonly rule: CloudwatchEventRule;
  readonly deadLetterQueue: DeadLetterQueue;

  constructor(scope: Construct, id: string, { event, from, filter, archiveDays, bus, formerly }: BusTriggerProps) {
    super(scope, id, "bus", { formerly });
    this.bus = this.findOrCreateBus(bus);
    const name = this.stack.nameFor(this, "EventBridge rule");
    const eventPattern = busPattern(this, { source: [from], "detail-type": [event.type], ...(filter && { detail: filter }) });
    this.rule = new CloudwatchEventRule(this, "rule", { name, eventBusName: this.bus.name, eventPattern });
    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", {
      holds: "events of the rule that EventBridge could not deliver",
      undelivered: { functionNames: this.functionNames },
      sender: { service: "events.amazonaws.com", sourceArn: this.rule.arn },
    });
    if (archiveDays !== undefined) this.addArchive(archiveDays, eventPattern);
    this.description.deadLetterQueues.push({ name: this.deadLetterQueue.name, holds: "deliveries" });
    this.describe({ address: this.bus.name, from, event });
  }

  protected wire(lambda: AnyFunction): void {
    const { length } = this.lambdas;
    if (length > MAX_TARGETS) {
      addFinding(this, `invokes ${length} lambdas, but a rule can have ${MAX_TARGETS} targets. Create another BusTrigger for the others.`);
    }
    const dependsOn = this.permit(lambda, "events.amazonaws.com", this.rule.arn);
    this.description.deadLetterQueues.push({ name: lambda.addFailureDestination().name, holds: "invocations", lambda: lambda.node.id });
    new CloudwatchEventTarget(this, `${deployedId(lambda)}-target`, {
      rule: this.rule.name,
      eventBusName: this.rule.eventBusName,
      targetId: deployedId(lambda),
      arn: lambda.alias.arn,
      // EventBridge's default is to retry for 24 hours. With 2 hours, the alarm reports a failure on the day when it starts.
      retryPolicy: { maximumRetryAttempts: 20, maximumEventAgeInSeconds: hours(2) },
      deadLetterConfig: { arn: this.deadLetterQueue.queue.arn },
      dependsOn,
    });
  }

  private findOrCreateBus(bus: BusTriggerProps["bus"]): EventBus {
    // EventBridge encrypts it with a key that AWS owns. Without a resource policy, only roles of this account can send events.
    if (bus === "own") return new CloudwatchEventBus(this, "bus", { name: this.stack.nameFor(this, "EventBridge bus") });
    if (bus) return bus;
    const { foundation } = this.stack;
    return { name: foundation.eventBusName, arn: foundation.eventBusArn };
  }

  private addArchive(retentionDays: number, eventPattern: string): void {
    checkRange(this, { archiveDays: retentionDays }, { min: 1, max: 3650 });
    const name = this.stack.nameFor(this, "EventBridge archive");
    new CloudwatchEventArchive(this, "archive", { name, eventSourceArn: this.bus.arn, eventPattern, retentionDays });
  }
}
