import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runCommand } from "../scripts/cli/command";
import { runProcess } from "../scripts/cli/process";
import { printTable } from "../scripts/cli/table";
import { UserError } from "../shared/errors";
import { measureAffected } from "./affected";
import { writeApp } from "./app";
import { measureBundles } from "./bundles";
import type { Measured } from "./measure";
import { median } from "./median";
import { watchMemory } from "./memory";

const HELP = `
npm run bench [-- --domains N] [--runs N]

Measures this template.

First it prints the size of each lambda in domains/ and the time to load its code, compared with the AWS SDK clients
that it uses, without anything around them.

Then it measures npm run affected beside npm run synth, in a copy of this project, and in one with 100 domains more.

Then it synthesizes generated apps and prints their time and their peak memory: this template, plain CDKTF as its
guides show it (bench/plain.ts describes the comparison), and this template with ten times as many domains. Every domain
has three lambdas, and every environment of project.config.ts is synthesized. It does this twice:
- with bare handlers, which import nothing
- with full handlers, which import Powertools, zod and an AWS SDK client. All of them import the same. A lambda with
  other imports costs one more bundle of packages, about 0.1 s.

Each synth is a process of its own, measured from its start to its end. The memory is that of Node.js, esbuild and
everything else that it starts. The time for bundling is the time for which the synth waits: esbuild works while
constructs are created.

On 2 idle cores, all of this takes about 11 minutes.

--domains N   the domains of the smaller app, 1 to 99 (default: 30)
--runs N      how often the smaller app is synthesized, 1 to 99; the median counts (default: 3). The larger app
              is synthesized once.`;

/** The files in bench/domain/lambdas of which the lambdas are copies, without ".ts". */
const HANDLERS = ["bare", "full"];

const FOLDER = join(__dirname, "..", ".build", "bench");
const TIMES_LARGER = 10;

/** How often the code of a lambda is loaded. The median counts. */
const LOADS = 11;

/** The results of one synth, or the medians of several. */
interface Result extends Measured {
  /** From the start of the process to its end, in ms. */
  time: number;
  /** The peak memory of the process and everything that it starts, in kB. */
  memory: number;
}

void runCommand({ help: HELP, options: { domains: { type: "string" }, runs: { type: "string" } } }, async ({ options, signal }) => {
  const domains = count("domains", options.domains ?? "30");
  const runs = count("runs", options.runs ?? "3");
  const measures = [
    () => measureBundles(FOLDER, LOADS, signal),
    () => measureAffected(FOLDER, runs, signal),
    ...HANDLERS.map((handlers) => () => compare(domains, runs, handlers, signal)),
  ];
  for (const measure of measures) {
    rmSync(FOLDER, { recursive: true, force: true });
    try {
      await measure();
    } finally {
      rmSync(FOLDER, { recursive: true, force: true });
    }
  }
});

/** Compares this template with plain CDKTF, and with itself for a larger app, and prints the results. */
async function compare(domains: number, runs: number, handlers: string, signal: AbortSignal): Promise<void> {
  const manyDomains = domains * TIMES_LARGER;
  const small = join(FOLDER, "small");
  const large = join(FOLDER, "large");
  process.stdout.write(`\n${handlers} handlers\n\n`);
  writeApp({ folder: small, domains, handler: `${handlers}.ts` });
  writeApp({ folder: large, domains: manyDomains, handler: `${handlers}.ts` });

  const plainMain = join(__dirname, "plain.ts");
  const ours: Result[] = [];
  const plain: Result[] = [];
  // They take turns, so that other work of the machine affects both.
  for (let run = 1; run <= runs; run++) {
    const size = `${domains} domains, run ${run} of ${runs}`;
    ours.push(await synth({ title: `this template, ${size}`, folder: small, main: "main.ts", signal }));
    plain.push(await synth({ title: `plain CDKTF, ${size}`, folder: small, main: plainMain, signal }));
  }
  const many = await synth({ title: `this template, ${manyDomains} domains`, folder: large, main: "main.ts", signal });

  const results = { ours: medians(ours), plain: medians(plain), many };
  printResults(domains, results);
  printTargets(domains, results);
}

function count(option: string, given: string | boolean): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1 || value > 99) {
    throw new UserError(`--${option} is ${given}, but must be a whole number from 1 to 99.`);
  }
  return value;
}

/** Runs one synth, in a process of its own, in a folder without results of earlier synths. */
async function synth({
  title,
  folder,
  main,
  signal,
}: {
  title: string;
  folder: string;
  main: string;
  signal: AbortSignal;
}): Promise<Result> {
  for (const result of ["cdktf.out", ".build"]) rmSync(join(folder, result), { recursive: true, force: true });
  process.stdout.write(`${title}… `);
  const measure = pathToFileURL(join(__dirname, "measure.ts")).href;
  const stopMemory = watchMemory();
  const start = performance.now();
  const { exitCode, stderr } = await runProcess(process.execPath, ["--import", "tsx", "--import", measure, main], { cwd: folder, signal });
  const time = performance.now() - start;
  const memory = stopMemory();
  if (exitCode !== 0) throw new UserError(`${title} failed.\n${stderr}`);
  process.stdout.write(`${inSeconds(time)}\n`);
  const measured: Measured = JSON.parse(readFileSync(join(folder, "measured.json"), "utf8"));
  return { time, memory, ...measured };
}

/** The median of each figure. */
function medians(results: Result[]): Result {
  const bundling = results.flatMap((result) => result.bundling ?? []);
  return {
    time: median(results.map(({ time }) => time)),
    memory: median(results.map(({ memory }) => memory)),
    bundling: bundling.length > 0 ? median(bundling) : undefined,
  };
}

type Results = Record<"ours" | "plain" | "many", Result>;

function printResults(domains: number, { ours, plain, many }: Results): void {
  const row = (app: string, { time, memory, bundling }: Result) => [
    app,
    inSeconds(time),
    bundling === undefined ? "" : inSeconds(bundling),
    `${Math.round(memory / 1024)} MB`,
  ];
  process.stdout.write("\n");
  printTable(
    ["app", "time", "of it bundling", "peak memory"],
    [
      row(`this template, ${domains} domains`, ours),
      row(`plain CDKTF, ${domains} domains`, plain),
      row(`this template, ${domains * TIMES_LARGER} domains`, many),
    ],
  );
}

function printTargets(domains: number, { ours, plain, many }: Results): void {
  const timesFaster = plain.time / ours.time;
  const growth = many.time / ours.time;
  const shareRow = (size: number, { time, bundling = Number.NaN }: Result) => {
    const percent = (100 * bundling) / time;
    return [`bundling's share of the synth, ${size} domains`, `${percent.toFixed(0)} %`, "under 25 %", verdict(percent < 25)];
  };
  process.stdout.write("\n");
  printTable(
    ["figure", "measured", "target", ""],
    [
      [`faster than plain CDKTF, ${domains} domains`, `${timesFaster.toFixed(1)} ×`, "at least 8 ×", verdict(timesFaster >= 8)],
      [`cost of ${TIMES_LARGER} times as many domains`, `${growth.toFixed(1)} ×`, "at most 11 ×", verdict(growth <= 11)],
      shareRow(domains, ours),
      shareRow(domains * TIMES_LARGER, many),
    ],
  );
}

function verdict(isReached: boolean): string {
  return isReached ? "reached" : "not reached";
}

function inSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
