import { defineContract } from "../contract";

/** What every domain may stand on. */
export const foundationContract = defineContract({
  domain: "shared",
  version: 1,
  parameters: [
    "alarmTopicArn",
    "eventBusArn",
    "eventBusName",
    "lambdaBoundaryArn",
    "lambdaSecurityGroupId",
    /** Comma-separated, one a zone. Nothing leads out of them: for databases. */
    "isolatedSubnetIds",
    /** Comma-separated, one a zone. They reach the internet where the environment has NAT. */
    "privateSubnetIds",
    "vpcId",
  ],
});
