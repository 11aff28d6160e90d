import { readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { runProcess } from "../scripts/cli/process";
import { readJson, temporaryFolder } from "./harness/temporary-folder";

// Each test starts programs, which takes long on a busy machine.
jest.setTimeout(60_000);

const ROOT = resolve(__dirname, "..");
const RULES = join(ROOT, ".dependency-cruiser.json");
const { scripts } = readJson(join(ROOT, "package.json"));

describe("the files in scripts/commands/", () => {
  /** The npm scripts that run one of the files, by the name of the file: `local-down` is `npm run local:down`. */
  const scriptOf = new Map<string, string>();
  for (const [script, line] of Object.entries<string>(scripts)) {
    const [, file] = /scripts\/commands\/(\S+)\.ts$/.exec(line) ?? [];
    if (file) scriptOf.set(file, script);
  }

  test("are the commands of package.json, and have their names", () => {
    const files = readdirSync(join(ROOT, "scripts/commands")).map((file) => file.replace(/\.ts$/, ""));
    expect(files.sort()).toEqual([...scriptOf.keys()].sort());
    expect(files).toEqual(files.map((file) => scriptOf.get(file)?.replaceAll(":", "-")));
  });

  test("have a help that begins with their own command", async () => {
    // In one process, because most of the time is the loading of the AWS SDK.
    const loads = [...scriptOf.keys()].map((file) => `console.log("=== ${file}"); require("./scripts/commands/${file}.ts");`);
    const args = ["--import", "tsx", "-e", loads.join("\n"), "--", "--help"];
    const { exitCode, stdout } = await runProcess(process.execPath, args, { cwd: ROOT });
    expect(exitCode).toBe(0);
    const [, ...helps] = stdout.split("=== ");
    const beginnings = helps.map((help) => /^(\S+)\nnpm run (?:-s )?([\w:-]+)/.exec(help)?.slice(1));
    expect(beginnings).toEqual([...scriptOf]);
  });
});

interface Violation {
  rule: string;
  from: string;
}

/** Runs dependency-cruiser in a folder, with the rules of this project. */
async function cruise(cwd: string, paths: string[]) {
  const program = join(ROOT, "node_modules/.bin/depcruise");
  const { stdout, stderr } = await runProcess(program, ["--config", RULES, "--output-type", "json", ...paths], { cwd });
  if (stdout === "") throw new Error(stderr);
  const { modules, summary } = JSON.parse(stdout);
  const imports = new Map<string, string[]>();
  for (const { source, dependencies } of modules) {
    imports.set(
      source,
      dependencies.map(({ resolved }: { resolved: string }) => resolved),
    );
  }
  const violations: Violation[] = summary.violations.map(({ rule, from }: { rule: { name: string }; from: string }) => ({
    rule: rule.name,
    from,
  }));
  return { imports, violations };
}

describe("npm run lint", () => {
  const [, paths = ""] = /depcruise --config \.dependency-cruiser\.json (.+)$/.exec(scripts.lint) ?? [];
  const cruised = paths.split(" ");

  test("checks the imports of all files that the compiler checks", () => {
    expect(cruised.sort()).toEqual(readJson(join(ROOT, "tsconfig.json")).include.sort());
  });

  test("checks the same files with Biome, and not the whole folder, in which a git worktree has a configuration of its own", () => {
    expect(scripts.lint).toMatch(`biome check ${paths} && `);
    expect(scripts.format).toBe(`biome check --write ${paths}`);
  });

  // If dependency-cruiser does not support the installed compiler or parser, it reads no TypeScript, and reports success.
  test("reads every file and its imports, and finds no violation", async () => {
    const { imports, violations } = await cruise(ROOT, cruised);
    const folders = cruised.filter((path) => !path.endsWith(".ts"));
    const files = folders.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
    );
    expect(files.filter((file) => file.endsWith(".ts") && !imports.has(file))).toEqual([]);
    expect(imports.get("main.ts")).toContain("shared/synth/synthesize.ts");
    expect(imports.get("scripts/commands/synth.ts")).toContain("scripts/artifact/build.ts");
    expect(violations).toEqual([]);
  });
});

