import { createServer } from "node:net";

/** Takes a port on the loopback interface, a free one where none is named; one that is taken already stays so. */
export async function takePort(port = 0): Promise<{ port: number; release: () => Promise<unknown> }> {
  const server = createServer();
  await new Promise<void>((taken) => server.listen(port, "127.0.0.1", taken).once("error", () => taken()));
  const address = server.address();
  const release = () => new Promise((released) => server.close(released));
  return { port: typeof address === "object" && address ? address.port : port, release };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const { port, release } = await takePort();
  await release();
  return port;
}
