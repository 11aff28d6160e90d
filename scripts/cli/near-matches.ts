/** More changes than this make another word. */
const MOST_MISTYPED = 2;

/**
 * The names that somebody who mistyped one can have meant: those that are the fewest letters away from it.
 * @param meanings each text that is expected, with the name that it stands for
 */
export function nearMatches(typed: string, meanings: [expected: string, name: string][]): string[] {
  const distances = meanings.map(([expected, name]) => ({ name, distance: editDistance(typed.toLowerCase(), expected.toLowerCase()) }));
  const least = Math.min(MOST_MISTYPED, ...distances.map(({ distance }) => distance));
  return [...new Set(distances.filter(({ distance }) => distance <= least).map(({ name }) => name))];
}

/** How many letters one has to insert, remove or replace to make one word of another (the Levenshtein distance). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const letter of from) {
    const next = [(row[0] ?? 0) + 1];
    for (const [index, other] of [...to].entries()) {
      const [replaced, removed, inserted] = [row[index] ?? 0, row[index + 1] ?? 0, next[index] ?? 0];
      next.push(letter === other ? replaced : 1 + Math.min(replaced, removed, inserted));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
