import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EventDescription } from "../../shared/stack-description";

/**
 * The domains whose sources name an event, or anything that another domain's contract makes of it: its senders and
 * receivers are among them. Types leave no trace in the artifact, so this is read from the sources.
 */
export function eventUsers(project: string, { name, version }: EventDescription): string[] {
  const domains = readdirSync(join(project, "domains"));
  const isIt = (text: string) => new RegExp(`name: *["']${name}["']`).test(text) && new RegExp(`version: *${version}\\b`).test(text);
  const owner = domains.find((domain) => declarationsOf(project, domain).some(([, text]) => isIt(text)));
  if (!owner) return ["nobody knows who"];
  const declarations = declarationsOf(project, owner);
  const names = declarations.filter(([, text]) => isIt(text)).map(([declared]) => declared);
  // An array that grows while it is walked: what is made of the event, and what is made of that.
  for (const known of names)
    names.push(...declarations.filter(([each, text]) => !names.includes(each) && mentions(text, known)).map(([each]) => each));
  return domains.filter((domain) => domain !== owner && names.some((each) => mentions(sourcesOf(join(project, "domains", domain)), each)));
}

/** The declarations of a contract, by name. */
function declarationsOf(project: string, domain: string): [string, string][] {
  const file = join(project, "domains", domain, "contract.ts");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const [, ...parts] = text.split(/^(?:export )?(?:const|type|interface|function) (?=\w)/m);
  return parts.map((part) => [/^\w+/.exec(part)?.[0] ?? "", part]);
}

function sourcesOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
}

const mentions = (text: string, name: string) => new RegExp(`\\b${name}\\b`).test(text);
