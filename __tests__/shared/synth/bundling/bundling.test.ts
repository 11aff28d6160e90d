import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { listFindings } from "../../../../shared/stack/findings";
import { bundleLambdas } from "../../../../shared/synth/bundling/bundling";
import { project, testApp } from "../../../harness/synth";
import { readJson, temporaryFolder } from "../../../harness/temporary-folder";

const HANDLER = `import { greeting } from "../greeting";
export const handler = async (name: string) => greeting(name);
`;
const ORDERS = {
  "domains/orders/lambdas/greet.ts": HANDLER,
  "domains/orders/greeting.ts": 'export const greeting = (name: string): string => "Hello " + name;\n',
};

/** Bundles the domain `orders` of a project with these files. */
async function bundle(files: Record<string, string>, { runtime = project.runtime, under = "", packages = false } = {}) {
  const root = join(temporaryFolder(Object.fromEntries(Object.entries(files).map(([path, text]) => [join(under, path), text]))), under);
  if (packages) symlinkSync(join(process.cwd(), "node_modules"), join(root, "node_modules"));
  const app = testApp();
  const domains = [{ name: "orders", folder: join(root, "domains/orders"), Stack: undefined as never }];
  const bundles = await bundleLambdas(app, root, domains, { ...project, runtime });
  await bundles.ready;
  const greet = bundles.get(app, "orders", "greet");
  return { root, bundles, greet, findings: listFindings(app) };
}
const code = (zip: Uint8Array, file = "index.mjs") => strFromU8(unzipSync(zip)[file] ?? new Uint8Array());

type Bundled = Awaited<ReturnType<typeof bundle>>;

