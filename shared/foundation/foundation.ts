import { CloudwatchEventBus } from "@cdktf/provider-aws/lib/cloudwatch-event-bus";
import { Fn, type ITerraformDependable } from "cdktf";
import { DomainStack } from "../domain-stack";
import { deployBoundaryName } from "../naming";
import { hasDeployRoles } from "../stack/deployer";
import { boundaryParameter, foundationContractFor } from "../stack/foundation-contract";
import { Access } from "./access";
import { AlarmTopic } from "./alarm-topic";
import { addBoundary } from "./boundary";
import { Network } from "./network";
import { checkTypes } from "./roles/check-types";
import { DeployRoles } from "./roles/deploy-roles";

/**
 * The stack `shared-<environment>`: the network, alarm topic and event bus that all domains of an environment use, and for each domain
 * the roles that deploy it and the permissions boundary of its own roles. It is created after the domains, because a boundary depends on what its domain reads.
 */
export class Foundation extends DomainStack {
  protected define(): void {
    const network = new Network(this, "network");
    const alarms = new AlarmTopic(this, "alarms");
    const domains = this.domainsOfEnvironment();
    const boundaries = domains.map((domain) => [
      boundaryParameter(domain.identity.domain),
      addBoundary(this, domain, this.addDeployRoles(domain)).arn,
    ]);
    const bus = new CloudwatchEventBus(this, "event-bus", { name: this.nameFor(this, "EventBridge bus", "events") });

    this.publish(foundationContractFor(domains.map(({ identity }) => identity.domain)), {
      alarmTopicArn: alarms.topic.arn,
      eventBusArn: bus.arn,
      eventBusName: bus.name,
      lambdaSecurityGroupId: network.lambdaSecurityGroup.id,
      isolatedSubnetIds: Fn.join(",", network.isolatedSubnetIds),
      privateSubnetIds: Fn.join(",", network.privateSubnetIds),
      vpcId: network.vpc.id,
      ...Object.fromEntries(boundaries),
    });
    if (hasDeployRoles(this.project)) for (const stack of [this, ...domains]) checkTypes(stack);
  }

  /** @returns what must exist before the domain can be deployed under its roles */
  private addDeployRoles({ identity }: DomainStack): ITerraformDependable[] {
    if (!hasDeployRoles(this.project)) return [];
    // The stack `access` has the boundary, and is deployed before.
    const boundary = this.arnOf("iam", `policy/${deployBoundaryName(this.identity)}`);
    return new DeployRoles(this, identity, boundary).resources;
  }

  /** In an order that does not change when a domain is renamed, so that the foundation stays as it is, too. */
  private domainsOfEnvironment(): DomainStack[] {
    const stacks = (this.node.scope?.node.children ?? []).filter((child) => child instanceof DomainStack);
    const isDomain = (stack: DomainStack) => stack !== this && !(stack instanceof Access);
    return stacks
      .filter((stack) => isDomain(stack) && stack.environment.name === this.environment.name)
      .sort((one, other) => (one.identity.domain < other.identity.domain ? -1 : 1));
  }
}
