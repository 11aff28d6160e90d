/** What a text says as JSON; undefined where it is none. */
// biome-ignore lint/suspicious/noExplicitAny: what others write comes in many shapes, and none is relied on without a look
export function parseJson(text = ""): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
