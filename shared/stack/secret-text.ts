/**
 * Texts in the format of a secret: access key ids of AWS, tokens of HCP Terraform, GitHub and Slack, private keys, JSON Web Tokens,
 * and passwords in URLs. None belongs in the configuration, the artifact or the state.
 */
const SECRET_TEXTS = [
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\b[0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z]{60,}/,
  /\bgh[pousr]_\w{36}|\bgithub_pat_\w{22}/,
  /\bxox[abpr]-\w{10}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
  /\beyJ[\w-]+\.eyJ/,
  /:\/\/[^/\s:@]+:[^/\s@]+@/,
];

/** Whether a part of a text has the format of a secret. */
export function containsSecret(text: string): boolean {
  return SECRET_TEXTS.some((format) => format.test(text));
}

/** The places of all texts in a value, keys included, that contain a secret: `resource.aws_sqs_queue.placed.policy`. */
export function placesOfSecrets(value: unknown, place = ""): string[] {
  if (typeof value === "string") return containsSecret(value) ? [place] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    // The place is printed, and a log would then contain the secret.
    const name = containsSecret(key) ? "(a key that looks like a secret)" : key;
    const path = place ? `${place}.${name}` : name;
    return name === key ? placesOfSecrets(inner, path) : [path];
  });
}
