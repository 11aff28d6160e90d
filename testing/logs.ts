/**
 * A line that a handler's logger writes.
 *
 * @example
 * const failed: LogLine | undefined = logs.find(({ message }) => message === "failed");
 */
export interface LogLine {
  level: string;
  /** The text, or the outcome of an event: `handled`, `refused` or `failed`. */
  message: string;
  correlation_id?: string;
  /** In the line with the outcome: the kind of the trigger. */
  trigger?: string;
  /** In the lines `refused` and `failed`: why. */
  reason?: string;
  /** The fields that the handler logs. */
  [field: string]: unknown;
}

/**
 * Captures the lines that the handler's logger writes in each test, and keeps them off the screen. A test file calls it once at the
 * top.
 * @returns the lines of the running test, in order. The list is emptied at the start of each test.
 *
 * @example
 * const logs = captureLogs();
 *
 * test("an invalid order is logged with the reason", async () => {
 *   await deliver(handler, { correlationId: "id-1" });
 *   expect(logs).toMatchObject([{ message: "failed", correlation_id: "id-1", reason: expect.stringContaining("orderId") }]);
 * });
 */
export function captureLogs(): LogLine[] {
  const lines: LogLine[] = [];
  beforeEach(() => {
    lines.length = 0;
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream);
      // Jest writes to the same streams. Its output is passed on.
      jest.spyOn(stream, "write").mockImplementation((text) => {
        const line = logLine(text);
        if (!line) return write(text);
        lines.push(line);
        return true;
      });
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  return lines;
}

function logLine(text: string | Uint8Array): LogLine | undefined {
  try {
    const line = JSON.parse(String(text));
    return line.level ? line : undefined;
  } catch {
    return undefined;
  }
}
