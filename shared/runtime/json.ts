/** What is no JSON stays text, for the schema to refuse with its reason in the log. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
