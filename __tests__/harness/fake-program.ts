import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { temporaryFolder } from "./temporary-folder";

/** Creates a program that is a shell script, in a folder of its own. */
export function fakeProgram(name: string, script: string): { folder: string; file: string } {
  const folder = temporaryFolder();
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return { folder, file };
}

/** The PATH with these folders first. */
export function pathWith(...folders: string[]): string {
  return [...folders, process.env.PATH].join(delimiter);
}

/** A process with the command line of the local AWS of a project. It only waits. */
export function likeEmulator(project = process.cwd()): ChildProcess {
  return otherProgram(resolve(project, "scripts/local/emulator/main.py"));
}

/** A process of another program. It only waits. */
export function otherProgram(...args: string[]): ChildProcess {
  return spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", ...args], { detached: true });
}
