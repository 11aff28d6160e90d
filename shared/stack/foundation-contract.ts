import { defineContract } from "../contract";

/** The parameters that the foundation publishes. Every domain can use them as `this.foundation`. */
export const foundationContract = defineContract({
  domain: "shared",
  version: 1,
  parameters: [
    /** The SNS topic that every alarm of the environment notifies. */
    "alarmTopicArn",
    /** The event bus of the environment. */
    "eventBusArn",
    "eventBusName",
    /** The permissions boundary of every lambda's role. */
    "lambdaBoundaryArn",
    /** The security group of lambdas in the VPC. */
    "lambdaSecurityGroupId",
    /** Comma-separated, one subnet in each zone. They have no route to the internet; they are for databases. */
    "isolatedSubnetIds",
    /** Comma-separated, one subnet in each zone. They have a route to the internet if the environment has NAT. */
    "privateSubnetIds",
    "vpcId",
  ],
});
