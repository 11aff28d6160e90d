import { execFile } from "node:child_process";

const INTERVAL_MS = 250;

/**
 * Watches the memory of all processes below this one; esbuild can take far more than the Node that
 * called it, and no process is told what its children take.
 * @returns ends the watch and gives the peak of their sum, in kB
 */
export function watchMemory(): () => number {
  let peak = 0;
  const timer = setInterval(() => {
    execFile("ps", ["-A", "-o", "pid=,ppid=,rss="], (_, table) => {
      peak = Math.max(peak, sumBelow(process.pid, table));
    });
  }, INTERVAL_MS);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

function sumBelow(ancestor: number, table: string): number {
  const processes = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [pid: number, parent: number, rss: number]);
  const below = (parent: number): number =>
    processes.filter(([, of]) => of === parent).reduce((sum, [pid, , rss]) => sum + rss + below(pid), 0);
  return below(ancestor);
}
