import { type Contract, defineContract } from "../contract";
import { camelCase, FOUNDATION } from "../naming";

/** The parameters that the foundation publishes for every domain. A domain can use them as `this.foundation`. */
export const foundationContract = defineContract({
  domain: FOUNDATION,
  version: 1,
  parameters: [
    /** The SNS topic that every alarm of the environment notifies. */
    "alarmTopicArn",
    /** The event bus of the environment. */
    "eventBusArn",
    "eventBusName",
    /** The security group of lambdas in the VPC. */
    "lambdaSecurityGroupId",
    /** Comma-separated, one subnet in each zone. They have no route to the internet; they are for databases. */
    "isolatedSubnetIds",
    /** Comma-separated, one subnet in each zone. They have a route to the internet if the environment has NAT. */
    "privateSubnetIds",
    "vpcId",
  ],
});

/** The parameter with the permissions boundary of the roles in one domain: `ordersBoundaryArn`. */
export function boundaryParameter(domain: string): string {
  return `${camelCase(domain)}BoundaryArn`;
}

/** The contract of the foundation with the boundaries of these domains. A domain reads it with its own boundary only. */
export function foundationContractFor(domains: string[]): Contract {
  return { ...foundationContract, parameters: [...foundationContract.parameters, ...domains.map(boundaryParameter)] };
}
