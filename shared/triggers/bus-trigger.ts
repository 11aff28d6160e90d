import { CloudwatchEventArchive } from "@cdktf/provider-aws/lib/cloudwatch-event-archive";
import { CloudwatchEventBus } from "@cdktf/provider-aws/lib/cloudwatch-event-bus";
import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import type { Construct } from "constructs";
import type { EventDefinition } from "../contract";
import { hours } from "../duration";
import { DeadLetterQueue } from "../resources/dead-letter-queue";
import { addFinding, checkRange } from "../stack/findings";
import { busPattern, type Pattern } from "./filter";
import { type AnyFunction, Trigger } from "./trigger";

export interface BusTriggerProps {
  event: EventDefinition;
  /** The domain that sends it: the `Source` of its events. */
  from: string;
  /** What more the event must be. @default every such event */
  filter?: Pattern;
  /** Keeps the events for so many days, to be replayed; AWS asks a price for each GB. @default none is kept */
  archiveDays?: number;
  /** `"own"` makes one: publish its name and ARN; senders are allowed `events:PutEvents` on the ARN. Or another trigger's. @default the environment's */
  bus?: "own" | EventBus;
}

type EventBus = Pick<CloudwatchEventBus, "name" | "arn">;

/** AWS's limit of a rule. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MOST_TARGETS = 5;

/** EventBridge: a rule on a bus, and the lambdas that get the events of one kind from one domain. */
export class BusTrigger extends Trigger<object> {
  readonly bus: EventBus;
  readonly rule: CloudwatchEventRule;
  readonly deadLetterQueue: DeadLetterQueue;

  constructor(scope: Construct, id: string, { event, from, filter, archiveDays: retentionDays, bus }: BusTriggerProps) {
    super(scope, id, "bus");
    const { foundation } = this.stack;
    // Encrypted by a key of AWS's own. Without a policy only this account may publish, by what its roles are allowed.
    this.bus =
      bus === "own"
        ? new CloudwatchEventBus(this, "bus", { name: this.stack.nameFor(this, "EventBridge bus") })
        : (bus ?? { name: foundation.eventBusName, arn: foundation.eventBusArn });
    const name = this.stack.nameFor(this, "EventBridge rule");
    const eventPattern = busPattern(this, { source: [from], "detail-type": [event.type], ...(filter && { detail: filter }) });
    this.rule = new CloudwatchEventRule(this, "rule", { name, eventBusName: this.bus.name, eventPattern });
    this.deadLetterQueue = new DeadLetterQueue(this, "dlq", {
      holds: `events that EventBridge could not deliver for the rule ${name}`,
      sender: { service: "events.amazonaws.com", sourceArn: this.rule.arn },
    });
    if (retentionDays !== undefined) {
      checkRange(this, "archiveDays", retentionDays, 1, 3650);
      const archive = this.stack.nameFor(this, "EventBridge archive");
      new CloudwatchEventArchive(this, "archive", { name: archive, eventSourceArn: this.bus.arn, eventPattern, retentionDays });
    }
    this.description.deadLetterQueues.push({ name: this.deadLetterQueue.name, holds: "deliveries" });
    this.describe({ address: this.bus.name, from, event });
  }

  protected wire(lambda: AnyFunction): void {
    const { length } = this.lambdas;
    if (length > MOST_TARGETS) addFinding(this, `invokes ${length} lambdas, and a rule has ${MOST_TARGETS} targets at most`);
    const dependsOn = this.permit(lambda, "events.amazonaws.com", this.rule.arn);
    this.description.deadLetterQueues.push({ name: lambda.addFailureDestination().name, holds: "invocations", lambda: lambda.node.id });
    new CloudwatchEventTarget(this, `${lambda.node.id}-target`, {
      rule: this.rule.name,
      eventBusName: this.rule.eventBusName,
      targetId: lambda.node.id,
      arn: lambda.alias.arn,
      // EventBridge would try for a day. What a lambda refuses for hours has to be mended, and somebody has to know.
      retryPolicy: { maximumRetryAttempts: 20, maximumEventAgeInSeconds: hours(2) },
      deadLetterConfig: { arn: this.deadLetterQueue.queue.arn },
      dependsOn,
    });
  }
}
