import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { App } from "cdktf";
import type { Project } from "./config";
import type { Domain } from "./domains";
import { EnvironmentStack } from "./environment-stack";
import { addFinding, throwFindings } from "./findings";
import type { Bundles } from "./lambda/bundling";
import type { ContractDescription, StackDescription } from "./stack-description";

/**
 * Writes the artifact: for every stack a folder that Terraform can apply by itself, with its
 * `domain.json` and its lambdas' zips, and nothing of earlier synths.
 * @throws UserError with everything in the domains that cannot work, before anything is written.
 */
export function synthesize(app: App, { project, domains, bundles }: { project: Project; domains: Domain[]; bundles: Bundles }): void {
  const stacks = app.node.children.filter((child): child is EnvironmentStack => child instanceof EnvironmentStack);
  checkEntryDomain(app, project, domains);
  checkContracts(app, stacks);
  throwFindings(app);

  app.synth();
  removeStale(
    join(app.outdir, "stacks"),
    stacks.map(({ node }) => node.id),
  );
  for (const stack of stacks) {
    const folder = join(app.outdir, "stacks", stack.node.id);
    const description = stack.describe();
    removeStale(
      join(folder, "lambdas"),
      description.lambdas.map(({ name }) => `${name}.zip`),
    );
    for (const { name, zip } of description.lambdas) {
      mkdirSync(dirname(join(folder, zip)), { recursive: true });
      writeFileSync(join(folder, zip), bundles.get(stack, stack.domain, name).zip);
    }
    writeFileSync(join(folder, "domain.json"), `${JSON.stringify(description, null, 2)}\n`);
    copyProviderLock(folder);
  }
  const sourceMaps = join(app.outdir, "source-maps");
  rmSync(sourceMaps, { recursive: true, force: true });
  if (bundles.sourceMaps) renameSync(bundles.sourceMaps, sourceMaps);
}

/** `npm run lock` makes it; without one, Terraform chooses a provider in the allowed range. */
function copyProviderLock(folder: string): void {
  try {
    cpSync(".terraform.lock.hcl", join(folder, ".terraform.lock.hcl"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function removeStale(folder: string, current: string[]): void {
  let entries: string[] = [];
  try {
    entries = readdirSync(folder);
  } catch {
    return; // a first synth
  }
  for (const entry of entries) {
    if (!current.includes(entry)) rmSync(join(folder, entry), { recursive: true });
  }
}

function checkEntryDomain(app: App, { entryDomain }: Project, domains: Domain[]): void {
  if (domains.some(({ name }) => name === entryDomain)) return;
  addFinding(
    app,
    `entryDomain is "${entryDomain}", and domains/ has ${domains.map(({ name }) => name).join(", ") || "none"}; name one that has a sample request`,
    "project.config.ts",
  );
}

/** Every contract that is read is published, with that parameter, and no domains wait for each other. */
function checkContracts(app: App, stacks: EnvironmentStack[]): void {
  const described = stacks.map((construct) => ({ construct, ...construct.describe() }));
  const idOf = ({ domain, version }: ContractDescription, environment: string) => `${environment}/${domain}/v${version}`;
  const published = new Map(
    described.flatMap(({ publishes, environment }) => publishes.map((each) => [idOf(each, environment), each] as const)),
  );

  for (const { construct, reads, environment, domain } of described) {
    for (const read of reads) {
      const offer = published.get(idOf(read, environment));
      const missing = offer ? read.parameters.filter((parameter) => !offer.parameters.includes(parameter)) : read.parameters;
      if (missing.length > 0) {
        addFinding(
          construct,
          `${domain} reads ${missing.join(", ")} of the contract ${read.domain}/v${read.version}, which ${read.domain} does not publish; publish it in domains/${read.domain}/stack.ts or stop reading it`,
        );
      }
    }
  }
  for (const cycle of findCycles(described)) {
    const [first] = cycle;
    addFinding(
      app,
      `the contracts form a cycle, so that none of these can be deployed first: ${[...cycle, first].join(" reads ")}; let one side receive the value in an event, or merge the domains`,
      cycle.join(", "),
    );
  }
}

/** Cycles among the stacks' reads, each once, as stack ids. */
function findCycles(stacks: Pick<StackDescription, "domain" | "environment" | "reads">[]): string[][] {
  const readsOf = new Map(
    stacks.map(({ domain, environment, reads }) => [`${domain}-${environment}`, reads.map((read) => `${read.domain}-${environment}`)]),
  );
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (stack: string, path: string[]): void => {
    if (path.includes(stack)) {
      cycles.push(path.slice(path.indexOf(stack)));
      return;
    }
    if (done.has(stack)) return;
    for (const next of readsOf.get(stack) ?? []) visit(next, [...path, stack]);
    done.add(stack);
  };
  for (const stack of readsOf.keys()) visit(stack, []);
  return cycles;
}
