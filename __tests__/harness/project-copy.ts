import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "./eventually";
import { temporaryFolder } from "./temporary-folder";

const ROOT = resolve(__dirname, "../..");
/** What is made by commands: a copy makes its own. */
const MADE = [".git", ".build", ".deploy", ".local", ".state", "cdktf.out", "node_modules", "coverage"];
/** What takes a download to make, and does not depend on the folder. */
const SHARED = ["node_modules", ".build/emulator", ".build/providers"];

/** A copy of the project as it is now, in which nothing was built or deployed yet. */
export function projectCopy(): string {
  const copy = temporaryFolder();
  cpSync(ROOT, copy, { recursive: true, filter: (file) => !MADE.includes(relative(ROOT, file).split(sep)[0] ?? "") });
  mkdirSync(join(copy, ".build"));
  for (const path of SHARED) if (existsSync(join(ROOT, path))) symlinkSync(join(ROOT, path), join(copy, path));
  return copy;
}

/** One of the commands behind `npm run`, without npm: that would put an exit code of its own over the command's after Ctrl-C. */
export class RunningCommand {
  /** All it has printed so far. */
  output = "";
  private readonly child: ChildProcess;
  private exitCode?: number | string;
  private interrupted: number[] = [];

  constructor(cwd: string, name: string, args: string[] = [], variables: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, ["--import", "tsx", `scripts/commands/${name}.ts`, ...args], {
      cwd,
      env: { ...process.env, ...variables },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const add = (data: Buffer) => {
      this.output += data;
    };
    this.child.stdout?.on("data", add);
    this.child.stderr?.on("data", add);
    // Not "close": an emulator that goes on may hold the pipes.
    this.child.on("exit", (exitCode, signal) => {
      this.exitCode = exitCode ?? signal ?? undefined;
    });
  }

  get hasEnded(): boolean {
    return this.exitCode !== undefined;
  }

  /** Waits for its end, and for what it printed last. The default is thrice what `npm run local` takes on two cores. */
  async ended(seconds = 600): Promise<{ exitCode: number | string | undefined; output: string }> {
    await eventually("end of the command", () => this.hasEnded, seconds);
    await sleep(200);
    return { exitCode: this.exitCode, output: this.output };
  }

  /**
   * Presses Ctrl-C: the terminal interrupts the whole process group, and npm passes on what it got.
   * @returns ids of all that ran then
   */
  interrupt(): number[] {
    this.interrupted = this.descendants();
    const pid = this.child.pid as number;
    process.kill(-pid, "SIGINT");
    process.kill(pid, "SIGINT");
    return this.interrupted;
  }

  /** Ends all of it that still runs, whatever became of the test. */
  kill(): void {
    for (const { id } of running([...this.interrupted, ...this.descendants()])) {
      try {
        process.kill(id, "SIGKILL");
      } catch {
        // it ended by itself meanwhile
      }
    }
  }

  /** Ids of all it has started that runs now, near and far. A command that has ended has no more. */
  private descendants(): number[] {
    if (this.exitCode !== undefined || this.child.pid === undefined) return [];
    const rows = processes();
    const found = [this.child.pid];
    for (const parent of found) found.push(...rows.filter((row) => row.parent === parent).map(({ id }) => id));
    return found;
  }
}

/** Those of these processes that run. */
export function running(ids: number[]) {
  return processes().filter(({ id }) => ids.includes(id));
}

/** All processes but the dead that nobody has buried. */
function processes(): { id: number; parent: number; command: string }[] {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid=,stat=,args="], { encoding: "utf8" }).trim().split("\n");
  return rows
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(row) ?? [])
    .filter(([, , , stat = "Z"]) => !stat.startsWith("Z"))
    .map(([, id, parent, , command = ""]) => ({ id: Number(id), parent: Number(parent), command }));
}
