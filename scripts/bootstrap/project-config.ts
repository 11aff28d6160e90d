import { readFileSync, writeFileSync } from "node:fs";
import { UserError } from "../../shared/errors";

export const CONFIG = "project.config.ts";

/** Changes values in project.config.ts, and nothing else in it. */
export function writeConfig(values: Record<string, string>): void {
  let text = readFileSync(CONFIG, "utf8");
  for (const [field, value] of Object.entries(values)) {
    const pattern = new RegExp(`(\\b${field}: )"[^"]*"`);
    if (!pattern.test(text)) throw new UserError(`${CONFIG} has no line with ${field}: "…". Write ${field}: "${value}" into it.`);
    text = text.replace(pattern, (_, before: string) => `${before}${JSON.stringify(value)}`);
  }
  writeFileSync(CONFIG, text);
}

/** Sets a list of an environment in project.config.ts, after the name of the environment. */
export function addToEnvironment(environment: string, field: string, values: string[]): void {
  const setting = `${field}: [${values.map((value) => JSON.stringify(value)).join(", ")}],`;
  const text = readFileSync(CONFIG, "utf8");
  const line = new RegExp(`^( *)name: "${environment}",\\n`, "m").exec(text);
  if (!line || text.includes(`${field}:`)) throw new UserError(`Write ${setting} into the environment ${environment} of ${CONFIG}.`);
  writeFileSync(
    CONFIG,
    text.replace(line[0], () => `${line[0]}${line[1]}${setting}\n`),
  );
}
