/** The value of a JSON text, or undefined when the text is not JSON. */
// biome-ignore lint/suspicious/noExplicitAny: the JSON comes from other programs, in many shapes; callers check what they use
export function parseJson(text = ""): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
