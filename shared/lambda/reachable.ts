import type { Construct } from "constructs";
import type { Environment } from "../stack/config";
import { addFinding } from "../stack/findings";

/** Services that every VPC reaches through its free gateway endpoints. */
const GATEWAY_ENDPOINTS = ["dynamodb", "s3"];

/** Services whose interface endpoint has another name than the prefix of their actions. */
const ENDPOINT_NAMES: Record<string, string> = { cloudwatch: "monitoring", kinesis: "kinesis-streams" };

/**
 * Adds a finding for each action whose service a lambda in the VPC cannot reach.
 * AWS does not reject such a lambda. Its calls hang until the timeout.
 */
export function checkReachable(scope: Construct, actions: string[], { name, network }: Environment): void {
  for (const action of actions) {
    const [service = ""] = action.split(":");
    const endpoint = missingEndpoint(service, network);
    if (!endpoint) continue;
    const problem = `the lambda runs in the VPC, which has no route to ${service}, so "${action}" would hang until the timeout`;
    const fix = `Add "${endpoint}" to the interfaceEndpoints of ${name}, give ${name} NAT, or take the lambda out of the VPC`;
    addFinding(scope, `${problem}. ${fix}.`);
  }
}

/** The interface endpoint that a service needs and the network does not have, or undefined if the service is reachable. */
function missingEndpoint(service: string, { nat, interfaceEndpoints }: Environment["network"]): string | undefined {
  if (nat !== "none" || GATEWAY_ENDPOINTS.includes(service)) return undefined;
  const endpoint = ENDPOINT_NAMES[service] ?? service;
  return interfaceEndpoints.includes(endpoint) ? undefined : endpoint;
}
