import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { PROGRAM, virtualEnvironment } from "../../scripts/local/emulator";
import { eventually } from "./eventually";
import { freePort } from "./ports";
import { temporaryFolder } from "./temporary-folder";

/** A local AWS that belongs to one test file. */
export interface OwnEmulator {
  endpoint: string;
  port: number;
  /** The secret access key of the root user. */
  secretAccessKey: string;
  /** The decisions of authorization so far. */
  decisions: () => { principal: string; action: string; resource: string; keys: object; decision: string }[];
  stop: () => Promise<void>;
}

/**
 * Starts a local AWS with a port and a folder of its own.
 * @param options.corrections whether the corrections of MiniStack are installed
 * @param options.auth whether IAM is enforced
 * @param options.priority of its process and of its lambdas, from 0 to 19, the lowest
 */
export async function startOwnEmulator({ corrections = true, auth = true, priority = 0 } = {}): Promise<OwnEmulator> {
  const python = await virtualEnvironment(new AbortController().signal);
  const port = await freePort();
  const secretAccessKey = "secret of this test file";
  const decisions = join(temporaryFolder(), "decisions.jsonl");
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    AUTH: String(auth),
    BIND_HOST: "127.0.0.1",
    CORRECTIONS: corrections ? "all" : "none",
    DECISIONS: decisions,
    GATEWAY_PORT: String(port),
    MINISTACK_ACCOUNT_ID: "111111111111",
    MINISTACK_REGION: "eu-west-1",
    ROOT_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const child: ChildProcess = spawn(python, ["-B", PROGRAM], { env, stdio: ["ignore", "pipe", "pipe"] });
  setPriority(child.pid as number, priority);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (output += data));
  const endpoint = `http://127.0.0.1:${port}`;
  await eventually("a local AWS that is ready", () => output.includes(`Running on ${endpoint}`), 60);
  return {
    endpoint,
    port,
    secretAccessKey,
    decisions: () =>
      readFileSync(decisions, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    stop: async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}
