import type { Json } from "./json";

/** The JSON lines that the running test logs, in order. They are kept off the screen. */
export function captureLogs(): Json[] {
  const lines: Json[] = [];
  beforeEach(() => {
    lines.length = 0;
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream);
      // The test runner writes to the same streams.
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

function logLine(text: string | Uint8Array): Json | undefined {
  try {
    const line = JSON.parse(String(text));
    return line.level ? line : undefined;
  } catch {
    return undefined;
  }
}
