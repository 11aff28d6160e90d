import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type App, TerraformStack } from "cdktf";
import type { DomainStack } from "../domain-stack";
import { UserError } from "../errors";
import type { Bundles } from "../stack/bundles";
import { placesOfSecrets } from "../stack/secret-text";
import type { StackDescription } from "../stack-description";
import type { EventsByDomain } from "./event-checks";

/** The provider lock file, which `npm run lock` writes. Without it, Terraform chooses a version in the range that is allowed. */
const LOCK_FILE = ".terraform.lock.hcl";

/**
 * Writes the artifact: a folder for each stack, which Terraform can apply by itself. It has the Terraform JSON, `domain.json`,
 * the zips of the lambdas, and the provider lock file if the project has one. Nothing of earlier synths remains, except the
 * files that Terraform keeps in the folder of a stack that still exists (`.terraform`).
 */
export function writeArtifact(
  app: App,
  { stacks, events, bundles }: { stacks: DomainStack[]; events: EventsByDomain; bundles: Bundles },
): void {
  app.synth();
  removeOldStacks(app);
  checkNoSecrets(app);
  for (const stack of stacks) {
    const folder = join(app.outdir, "stacks", stack.node.id);
    const lambdas = stack.lambdas.map((lambda) => {
      const { files, packages } = bundles.get(stack, stack.domain, lambda.name);
      return { ...lambda, files, packages };
    });
    const description: StackDescription = { ...stack.describe(), lambdas, events: [...(events.get(stack.domain) ?? [])] };
    writeZips(folder, stack, bundles);
    writeFileSync(join(folder, "domain.json"), `${JSON.stringify(description, null, 2)}\n`);
    if (existsSync(LOCK_FILE)) cpSync(LOCK_FILE, join(folder, LOCK_FILE));
  }
  writeSourceMaps(app, bundles);
}

function removeOldStacks(app: App): void {
  // The cdktf CLI sets this variable when it synthesizes. It removes the folders of old stacks itself, and fails if one is gone.
  if (process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS) return;
  const folder = join(app.outdir, "stacks");
  const ids = new Set(stackIds(app));
  for (const entry of readdirSync(folder)) {
    if (!ids.has(entry)) rmSync(join(folder, entry), { recursive: true });
  }
}

/**
 * Looks for secrets in what was written, because CDKTF resolves the values while it writes. A stack with a secret is removed again.
 * @throws UserError with the place of every text of the artifact that looks like a secret
 */
function checkNoSecrets(app: App): void {
  const places = stackIds(app).flatMap((id) => {
    const folder = join(app.outdir, "stacks", id);
    const found = placesOfSecrets(JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8")));
    if (found.length > 0) rmSync(join(folder, "cdk.tf.json"));
    return found.map((place) => `  ${id}: ${place}`);
  });
  if (places.length === 0) return;
  // The value is not printed, because a log would then contain the secret.
  const problem = "The artifact contains what looks like a secret. Everyone who can read the artifact, a plan or the state could read it.";
  throw new UserError([`${problem} Use a Secret (shared/lambda/secret.ts), and replace the secret by a new one:`, ...places].join("\n"));
}

/** The ids of all stacks of the app, the one with the workspaces too. */
function stackIds(app: App): string[] {
  return app.node.children.filter((child) => TerraformStack.isStack(child)).map(({ node }) => node.id);
}

function writeZips(folder: string, stack: DomainStack, bundles: Bundles): void {
  rmSync(join(folder, "lambdas"), { recursive: true, force: true });
  for (const { name, zip } of stack.lambdas) {
    mkdirSync(dirname(join(folder, zip)), { recursive: true });
    writeFileSync(join(folder, zip), bundles.get(stack, stack.domain, name).zip);
  }
}

function writeSourceMaps(app: App, { sourceMaps }: Bundles): void {
  const folder = join(app.outdir, "source-maps");
  rmSync(folder, { recursive: true, force: true });
  if (sourceMaps) renameSync(sourceMaps, folder);
}
