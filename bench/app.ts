import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { UserError } from "../shared/errors";

const ROOT = join(__dirname, "..");
const TEMPLATE = join(__dirname, "domain");
const LAMBDAS = ["first", "second", "third"];

/** The two lines of `main.ts` that wait for bundles. Their time is measured separately. */
const WAITS_FOR_BUNDLES = /^.*await (bundleLambdas\(|bundles\.ready).*$/gm;

/**
 * Writes an app: this project's `main.ts`, `shared/` and configuration, and copies of `bench/domain` as its domains. Every copy
 * contains its own name, because in a real app no two domains are equal.
 */
export function writeApp({
  folder,
  domains,
  handler,
}: {
  folder: string;
  /** The number of domains. */
  domains: number;
  /** The file in `bench/domain/lambdas` of which every lambda is a copy. */
  handler: string;
}): void {
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(ROOT, "shared"), join(folder, "shared"));
  cpSync(join(ROOT, "cdktf.json"), join(folder, "cdktf.json"));
  writeFileSync(join(folder, "main.ts"), mainWithMeasures());

  const names = domainNames(domains);
  const config = relative(folder, join(ROOT, "project.config"));
  writeFileSync(
    join(folder, "project.config.ts"),
    `import config from "${config}";\n\nexport default { ...config, entryDomain: "${names[0]}" };\n`,
  );
  for (const name of names) writeDomain(join(folder, "domains", name), name, handler);
}

/** `domain-001` and so on. */
export function domainNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `domain-${String(index + 1).padStart(3, "0")}`);
}

/** Writes a copy of `bench/domain`. @param handler the file of which every lambda is a copy */
export function writeDomain(folder: string, name: string, handler: string): void {
  mkdirSync(join(folder, "lambdas"), { recursive: true });
  const fill = (template: string, lambda = "") =>
    readFileSync(join(TEMPLATE, template), "utf8").replaceAll("DOMAIN", name).replaceAll("LAMBDA", lambda);
  const files = readdirSync(TEMPLATE).filter((file) => file.endsWith(".ts"));
  for (const file of files) writeFileSync(join(folder, file), fill(file));
  for (const lambda of LAMBDAS) writeFileSync(join(folder, "lambdas", `${lambda}.ts`), fill(`lambdas/${handler}`, lambda));
}

/** The project's own `main.ts`, with a measurement around each line that waits for bundles. */
function mainWithMeasures(): string {
  const main = readFileSync(join(ROOT, "main.ts"), "utf8");
  if (main.match(WAITS_FOR_BUNDLES)?.length !== 2) {
    throw new UserError("main.ts does not have the two lines that wait for bundles. Adjust WAITS_FOR_BUNDLES in bench/app.ts.");
  }
  return main.replace(WAITS_FOR_BUNDLES, (line) => `performance.mark("bundling");\n${line}\nperformance.measure("bundling", "bundling");`);
}
