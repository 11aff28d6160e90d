/** How Terraform marks values in the JSON of a plan: as sensitive, or as known only after the apply. */

/** Whether Terraform marks a value, or a part of it, with `true`. */
export function isMarked(mark: unknown): boolean {
  return mark === true || (typeof mark === "object" && mark !== null && Object.values(mark).some(isMarked));
}

/** Whether a part of an attribute is sensitive, before or after the change. */
export function isSensitive(marks: { before_sensitive?: unknown; after_sensitive?: unknown }, attribute: string): boolean {
  return [marks.before_sensitive, marks.after_sensitive].some((each) => {
    // Without marks, nobody knows.
    if (typeof each !== "object" || each === null) return each !== false;
    return isMarked((each as Record<string, unknown>)[attribute]);
  });
}
