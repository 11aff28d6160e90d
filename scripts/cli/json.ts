/** The value of a JSON text, or undefined when the text is not JSON. */
// biome-ignore lint/suspicious/noExplicitAny: the JSON comes from other programs, in many shapes; callers check what they use
export function parseJson(text = ""): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The JSON object in the output of a program. A wrapper of the program can print other lines before and after it. */
export function jsonIn(output = ""): ReturnType<typeof parseJson> {
  const start = output.search(/^\{\s*("|$)/m);
  return start < 0 ? undefined : parseJson(output.slice(start, output.lastIndexOf("}") + 1));
}
