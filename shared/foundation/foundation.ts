import { CloudwatchEventBus } from "@cdktf/provider-aws/lib/cloudwatch-event-bus";
import { Fn } from "cdktf";
import { DomainStack } from "../domain-stack";
import { foundationContract } from "../stack/foundation-contract";
import { AlarmTopic } from "./alarm-topic";
import { addLambdaBoundary } from "./lambda-boundary";
import { Network } from "./network";

/** The stack `shared-<environment>`: the network, alarm topic, permissions boundary and event bus that all domains of an environment use. */
export class Foundation extends DomainStack {
  protected define(): void {
    const network = new Network(this, "network");
    const alarms = new AlarmTopic(this, "alarms");
    const boundary = addLambdaBoundary(this);
    const bus = new CloudwatchEventBus(this, "event-bus", { name: this.nameFor(this, "EventBridge bus", "events") });

    this.publish(foundationContract, {
      alarmTopicArn: alarms.topic.arn,
      eventBusArn: bus.arn,
      eventBusName: bus.name,
      lambdaBoundaryArn: boundary.arn,
      lambdaSecurityGroupId: network.lambdaSecurityGroup.id,
      isolatedSubnetIds: Fn.join(",", network.isolatedSubnetIds),
      privateSubnetIds: Fn.join(",", network.privateSubnetIds),
      vpcId: network.vpc.id,
    });
  }
}
