import type { Environment } from "../stack/config";

/** Reached from the VPC by its free gateway endpoints. */
const BY_GATEWAY = ["dynamodb", "s3"];

/** Interface endpoints whose name is not the prefix of the service's actions. */
const ENDPOINTS: Record<string, string> = { cloudwatch: "monitoring", kinesis: "kinesis-streams" };

/**
 * The interface endpoint that a lambda in the VPC lacks to reach a service, or undefined when it
 * reaches it. AWS does not refuse such a lambda: it hangs until its timeout.
 */
export function missingEndpoint(service: string, { nat, interfaceEndpoints }: Environment["network"]): string | undefined {
  const endpoint = ENDPOINTS[service] ?? service;
  return nat !== "none" || BY_GATEWAY.includes(service) || interfaceEndpoints.includes(endpoint) ? undefined : endpoint;
}