describe("a lambda's bundle", () => {
  let root: string;
  let bundles: Bundled["bundles"];
  let greet: Bundled["greet"];
  let findings: Bundled["findings"];
  beforeAll(async () => {
    ({ root, bundles, greet, findings } = await bundle(ORDERS));
  });

  test("is the same, byte for byte, when it is made again", async () => {
    expect(Buffer.from((await bundle(ORDERS)).greet.zip).equals(greet.zip)).toBe(true);
  });

  test("is the same on another day", async () => {
    jest.useFakeTimers({ now: new Date(2031, 1, 2) });
    try {
      expect((await bundle(ORDERS)).greet.hash).toBe(greet.hash);
    } finally {
      jest.useRealTimers();
    }
  });

  test("is the same when the project lies in a folder of another depth", async () => {
    expect((await bundle(ORDERS, { under: "a/much/longer/path/to/the/project" })).greet.hash).toBe(greet.hash);
  });

  test("is the same whatever other lambdas there are", async () => {
    const more = { ...ORDERS, "domains/orders/lambdas/another.ts": HANDLER.replace("greeting(name)", 'greeting("you")') };
    expect((await bundle(more)).greet.hash).toBe(greet.hash);
  });

  test("has the hash that Lambda reports of the code: base64 SHA-256 of the zip", async () => {
    expect(greet.hash).toBe(createHash("sha256").update(greet.zip).digest("base64"));
  });

  test("that uses no package is a zip of one file, which needs no other", async () => {
    expect(Object.keys(unzipSync(greet.zip))).toEqual(["index.mjs"]);
    expect(code(greet.zip)).toContain("Hello ");
    expect(code(greet.zip)).not.toMatch(/from\s*"\.\.?\//);
  });

  test("names its source from the root of the project, so that the artifact tells no machine's path", async () => {
    expect(greet.source).toBe("domains/orders/lambdas/greet.ts");
  });

  test("has its source map beside the zip, not inside, and nothing in it refers to it", async () => {
    expect(readdirSync(bundles.sourceMaps ?? "", { recursive: true })).toContain("orders/greet.mjs.map");
    expect(code(greet.zip)).not.toContain("sourceMappingURL");
  });

  test("has a source map whose sources are relative", async () => {
    const { sources } = readJson(join(bundles.sourceMaps ?? "", "orders/greet.mjs.map"));
    expect(sources).toHaveLength(2);
    for (const source of sources) expect(source).not.toContain(root);
  });

  test("leaves only source maps on the way", async () => {
    const files = readdirSync(bundles.sourceMaps ?? "", { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.filter(({ name }) => !name.endsWith(".map"))).toEqual([]);
  });

  test("has nothing to complain about", async () => {
    expect(findings).toEqual([]);
  });
});

describe("what changes a bundle", () => {
  let hash: string;
  beforeAll(async () => {
    ({ hash } = (await bundle(ORDERS)).greet);
  });

  test("a comment does not", async () => {
    expect((await bundle({ ...ORDERS, "domains/orders/lambdas/greet.ts": `// Greets.\n${HANDLER}` })).greet.hash).toBe(hash);
  });

  test("code that it imports does", async () => {
    const other = { ...ORDERS, "domains/orders/greeting.ts": 'export const greeting = (name: string) => "Bye " + name;\n' };
    expect((await bundle(other)).greet.hash).not.toBe(hash);
  });
});

describe("what lambdas use of npm packages", () => {
  const parse = (fields: string, name = "zod") =>
    `import * as z from "${name}";\nexport const handler = (event: unknown) => z.object({ ${fields} }).parse(event);\n`;
  /** The project's own packages, for a project that lies in a temporary folder. */
  const withPackages = (files: Record<string, string>) => bundle(files, { packages: true });
  const two = (one: string, other: string) => ({ "domains/orders/lambdas/greet.ts": one, "domains/orders/lambdas/wave.ts": other });
  /** What the bundled handler answers, in a process of its own. */
  const run = ({ zip }: Bundled["greet"], event: string) => {
    const file = join(temporaryFolder({ "index.mjs": code(zip), "packages.mjs": code(zip, "packages.mjs") }), "index.mjs");
    const call = `import("${file}").then(({ handler }) => console.log(JSON.stringify(handler(${event}))))`;
    return JSON.parse(execFileSync(process.execPath, ["-e", call], { encoding: "utf8" }));
  };
  const packagesOf = ({ bundles }: Bundled, lambda: string) => code(bundles.get(testApp(), "orders", lambda).zip, "packages.mjs");

  test("lies in a file beside the handler, from which it takes what it uses", async () => {
    const { greet, findings } = await withPackages({ "domains/orders/lambdas/greet.ts": parse("name: z.string()") });
    expect(findings).toEqual([]);
    expect(Object.keys(unzipSync(greet.zip))).toEqual(["index.mjs", "packages.mjs"]);
    expect(run(greet, '{ name: "Ada" }')).toEqual({ name: "Ada" });
  });

  test("is the default export of a CommonJS package too, as the handler's own file and its tests see it", async () => {
    const source = 'import cron from "cron-validate";\nexport const handler = (text: string) => cron(text).isValid();\n';
    const { greet, findings } = await withPackages({ "domains/orders/lambdas/greet.ts": source });
    expect(findings).toEqual([]);
    expect(Object.keys(unzipSync(greet.zip))).toContain("packages.mjs");
    expect(run(greet, '"* * * * *"')).toBe(true);
  });

  test("is the same bytes for lambdas that use the same, in whatever order", async () => {
    const made = await withPackages(two(parse("a: z.string(), b: z.number()"), parse("c: z.number(), d: z.string()")));
    expect(packagesOf(made, "greet")).toBe(packagesOf(made, "wave"));
  });

  test("is what it uses and no more", async () => {
    const made = await withPackages(two(parse("a: z.string()"), parse("a: z.string(), b: z.map(z.string(), z.string())")));
    expect(packagesOf(made, "greet").length).toBeLessThan(packagesOf(made, "wave").length);
  });

  test("does not change with what other lambdas use", async () => {
    const alone = await withPackages({ "domains/orders/lambdas/greet.ts": parse("a: z.string()") });
    expect((await withPackages(two(parse("a: z.string()"), parse("a: z.date()")))).greet.hash).toBe(alone.greet.hash);
  });

  test("that cannot be told lies in the handler's own file", async () => {
    const whole = 'import * as z from "zod";\nconst all = z;\nexport const handler = (event: unknown) => all.string().parse(event);\n';
    const { greet, findings } = await withPackages({ "domains/orders/lambdas/greet.ts": whole });
    expect(findings).toEqual([]);
    expect(Object.keys(unzipSync(greet.zip))).toEqual(["index.mjs"]);
  });

  test("that is not installed is told", async () => {
    const { findings } = await withPackages({ "domains/orders/lambdas/greet.ts": parse("", "no-such-package") });
    expect(findings).toEqual([
      expect.stringMatching(/^domains\/orders\/lambdas\/greet\.ts: does not compile: Could not resolve "no-such-package"/),
    ]);
  });
});

describe("a file in lambdas/", () => {
  test("that does not parse is named with its line, and no lambda is said to be missing beside", async () => {
    const { findings } = await bundle({
      ...ORDERS,
      "domains/orders/lambdas/greet.ts": "export const handler = async () => {\n  return (;\n};\n",
    });
    expect(findings).toEqual([expect.stringMatching(/^domains\/orders\/lambdas\/greet\.ts:2: does not compile: /)]);
  });

  test("that imports what there is not is named with its line", async () => {
    const { findings } = await bundle({ "domains/orders/lambdas/greet.ts": HANDLER });
    expect(findings).toEqual([expect.stringMatching(/^domains\/orders\/lambdas\/greet\.ts:1: does not compile: .*"\.\.\/greeting"/)]);
  });

  test("that does not compile is told beside every other that does not", async () => {
    const { findings } = await bundle({ "domains/orders/lambdas/greet.ts": HANDLER, "domains/orders/lambdas/wave.ts": "(" });
    expect(findings).toHaveLength(2);
  });

  test("that exports no handler is refused, with the fix", async () => {
    const { findings } = await bundle({ ...ORDERS, "domains/orders/lambdas/helper.ts": "export const help = 1;" });
    expect(findings).toEqual([
      expect.stringContaining("domains/orders/lambdas/helper.ts: exports no handler; write: export const handler"),
    ]);
  });

  test.each(["Greet.ts", "greet_them.ts", "greet.js", "greet.test.ts", "notes.md"])(
    "called %s is no lambda's, and refused",
    async (file) => {
      const { findings } = await bundle({ ...ORDERS, [`domains/orders/lambdas/${file}`]: HANDLER });
      expect(findings).toEqual([expect.stringContaining(`domains/orders/lambdas/${file}: is no lambda's name`)]);
    },
  );
});

test("a lambda without a file is told, with those that there are", async () => {
  const app = testApp();
  (await bundle(ORDERS)).bundles.get(app, "orders", "gret");
  expect(listFindings(app)).toEqual([
    expect.stringContaining("there is no domains/orders/lambdas/gret.ts; a lambda has the name of its file, and the domain has greet"),
  ]);
});

test("a domain without lambdas is bundled into nothing, without complaint", async () => {
  const app = testApp();
  const folder = temporaryFolder();
  const domains = [{ name: "orders", folder: join(folder, "domains/orders"), Stack: undefined as never }];
  expect((await bundleLambdas(app, folder, domains, project)).sourceMaps).toBeUndefined();
  expect(listFindings(app)).toEqual([]);
});

test("constructs can be made while code is bundled: whose it is, is known before, and what is wrong with it when all is ready", async () => {
  const root = temporaryFolder({ ...ORDERS, "domains/orders/lambdas/idle.ts": "export const nothing = 1;" });
  const app = testApp();
  const domains = [{ name: "orders", folder: join(root, "domains/orders"), Stack: undefined as never }];
  const bundles = await bundleLambdas(app, root, domains, project);
  expect(bundles.get(app, "orders", "greet")).toMatchObject({ source: "domains/orders/lambdas/greet.ts", hash: "" });
  expect(listFindings(app)).toEqual([]);
  await bundles.ready;
  expect(bundles.get(app, "orders", "greet").hash).toMatch(/=$/);
  expect(listFindings(app)).toEqual([expect.stringContaining("idle.ts: exports no handler")]);
});

test("two synths of one project at once do not clear away each other's source maps", async () => {
  const { root, bundles } = await bundle(ORDERS);
  const domains = [{ name: "orders", folder: join(root, "domains/orders"), Stack: undefined as never }];
  const others = await bundleLambdas(testApp(), root, domains, project);
  await others.ready;
  expect(others.sourceMaps).not.toBe(bundles.sourceMaps);
  expect(existsSync(join(bundles.sourceMaps ?? "", "orders/greet.mjs.map"))).toBe(true);
});
