import { createServer } from "node:net";

/**
 * Listens on a port of the loopback interface, so that no other program can. If another program has it already, that is enough.
 * @param port 0 is any free port
 */
export async function takePort(port = 0): Promise<{ port: number; release: () => Promise<unknown> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve).once("error", () => resolve()));
  const address = server.address();
  const release = () => new Promise((resolve) => server.close(resolve));
  return { port: typeof address === "object" && address ? address.port : port, release };
}

/** A port that is free. Another program can take it at any time. */
export async function freePort(): Promise<number> {
  const { port, release } = await takePort();
  await release();
  return port;
}
