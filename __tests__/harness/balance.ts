/** The results of a drill. Every number counts events, not attempts. */
export interface Balance {
  sent: number;
  /** Events that had their effect once. */
  done: number;
  /** Events that are in a dead-letter queue. */
  dead: number;
  /** Events that were rejected with an error to their sender. @default 0 */
  refused?: number;
  /** Events that their lambda reported as failed, and that are still in their stream or table. @default 0 */
  inStream?: number;
  /** Events that had their effect more than once. @default 0 */
  twice?: number;
}

/** A line for each drill, printed after all tests of the file. */
const report: string[] = [];

/**
 * Expects that no event was lost and that none had its effect twice. Adds the numbers to the report.
 * @param remark a setting that the drill changed to save time, or a limit of the local AWS
 */
export function expectBalanced({ sent, done, dead, refused = 0, inStream = 0, twice = 0 }: Balance, remark = ""): void {
  const figures = { sent, done, dead, refused, inStream, twice, lost: sent - done - dead - refused - inStream };
  const name = expect.getState().currentTestName;
  const counted = Object.entries(figures).filter(([key, count]) => count > 0 || ["sent", "lost", "twice"].includes(key));
  const numbers = counted.map(([key, count]) => `${count} ${key}`).join(", ");
  report.push(remark ? `${name}: ${numbers} (${remark})` : `${name}: ${numbers}`);
  expect(figures).toMatchObject({ lost: 0, twice: 0 });
}

afterAll(() => {
  process.stdout.write(`\n${report.map((line) => `  ${line}`).join("\n")}\n`);
});
