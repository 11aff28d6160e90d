import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runCommand } from "../scripts/cli/command";
import { runProcess } from "../scripts/cli/process";
import { printTable } from "../scripts/cli/table";
import { UserError } from "../shared/errors";
import { writeApp } from "./app";
import { measureBundles } from "./bundles";
import type { Measured } from "./measure";
import { watchMemory } from "./memory";

const HELP = `
npm run bench [-- --domains N] [--runs N]

Synthesizes generated apps of domains with three lambdas each, in every environment of
project.config.ts, and prints time and peak memory of this template, of plain CDKTF as its guides
have it (bench/plain.ts says what is compared), and of this template with ten times as many
domains. It does so twice: with bare handlers, which import nothing, and with full ones, which
carry Powertools, zod and an AWS SDK client, as the sample's. These all import the same; each
other set of imports costs one more bundle of packages, some 0.1 s. Bundling is what the synth
waits for it: esbuild works beside, while constructs are made. Each run is a process of its own,
timed from its start to its end; the memory is that of Node, esbuild and whatever else it starts.
Before that, it prints what the domains' own lambdas weigh and how long they load, beside
the bare SDK clients that they use. On 2 cores with nothing else to do it takes about 10 minutes.

--domains N   domains of the smaller app, 30 if left out
--runs N      runs of each at that size, of which the median counts, 3 if left out; the larger app runs once`;

/** What the lambdas are copies of, in bench/domain/lambdas. */
const HANDLERS = ["bare", "full"];

const FOLDER = join(__dirname, "..", ".build", "bench");
const TIMES_LARGER = 10;

/** One synth, or the medians of several. Milliseconds and kB. */
interface Result extends Measured {
  time: number;
  /** Peak of Node and all that it starts, together. */
  memory: number;
}

const LOADS = 11;

void runCommand({ help: HELP, options: { domains: { type: "string" }, runs: { type: "string" } } }, async ({ options, signal }) => {
  const domains = count("domains", options.domains ?? "30");
  const runs = count("runs", options.runs ?? "3");
  const measures = [
    () => measureBundles(FOLDER, LOADS, signal),
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

async function compare(domains: number, runs: number, handlers: string, signal: AbortSignal): Promise<void> {
  const [small, large] = [join(FOLDER, "small"), join(FOLDER, "large")];
  process.stdout.write(`\n${handlers} handlers\n\n`);
  writeApp(small, domains, `${handlers}.ts`);
  writeApp(large, domains * TIMES_LARGER, `${handlers}.ts`);
  const ours: Result[] = [];
  const plain: Result[] = [];
  // Taken in turns, so that what else the machine does falls on both.
  for (let run = 1; run <= runs; run++) {
    ours.push(await synth(`ours, ${domains} domains, run ${run} of ${runs}`, small, "main.ts", signal));
    plain.push(await synth(`plain CDKTF, ${domains} domains, run ${run} of ${runs}`, small, join(__dirname, "plain.ts"), signal));
  }
  const many = await synth(`ours, ${domains * TIMES_LARGER} domains`, large, "main.ts", signal);
  report(domains, { ours: median(ours), plain: median(plain), many });
}

function count(option: string, given: string | boolean): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1 || value > 99) throw new UserError(`--${option} is ${given}; give a whole number from 1 to 99`);
  return value;
}

/** Runs one synth from nothing, as a process of its own. */
async function synth(title: string, folder: string, main: string, signal: AbortSignal): Promise<Result> {
  for (const left of ["cdktf.out", ".build"]) rmSync(join(folder, left), { recursive: true, force: true });
  process.stdout.write(`${title}… `);
  const memory = watchMemory();
  const start = performance.now();
  const hook = pathToFileURL(join(__dirname, "measure.ts")).href;
  const { exitCode, stderr } = await runProcess(process.execPath, ["--import", "tsx", "--import", hook, main], { cwd: folder, signal });
  const time = performance.now() - start;
  const peak = memory();
  if (exitCode !== 0) throw new UserError(`${title} failed.\n${stderr}`);
  process.stdout.write(`${inSeconds(time)}\n`);
  return { time, memory: peak, ...(JSON.parse(readFileSync(join(folder, "measured.json"), "utf8")) as Measured) };
}

/** The median of each figure. */
function median(results: Result[]): Result {
  const middle = (figures: number[]) => figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
  const bundling = results.flatMap((result) => result.bundling ?? []);
  return {
    time: middle(results.map(({ time }) => time)),
    memory: middle(results.map(({ memory }) => memory)),
    bundling: bundling.length > 0 ? middle(bundling) : undefined,
  };
}

function report(domains: number, { ours, plain, many }: Record<"ours" | "plain" | "many", Result>): void {
  const cells = ({ time, memory, bundling }: Result) => [
    inSeconds(time),
    bundling === undefined ? "" : inSeconds(bundling),
    `${Math.round(memory / 1024)} MB`,
  ];
  process.stdout.write("\n");
  printTable(
    ["app", "time", "of it bundling", "peak memory"],
    [
      [`ours, ${domains} domains`, ...cells(ours)],
      [`plain CDKTF, ${domains} domains`, ...cells(plain)],
      [`ours, ${domains * TIMES_LARGER} domains`, ...cells(many)],
    ],
  );
  const share = ({ time, bundling = Number.NaN }: Result) => (100 * bundling) / time;
  const verdict = (reached: boolean) => (reached ? "reached" : "not reached");
  const faster = plain.time / ours.time;
  const growth = many.time / ours.time;
  process.stdout.write("\n");
  printTable(
    ["figure", "measured", "target", ""],
    [
      [`faster than plain CDKTF, ${domains} domains`, `${faster.toFixed(1)} ×`, "at least 8 ×", verdict(faster >= 8)],
      [`cost of ${TIMES_LARGER} times as many domains`, `${growth.toFixed(1)} ×`, "at most 11 ×", verdict(growth <= 11)],
      ...[
        { size: domains, percent: share(ours) },
        { size: domains * TIMES_LARGER, percent: share(many) },
      ].map(({ size, percent }) => [
        `bundling's share of the synth, ${size} domains`,
        `${percent.toFixed(0)} %`,
        "under 25 %",
        verdict(percent < 25),
      ]),
    ],
  );
}

function inSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
