/**
 * Lets Node.js run the TypeScript files of this project: `node --import ./scripts/typescript.mjs <file>`. It is JavaScript without
 * packages, so that it can say what is missing on a machine before anything else runs.
 */

import { lstatSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

function exit(message) {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
}

function isOlder(version, minimum) {
  return version.localeCompare(minimum, "en", { numeric: true }) < 0;
}

/**
 * tsx keeps compiled code in a folder of the temporary folder, and runs what it finds there. Another user of the machine could have
 * created that folder first, and could then change the code.
 */
function cacheIsOwn() {
  if (process.getuid === undefined) return true; // On Windows, the temporary folder belongs to the user.
  const folder = join(tmpdir(), `tsx-${process.getuid()}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It exists, or nothing can be written there.
  }
  const { uid, mode } = lstatSync(folder, { throwIfNoEntry: false }) ?? {};
  return uid === process.getuid() && (mode & 0o170022) === 0o040000;
}

/**
 * A proxy must not get requests to this machine, such as those to the local AWS. Node.js reads these variables when it starts, so it
 * starts once more with them. Versions that cannot do that do not use the proxy either.
 */
function keepLoopbackFromProxy() {
  const { NODE_USE_ENV_PROXY, NO_PROXY, no_proxy } = process.env;
  if (!NODE_USE_ENV_PROXY || NODE_USE_ENV_PROXY === "0") return;
  const excluded = no_proxy ?? NO_PROXY ?? "";
  if (excluded.split(",").includes("127.0.0.1")) return;
  const value = [excluded, "127.0.0.1", "localhost", "[::1]"].filter(Boolean).join(",");
  Object.assign(process.env, { NO_PROXY: value, no_proxy: value });
  process.execve?.(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], process.env);
}

const minimum = engines.node.replace(">=", "");
if (isOlder(process.versions.node, minimum)) {
  exit(`This project needs Node.js ${minimum} or later, but this is ${process.versions.node} (${process.execPath}).`);
}
try {
  createRequire(import.meta.url).resolve("tsx");
} catch {
  exit("The packages are not installed. Install them with: npm ci");
}
keepLoopbackFromProxy();
if (!cacheIsOwn()) process.env.TSX_DISABLE_CACHE = "1";
await import("tsx");
