import { stripVTControlCharacters } from "node:util";

/**
 * Text that came from outside, such as the key of an object or the message of an error, as it can be printed. It keeps line breaks
 * and tabs. Every other control character could move the cursor, change what is shown before it, or reorder the line.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{C}\n\t]/gu, "�");
}

/** {@link printable} text in one line, in which no line break can look like a line of the command. */
export function printableLine(text: string): string {
  return printable(text).replaceAll(/\s+/g, " ");
}
