import { readFileSync } from "node:fs";
import { join } from "node:path";

const DOCS = join(__dirname, "../../docs");

/**
 * The shell commands that a page of the documentation has under a heading, in their order, so that a test runs what the page says.
 * @param page `state.md`
 * @param heading without its "#"
 * @throws Error when there is no such heading, or when there is no command under it
 */
export function commandsUnder(page: string, heading: string): string[] {
  const sections = readFileSync(join(DOCS, page), "utf8").split(/^#+ /m);
  const section = sections.find((text) => text.startsWith(`${heading}\n`));
  const blocks = [...(section ?? "").matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = ""]) => block);
  const commands = blocks.flatMap((block) => block.trim().split("\n"));
  if (commands.length === 0) throw new Error(`docs/${page} has no commands under "${heading}".`);
  return commands;
}
