/** What became of the events of a drill. Every number counts events, not attempts. */
export interface Balance {
  sent: number;
  /** Had their effect, once. */
  done: number;
  /** Lie in a dead-letter queue. */
  dead: number;
  /** Were turned away at the door; their sender knows. @default 0 */
  refused?: number;
  /** Lie in the stream or table they came by, for whoever redrives them: their lambda has told of them. @default 0 */
  inStream?: number;
  /** Had their effect more than once. @default 0 */
  twice?: number;
}

/** A drill that one line of the report is written for. */
const report: string[] = [];

/**
 * Holds when no event is lost and none has its effect twice; and puts the figures into the report.
 * @param remark what the drill changed to save time, or where it cannot see what AWS would do
 */
export function expectBalanced({ sent, done, dead, refused = 0, inStream = 0, twice = 0 }: Balance, remark = ""): void {
  const figures = { sent, done, dead, refused, inStream, twice, lost: sent - done - dead - refused - inStream };
  const name = expect.getState().currentTestName;
  const counted = Object.entries(figures).filter(([key, count]) => count > 0 || ["sent", "lost", "twice"].includes(key));
  report.push(`${name}: ${counted.map(([key, count]) => `${count} ${key}`).join(", ")}${remark && ` (${remark})`}`);
  expect(figures).toMatchObject({ lost: 0, twice: 0 });
}

afterAll(() => {
  process.stdout.write(`\n${report.map((line) => `  ${line}`).join("\n")}\n`);
});
