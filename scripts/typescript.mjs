/**
 * Lets Node.js run the TypeScript files of this project: `node --import ./scripts/typescript.mjs <file>`. It is JavaScript without
 * packages, so that it can say what is missing on a machine before anything else runs.
 */

import { lstatSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

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

/** Characters that npm, jest or Node.js take for something else in a path. On Windows, a drive has a colon. */
function checkFolder() {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  const windows = process.platform === "win32";
  const problem = /[#?]/.test(folder) || (!windows && /[:\\]/.test(folder)) || /[\\/]node_modules[\\/]/.test(folder);
  if (problem)
    exit(
      `The folder of this clone is ${folder}, but tools cannot handle #, ?, : and \\ in it, or a folder node_modules above it. Move the clone.`,
    );
}

const minimum = engines.node.replace(">=", "");
if (isOlder(process.versions.node, minimum)) {
  exit(`This project needs Node.js ${minimum} or later, but this is ${process.versions.node} (${process.execPath}).`);
}
checkFolder();
try {
  createRequire(import.meta.url).resolve("tsx");
} catch {
  exit("The packages are not installed. Install them with: npm ci");
}
keepLoopbackFromProxy();
// With these, tsx would use the settings of another project, and CDKTF would write other files.
delete process.env.TSX_TSCONFIG_PATH;
delete process.env.SYNTH_HCL_OUTPUT;
if (!cacheIsOwn()) process.env.TSX_DISABLE_CACHE = "1";
await import("tsx");