describe("the rule of imports", () => {
  /** For each rule, imports that violate this rule and no other: a file, or the folder of one, and the imported file. */
  const examples: Record<string, [from: string, to: string][]> = {
    "undeclared-package": [["shared/runtime", "package of another package"]],
    "shared-imports-nothing-above": [
      ["shared/resources", "domains/orders/contract.ts"],
      ["shared/synth", "scripts/cli/table.ts"],
      ["shared/runtime", "testing/events.ts"],
      ["shared/stack", "project.config.ts"],
    ],
    "shared-root": [
      ["shared/errors.ts", "shared/stack/name-limits.ts"],
      ["shared/naming.ts", "shared/domain-stack.ts"],
    ],
    "shared-runtime": [
      ["shared/runtime", "shared/stack/name-limits.ts"],
      ["shared/runtime", "shared/domain-stack.ts"],
    ],
    "shared-stack": [
      ["shared/stack", "shared/domain-stack.ts"],
      ["shared/stack", "shared/resources/alarm.ts"],
    ],
    "shared-domain-stack": [["shared/domain-stack.ts", "shared/resources/alarm.ts"]],
    "shared-resources": [["shared/resources", "shared/lambda/nodejs-function.ts"]],
    "shared-foundation": [["shared/foundation", "shared/lambda/nodejs-function.ts"]],
    "shared-lambda": [["shared/lambda", "shared/triggers/trigger.ts"]],
    "shared-triggers": [
      ["shared/triggers", "shared/foundation/network.ts"],
      ["shared/triggers", "shared/synth/domains.ts"],
    ],
    "shared-synth": [["shared/synth", "shared/triggers/trigger.ts"]],
    "domains-import-constructs-only": [
      ["domains/orders", "shared/synth/domains.ts"],
      ["domains/orders", "shared/stack/name-limits.ts"],
      ["domains/orders", "scripts/cli/table.ts"],
    ],
    "domains-import-only-contracts-of-others": [["domains/orders", "domains/ledger/lambdas/work.ts"]],
    "lambdas-without-cdktf": [
      ["domains/orders/lambdas", "node_modules/cdktf/index.js"],
      ["shared/runtime", "node_modules/constructs/index.js"],
      ["shared/contract.ts", "node_modules/cdktf/index.js"],
    ],
    "nothing-imports-a-command": [
      ["scripts/commands", "scripts/commands/deploy.ts"],
      ["__tests__", "scripts/commands/deploy.ts"],
    ],
    "scripts-read-the-artifact": [
      ["scripts/local", "domains/orders/contract.ts"],
      ["scripts/local", "shared/domain-stack.ts"],
      ["scripts/local", "testing/events.ts"],
    ],
    "scripts-cli-and-artifact": [
      ["scripts/cli", "scripts/terraform/provider.ts"],
      ["scripts/artifact", "scripts/local/run.ts"],
    ],
    "conventions-import-shared-only": [
      ["conventions", "__tests__/harness/synth.ts"],
      ["conventions", "scripts/cli/table.ts"],
    ],
    "testing-imports-shared-only": [
      ["testing", "__tests__/harness/synth.ts"],
      ["testing", "scripts/cli/table.ts"],
    ],
    "no-provider-root": [["domains/orders", "node_modules/@cdktf/provider-aws/lib/index.js"]],
    "no-cycles": [["bench/first.ts", "bench/second.ts"]],
  };
  const rules: { name: string }[] = readJson(RULES).forbidden;
  const expected: Violation[] = [];
  let found: Violation[];

  beforeAll(async () => {
    const files: Record<string, string> = { "tsconfig.json": "{}", "bench/second.ts": 'import "./first";\n' };
    Object.assign(files, { "package.json": "{}", "node_modules/of-another-package/index.js": "" });
    for (const [rule, imports] of Object.entries(examples)) {
      for (const [place, to] of imports) {
        const from = place.endsWith(".ts") ? place : join(place, `example-${expected.length}.ts`);
        expected.push({ rule, from });
        if (rule === "undeclared-package") {
          files[from] = 'import "of-another-package";\n';
          continue;
        }
        files[from] = `import "./${relative(dirname(from), to).replace(/\.ts$/, "")}";\n`;
        files[to] ??= "";
      }
    }
    found = (await cruise(temporaryFolder(files), ["."])).violations;
  });

  test.each(rules.map(({ name }) => name))("%s is violated by each of its examples", (name) => {
    const imports = found.filter(({ rule }) => rule === name).map(({ from }) => from);
    expect(imports).not.toEqual([]);
    expect(imports.sort()).toEqual(
      expected
        .filter(({ rule }) => rule === name)
        .map(({ from }) => from)
        .sort(),
    );
  });
});
