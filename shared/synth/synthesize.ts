import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { App } from "cdktf";
import { findCycles } from "../contract-graph";
import { DomainStack } from "../domain-stack";
import type { Bundles } from "../stack/bundles";
import type { Project } from "../stack/config";
import { addFinding, throwFindings } from "../stack/findings";
import type { EventDescription, StackDescription } from "../stack-description";
import type { Domain } from "./domains";
import { describeEvents } from "./event-schema";

// CDKTF takes a stack trace for every token, even with stackTraces: false. Nobody reads them, and they are half of
// what a synth without bundling takes (npm run bench).
Object.assign(require("cdktf/lib/tokens/private/stack-trace"), { captureStackTrace: () => [] });

/**
 * Writes the artifact: for every stack a folder that Terraform can apply by itself, with its
 * `domain.json` and its lambdas' zips, and nothing of earlier synths.
 * @throws UserError with everything in the domains that cannot work, before anything is written.
 */
export function synthesize(app: App, { project, domains, bundles }: { project: Project; domains: Domain[]; bundles: Bundles }): void {
  const stacks = app.node.children.filter((child) => child instanceof DomainStack);
  checkEntryDomain(app, project, domains);
  checkContracts(app, stacks);
  const events = new Map(domains.map(({ name, folder }) => [name, describeEvents(app, folder)]));
  checkEvents(app, events);
  throwFindings(app);

  app.synth();
  const folders = join(app.outdir, "stacks");
  // What Terraform keeps in the folders of these stacks (`.terraform`) stays. Where the cdktf CLI synthesizes, it removes
  // the folders of others itself, and fails on one that is gone already.
  const others = readdirSync(folders).filter((entry) => !stacks.some(({ node }) => node.id === entry));
  const gone = process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS ? [] : others;
  for (const entry of gone) rmSync(join(folders, entry), { recursive: true });
  for (const stack of stacks) {
    const folder = join(folders, stack.node.id);
    const description: StackDescription = { ...stack.describe(), events: events.get(stack.domain) ?? [] };
    rmSync(join(folder, "lambdas"), { recursive: true, force: true });
    for (const { name, zip } of description.lambdas) {
      mkdirSync(dirname(join(folder, zip)), { recursive: true });
      writeFileSync(join(folder, zip), bundles.get(stack, stack.domain, name).zip);
    }
    writeFileSync(join(folder, "domain.json"), `${JSON.stringify(description, null, 2)}\n`);
    // `npm run lock` makes it; without one, Terraform chooses a provider in the allowed range.
    if (existsSync(".terraform.lock.hcl")) cpSync(".terraform.lock.hcl", join(folder, ".terraform.lock.hcl"));
  }
  const sourceMaps = join(app.outdir, "source-maps");
  rmSync(sourceMaps, { recursive: true, force: true });
  if (bundles.sourceMaps) renameSync(bundles.sourceMaps, sourceMaps);
}

function checkEntryDomain(app: App, { entryDomain }: Project, domains: Domain[]): void {
  if (domains.some(({ name }) => name === entryDomain)) return;
  const known = domains.map(({ name }) => name).join(", ") || "none";
  const message = `entryDomain is "${entryDomain}", and domains/ has ${known}; name one that has a sample request`;
  addFinding(app, message, "project.config.ts");
}

/** An event is told by its name and version alone: on topics, in logs, and when its schemas of two commits are compared. */
function checkEvents(app: App, events: Map<string, EventDescription[]>): void {
  const definedBy = new Map<string, string>();
  for (const [domain, defined] of events) {
    for (const { name, version } of defined) {
      const event = `${name} v${version}`;
      const first = definedBy.get(event);
      definedBy.set(event, first ?? domain);
      if (!first) continue;
      const fix = "give one another name, or import the other's where it is used";
      addFinding(app, `defines the event ${event}, as domains/${first}/contract.ts does; ${fix}`, `domains/${domain}/contract.ts`);
    }
  }
}

/** Every contract that is read is published, with that parameter, and no domains wait for each other. */
function checkContracts(app: App, stacks: DomainStack[]): void {
  const published = new Map(stacks.flatMap((stack) => stack.published.map((each) => [stack.pathOf(each), each.parameters])));
  for (const stack of stacks) {
    for (const [contract, used] of stack.parametersRead) {
      const { domain, version } = contract;
      const offer = published.get(stack.pathOf(contract));
      const missing = [...used].filter((parameter) => !offer?.includes(parameter)).join(", ");
      if (offer && !missing) continue;
      const fix = `publish it in domains/${domain}/stack.ts, or do not read it`;
      const what = `${missing && `${missing} of `}the contract v${version} of ${domain}`;
      addFinding(stack, `${stack.domain} reads ${what}, which ${domain} does not publish; ${fix}`);
    }
  }
  for (const stack of stacks) {
    for (const { id, from } of stack.triggers) {
      if (!from || from.startsWith("aws.") || stacks.some(({ domain }) => domain === from)) continue;
      addFinding(
        stack,
        `${id} gets events from "${from}", and there is no such domain, so that none would ever come; name the domain that sends them`,
      );
    }
  }
  // All environments have the same domains.
  const readsOf = new Map(stacks.map((stack) => [stack.domain, stack.describe().reads.map(({ domain }) => domain)]));
  for (const cycle of findCycles(readsOf)) {
    const fix = "let one side receive the value in an event, or merge the domains";
    addFinding(app, `the contracts form a cycle, so that none of these can be deployed first: ${cycle.join(" reads ")}; ${fix}`, cycle[0]);
  }
}
