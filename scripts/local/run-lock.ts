import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { UserError } from "../../shared/errors";
import { commandLineOf } from "../cli/process";

/** Not in the folder of a local run, because a new run deletes that folder. */
const FOLDER = ".build";
const LOCK = `${FOLDER}/local.pid`;
const COMMAND = "scripts/commands/local.ts";

/**
 * Makes sure that only one `npm run local` of this clone runs at a time: two would deploy the same stacks with the same state.
 * The lock ends with this process. That of a process that was killed does not count.
 * @throws UserError when another one is running
 */
export async function lockLocalRun(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const own = `${LOCK}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    // A link appears complete or not at all, so that no other process reads a lock without a process id.
    while (!link(own)) {
      await checkNoLocalRun();
      rmSync(LOCK, { force: true });
    }
    process.once("exit", () => rmSync(LOCK, { force: true }));
  } finally {
    rmSync(own, { force: true });
  }
}

/** @throws UserError when an `npm run local` of this clone is running */
export async function checkNoLocalRun(): Promise<void> {
  if (!existsSync(LOCK)) return;
  const pid = Number(readFileSync(LOCK, "utf8"));
  if (pid !== process.pid && (await commandLineOf(pid)).includes(COMMAND)) {
    throw new UserError(`An npm run local of this clone is running (process ${pid}). Wait until it has ended, or stop it with Ctrl-C.`);
  }
}

function link(own: string): boolean {
  try {
    linkSync(own, LOCK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
