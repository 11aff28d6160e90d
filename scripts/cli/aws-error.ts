/** An error that a service of AWS answers, as the SDK throws it, or that keeps it from answering. */
interface AwsError extends Error {
  $fault?: "client" | "server";
  $metadata?: { httpStatusCode?: number };
  /** Of an error of the network. */
  code?: string;
}

const NETWORK = ["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EPIPE"];

/**
 * Explains an error of AWS whose cause is the caller, the network or the service: missing permissions, expired credentials, throttling.
 * @returns undefined for every other error
 */
export function explainAwsError({ name, message, code = "", $fault, $metadata }: AwsError): string | undefined {
  if (name === "CredentialsProviderError") return `There are no AWS credentials: ${message} Set credentials of the environment's account.`;
  if (NETWORK.includes(code)) return `AWS cannot be reached: ${message}. Check the network, then run the command again.`;
  if ($metadata === undefined || $fault === undefined) return undefined;
  const fix = $fault === "server" ? "Try again" : "Check that your credentials are valid and may do this, then run the command again";
  return `AWS answered ${name}: ${message} ${fix}.`;
}
