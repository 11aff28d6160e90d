import { execFile } from "node:child_process";

const INTERVAL_MS = 250;

interface ProcessRow {
  id: number;
  parent: number;
  /** Memory in kB. */
  memory: number;
}

/**
 * Measures the memory of all processes that this process started, directly or indirectly, until the returned function is called.
 * Node.js does not report the memory of its children, and esbuild can use far more than the process that called it.
 * @returns a function that stops and returns the highest sum, in kB
 */
export function watchMemory(): () => number {
  let peak = 0;
  const timer = setInterval(() => {
    execFile("ps", ["-A", "-o", "pid=,ppid=,rss="], (_, table) => {
      peak = Math.max(peak, memoryBelow(process.pid, parse(table)));
    });
  }, INTERVAL_MS);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

function parse(table: string): ProcessRow[] {
  return table
    .trim()
    .split("\n")
    .map((line) => {
      const [id = 0, parent = 0, memory = 0] = line.trim().split(/\s+/).map(Number);
      return { id, parent, memory };
    });
}

/** The sum of the memory of a process's children, their children, and so on. */
function memoryBelow(parent: number, processes: ProcessRow[]): number {
  const children = processes.filter((process) => process.parent === parent);
  return children.reduce((sum, { id, memory }) => sum + memory + memoryBelow(id, processes), 0);
}
