import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { UserError } from "../shared/errors";

const ROOT = join(__dirname, "..");
const TEMPLATE = join(__dirname, "domain");
const LAMBDAS = ["first", "second", "third"];

/** The lines of `main.ts` that wait for bundles: their time is taken apart. */
const BUNDLING = /^.*await (bundleLambdas\(|bundles\.ready).*$/gm;

/**
 * Writes an app of so many domains: this project's `main.ts`, configuration and `shared/`, and
 * copies of `bench/domain` in place of its domains. No two copies are alike, as no two domains are.
 * @param handler the file in `bench/domain/lambdas` that every lambda is a copy of
 */
export function writeApp(folder: string, domains: number, handler: string): void {
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(ROOT, "shared"), join(folder, "shared"));
  cpSync(join(ROOT, "cdktf.json"), join(folder, "cdktf.json"));
  writeFileSync(join(folder, "main.ts"), timedMain());

  const names = Array.from({ length: domains }, (_, index) => `domain-${String(index + 1).padStart(3, "0")}`);
  const config = relative(folder, join(ROOT, "project.config"));
  writeFileSync(
    join(folder, "project.config.ts"),
    `import config from "${config}";\n\nexport default { ...config, entryDomain: "${names[0]}" };\n`,
  );
  for (const name of names) writeDomain(join(folder, "domains", name), name, handler);
}

function writeDomain(folder: string, name: string, handler: string): void {
  mkdirSync(join(folder, "lambdas"), { recursive: true });
  const copy = (from: string, to: string, lambda = "") => {
    const text = readFileSync(join(TEMPLATE, from), "utf8");
    writeFileSync(join(folder, to), text.replaceAll("DOMAIN", name).replaceAll("LAMBDA", lambda));
  };
  for (const file of readdirSync(TEMPLATE).filter((each) => each.endsWith(".ts"))) copy(file, file);
  for (const lambda of LAMBDAS) copy(`lambdas/${handler}`, `lambdas/${lambda}.ts`, lambda);
}

/** The project's own `main.ts`, as it is, with marks around its waits for bundles. */
function timedMain(): string {
  const main = readFileSync(join(ROOT, "main.ts"), "utf8");
  if (main.match(BUNDLING)?.length !== 2) throw new UserError("main.ts waits otherwise for bundles; say in bench/app.ts in which lines");
  return main.replace(BUNDLING, (line) => `performance.mark("bundling");\n${line}\nperformance.measure("bundling", "bundling");`);
}
