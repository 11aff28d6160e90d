import { appendFileSync, cpSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { runProcess } from "../scripts/cli/process";
import { printTable } from "../scripts/cli/table";
import { UserError } from "../shared/errors";
import { domainNames, writeDomain } from "./app";
import { median } from "./median";

const ROOT = join(__dirname, "..");
const MANY_DOMAINS = 100;
/** The targets: the time as a multiple of one `npm run synth`, and for many domains in seconds on two processors. */
const SLOWEST = 2.5;
const SLOWEST_WITH_MANY_DOMAINS_S = 60;

/**
 * Prints the time of `npm run affected` for a change of one line, beside that of `npm run synth` in the same checkout: this project, and this
 * project with many more domains. They take turns, so that other work of the machine affects both.
 */
export async function measureAffected(folder: string, runs: number, signal: AbortSignal): Promise<void> {
  process.stdout.write("\nwhat a change affects\n\n");
  const own = join(folder, "own");
  await makeCheckout(own, 0);
  const synths: number[] = [];
  const comparisons: number[] = [];
  for (let run = 1; run <= runs; run++) {
    process.stdout.write(`this project, run ${run} of ${runs}\n`);
    synths.push(await timeOf(own, "synth", [], signal));
    comparisons.push(await timeOf(own, "affected", ["--base", "HEAD"], signal));
  }
  const large = join(folder, "large");
  await makeCheckout(large, MANY_DOMAINS);
  process.stdout.write(`this project and ${MANY_DOMAINS} domains more\n`);
  const many = (await timeOf(large, "affected", ["--base", "HEAD"], signal)) / 1000;
  const ratio = median(comparisons) / median(synths);
  const verdict = (isReached: boolean) => (isReached ? "reached" : "not reached");
  process.stdout.write("\n");
  printTable(
    ["figure", "measured", "target", ""],
    [
      ["npm run affected, compared with npm run synth", `${ratio.toFixed(1)} ×`, `at most ${SLOWEST} ×`, verdict(ratio <= SLOWEST)],
      [
        `npm run affected, ${MANY_DOMAINS} domains more`,
        `${many.toFixed(0)} s`,
        `under ${SLOWEST_WITH_MANY_DOMAINS_S} s`,
        verdict(many < SLOWEST_WITH_MANY_DOMAINS_S),
      ],
    ],
  );
}

/** Copies the project with its history reduced to one commit, adds domains, and changes one line of a lambda. */
async function makeCheckout(folder: string, domains: number): Promise<void> {
  const files = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], ROOT);
  for (const file of files.split("\n").filter((line) => line !== "")) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  for (const name of domainNames(domains)) writeDomain(join(folder, "domains", name), name, "full.ts");
  const git = (...args: string[]) => run("git", ["-c", "user.name=bench", "-c", "user.email=bench@example.com", ...args], folder);
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "the base");
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  appendFileSync(join(folder, "domains/orders/lambdas/record-order.ts"), "\nconsole.log(1);\n");
}

/** The time of a command, in ms. */
async function timeOf(cwd: string, command: string, args: string[], signal: AbortSignal): Promise<number> {
  const start = performance.now();
  const program = ["--import", "./scripts/typescript.mjs", `scripts/commands/${command}.ts`, ...args];
  const { exitCode, stderr } = await runProcess(process.execPath, program, { cwd, signal });
  if (exitCode !== 0) throw new UserError(`npm run ${command} failed:\n${stderr}`);
  return performance.now() - start;
}

async function run(program: string, args: string[], cwd: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runProcess(program, args, { cwd });
  if (exitCode !== 0) throw new UserError(`${program} ${args.join(" ")} failed:\n${stderr}`);
  return stdout;
}
