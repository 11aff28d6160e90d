import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "./eventually";
import { temporaryFolder } from "./temporary-folder";

const ROOT = resolve(__dirname, "../..");
/** Files that commands create. A copy of the project creates its own. */
const MADE = [".git", ".build", ".deploy", ".local", ".state", "cdktf.out", "node_modules", "coverage"];
/** Files that were downloaded and do not depend on the folder. A copy links to them. */
const SHARED = ["node_modules", ".build/emulator", ".build/providers"];

/** A copy of the project with its uncommitted changes. Nothing is built or deployed in it. */
export function projectCopy(): string {
  const copy = temporaryFolder();
  cpSync(ROOT, copy, { recursive: true, filter: (file) => !MADE.includes(relative(ROOT, file).split(sep)[0] ?? "") });
  mkdirSync(join(copy, ".build"));
  for (const path of SHARED) if (existsSync(join(ROOT, path))) symlinkSync(join(ROOT, path), join(copy, path));
  return copy;
}

/** A command of `npm run`. It runs without npm, which replaces the exit code of the command after Ctrl-C. */
export class RunningCommand {
  /** Everything that it has printed so far. */
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
    // The event "close" comes later, or never, because an emulator that keeps running holds the pipes open.
    this.child.on("exit", (exitCode, signal) => {
      this.exitCode = exitCode ?? signal ?? undefined;
    });
  }

  get hasEnded(): boolean {
    return this.exitCode !== undefined;
  }

  /** Waits for its end and its last output. The default is three times as long as `npm run local` takes on two processors. */
  async ended(seconds = 600): Promise<{ exitCode: number | string | undefined; output: string }> {
    await eventually("end of the command", () => this.hasEnded, seconds);
    await sleep(200);
    return { exitCode: this.exitCode, output: this.output };
  }

  /**
   * Presses Ctrl-C. The command gets two signals: the terminal interrupts the whole process group, and npm passes its own on.
   * @returns the ids of the command and of all the processes that it had started
   */
  interrupt(): number[] {
    this.interrupted = this.descendants();
    const pid = this.child.pid as number;
    process.kill(-pid, "SIGINT");
    process.kill(pid, "SIGINT");
    return this.interrupted;
  }

  /** Ends the command and all the processes that it has started, whether the test passes or fails. */
  kill(): void {
    for (const { id } of running([...this.interrupted, ...this.descendants()])) {
      try {
        process.kill(id, "SIGKILL");
      } catch {
        // The process has ended by itself.
      }
    }
  }

  /** The ids of the command and of all the processes that it has started, directly or through others. None if it has ended. */
  private descendants(): number[] {
    if (this.exitCode !== undefined || this.child.pid === undefined) return [];
    return withChildren(this.child.pid, processes());
  }
}

/** The processes with these ids that still run. */
export function running(ids: number[]): RunningProcess[] {
  return processes().filter(({ id }) => ids.includes(id));
}

interface RunningProcess {
  id: number;
  parent: number;
  command: string;
}

function withChildren(id: number, all: RunningProcess[]): number[] {
  const children = all.filter(({ parent }) => parent === id);
  return [id, ...children.flatMap((child) => withChildren(child.id, all))];
}

/** All processes of this machine, without zombies. */
function processes(): RunningProcess[] {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid=,stat=,args="], { encoding: "utf8" }).trim().split("\n");
  return rows
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(row) ?? [])
    .filter(([, , , stat = "Z"]) => !stat.startsWith("Z"))
    .map(([, id, parent, , command = ""]) => ({ id: Number(id), parent: Number(parent), command }));
}
