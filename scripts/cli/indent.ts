/** The text with every line moved two characters to the right. */
export function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
