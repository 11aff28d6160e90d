import type { HttpSample } from "../../shared/stack-description";

/**
 * A command line that sends the sample, to paste into a shell.
 * @param headers are sent in addition to those of the sample
 */
export function curlCommand(url: string, sample: HttpSample, headers: Record<string, string> = {}): string {
  const allHeaders = { "content-type": "application/json", ...headers, ...sample.headers };
  const headerOptions = Object.entries(allHeaders).map(([name, value]) => `-H ${shellQuote(`${name}: ${value}`)}`);
  const bodyOptions = sample.body === undefined ? [] : [`-d ${shellQuote(JSON.stringify(sample.body))}`];
  return ["curl -i -X", sample.method, url, ...headerOptions, ...bodyOptions].join(" ");
}

/** Quotes a text as one word for a POSIX shell. Single quotes cannot contain a single quote, so each one closes the quotes, adds an escaped quote, and reopens them. */
function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
