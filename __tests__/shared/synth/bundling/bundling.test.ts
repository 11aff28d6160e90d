import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
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

/** Bundles the domain `orders` of a project that has these files. */
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

  test("has the same bytes when it is made again", async () => {
    expect(Buffer.from((await bundle(ORDERS)).greet.zip).equals(greet.zip)).toBe(true);
  });

  test("has the same bytes on another day", async () => {
    jest.useFakeTimers({ now: new Date(2031, 1, 2) });
    try {
      expect((await bundle(ORDERS)).greet.hash).toBe(greet.hash);
    } finally {
      jest.useRealTimers();
    }
  });

  test("has the same bytes when the project is in another folder", async () => {
    expect((await bundle(ORDERS, { under: "a/much/longer/path/to/the/project" })).greet.hash).toBe(greet.hash);
  });

  test("has the same bytes whatever other lambdas exist", async () => {
    const more = { ...ORDERS, "domains/orders/lambdas/another.ts": HANDLER.replace("greeting(name)", 'greeting("you")') };
    expect((await bundle(more)).greet.hash).toBe(greet.hash);
  });

  test("has the same bytes whatever else a file has that it imports, and whatever types and comments there are", async () => {
    const more = `// Zebras.\nimport type { Quiz } from "./quiz";\nexport type Jazz = Quiz;\nexport const unusedQuickZebra = (jazz: Quiz) => "zzzqqqjjj" + jazz;\n`;
    const greeting = `${more}${ORDERS["domains/orders/greeting.ts"]}`;
    const files = { ...ORDERS, "domains/orders/greeting.ts": greeting, "domains/orders/quiz.ts": "export type Quiz = string;\n" };
    expect((await bundle(files)).greet.hash).toBe(greet.hash);
  });

  test("has the same bytes whatever the parameters of a contract are, in a file whose events it uses", async () => {
    const bundleWith = (parameter: string) => {
      const contract = `import { defineContract } from "../../shared/contract";
export const ordersContract = defineContract({ domain: "orders", version: 1, parameters: ["${parameter}"] });
${ORDERS["domains/orders/greeting.ts"]}`;
      const shared = Object.fromEntries(["shared/contract.ts", "shared/naming.ts"].map((file) => [file, readFileSync(file, "utf8")]));
      return bundle({ ...ORDERS, ...shared, "domains/orders/greeting.ts": contract }, { packages: true });
    };
    const [short, long] = [await bundleWith("arn"), await bundleWith("quizOfZebrasArn")];
    expect(code(short.greet.zip)).toContain("Hello ");
    expect(short.greet.hash).toBe(long.greet.hash);
  });

  test("has the hash that Lambda reports for the code: base64 SHA-256 of the zip", async () => {
    expect(greet.hash).toBe(createHash("sha256").update(greet.zip).digest("base64"));
  });

  test("that uses no package is a zip of one file, which imports no other file", async () => {
    expect(Object.keys(unzipSync(greet.zip))).toEqual(["index.mjs"]);
    expect(code(greet.zip)).toContain("Hello ");
    expect(code(greet.zip)).not.toMatch(/from\s*"\.\.?\//);
  });

  test("names the files and the packages that it was made of, but no file that synth generates", async () => {
    const handler = `import { z } from "zod";\nimport { greeting } from "../greeting";\nexport const handler = () => greeting(z.string().parse("you"));`;
    const { greet: withPackage } = await bundle({ ...ORDERS, "domains/orders/lambdas/greet.ts": handler }, { packages: true });
    const zod = readJson("node_modules/zod/package.json").version;
    expect([greet.files, greet.packages]).toEqual([Object.keys(ORDERS).sort(), []]);
    expect([withPackage.files, withPackage.packages]).toEqual([Object.keys(ORDERS).sort(), [`zod@${zod}`]]);
  });

  test("names its source relative to the root of the project, so that the artifact contains no machine's path", async () => {
    expect(greet.source).toBe("domains/orders/lambdas/greet.ts");
  });

  test("has its source map beside the zip, and the code does not refer to it", async () => {
    expect(readdirSync(bundles.sourceMaps ?? "", { recursive: true })).toContain("orders/greet.mjs.map");
    expect(code(greet.zip)).not.toContain("sourceMappingURL");
  });

  test("has a source map with relative sources", async () => {
    const { sources } = readJson(join(bundles.sourceMaps ?? "", "orders/greet.mjs.map"));
    expect(sources).toHaveLength(2);
    for (const source of sources) expect(source).not.toContain(root);
  });

  test("leaves only source maps in the temporary folder", async () => {
    const files = readdirSync(bundles.sourceMaps ?? "", { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.filter(({ name }) => !name.endsWith(".map"))).toEqual([]);
  });

  test("produces no findings", async () => {
    expect(findings).toEqual([]);
  });
});

describe("a bundle's hash", () => {
  let hash: string;
  beforeAll(async () => {
    ({ hash } = (await bundle(ORDERS)).greet);
  });

  test("does not change with a comment", async () => {
    expect((await bundle({ ...ORDERS, "domains/orders/lambdas/greet.ts": `// Greets.\n${HANDLER}` })).greet.hash).toBe(hash);
  });

  test("changes with the code that it imports", async () => {
    const other = { ...ORDERS, "domains/orders/greeting.ts": 'export const greeting = (name: string) => "Bye " + name;\n' };
    expect((await bundle(other)).greet.hash).not.toBe(hash);
  });
});

describe("the code of npm packages", () => {
  const parse = (fields: string, name = "zod") =>
    `import * as z from "${name}";\nexport const handler = (event: unknown) => z.object({ ${fields} }).parse(event);\n`;
  /** Bundles a project in a temporary folder that uses the packages of this project. */
  const withPackages = (files: Record<string, string>) => bundle(files, { packages: true });
  const two = (one: string, other: string) => ({ "domains/orders/lambdas/greet.ts": one, "domains/orders/lambdas/wave.ts": other });
  /** The result of the bundled handler, which runs in a process of its own. */
  const run = ({ zip }: Bundled["greet"], event: string) => {
    const file = join(temporaryFolder({ "index.mjs": code(zip), "packages.mjs": code(zip, "packages.mjs") }), "index.mjs");
    const call = `import("${file}").then(({ handler }) => console.log(JSON.stringify(handler(${event}))))`;
    return JSON.parse(execFileSync(process.execPath, ["-e", call], { encoding: "utf8" }));
  };
  const packagesOf = ({ bundles }: Bundled, lambda: string) => code(bundles.get(testApp(), "orders", lambda).zip, "packages.mjs");

  test("is in a file beside the handler, which imports from it", async () => {
    const { greet, findings } = await withPackages({ "domains/orders/lambdas/greet.ts": parse("name: z.string()") });
    expect(findings).toEqual([]);
    expect(Object.keys(unzipSync(greet.zip))).toEqual(["index.mjs", "packages.mjs"]);
    expect(run(greet, '{ name: "Ada" }')).toEqual({ name: "Ada" });
  });

  test("includes the default export of a CommonJS package, in the same form as in the handler's tests", async () => {
    const source = 'import cron from "cron-validate";\nexport const handler = (text: string) => cron(text).isValid();\n';
    const { greet, findings } = await withPackages({ "domains/orders/lambdas/greet.ts": source });
    expect(findings).toEqual([]);
    expect(Object.keys(unzipSync(greet.zip))).toContain("packages.mjs");
    expect(run(greet, '"* * * * *"')).toBe(true);
  });

  test("has the same bytes for lambdas that use the same names, in whatever order", async () => {
    const made = await withPackages(two(parse("a: z.string(), b: z.number()"), parse("c: z.number(), d: z.string()")));
    expect(packagesOf(made, "greet")).toBe(packagesOf(made, "wave"));
  });

  test("is only the code that the lambda uses", async () => {
    const made = await withPackages(two(parse("a: z.string()"), parse("a: z.string(), b: z.map(z.string(), z.string())")));
    expect(packagesOf(made, "greet").length).toBeLessThan(packagesOf(made, "wave").length);
  });

  test("does not change with the names that other lambdas use", async () => {
    const alone = await withPackages({ "domains/orders/lambdas/greet.ts": parse("a: z.string()") });
    expect((await withPackages(two(parse("a: z.string()"), parse("a: z.date()")))).greet.hash).toBe(alone.greet.hash);
  });

  test("is in the handler's own file when the names that the handler uses are not clear", async () => {
    const whole = 'import * as z from "zod";\nconst all = z;\nexport const handler = (event: unknown) => all.string().parse(event);\n';
    const { greet, findings } = await withPackages({ "domains/orders/lambdas/greet.ts": whole });
    expect(findings).toEqual([]);
    expect(Object.keys(unzipSync(greet.zip))).toEqual(["index.mjs"]);
  });

  test("is reported as missing when the package is not installed", async () => {
    const { findings } = await withPackages({ "domains/orders/lambdas/greet.ts": parse("", "no-such-package") });
    expect(findings).toEqual([
      expect.stringMatching(/^domains\/orders\/lambdas\/greet\.ts: the file does not compile: Could not resolve "no-such-package"/),
    ]);
  });
});

describe("a file in lambdas/", () => {
  test("that does not parse is reported with its line, and not as a missing lambda too", async () => {
    const { findings } = await bundle({
      ...ORDERS,
      "domains/orders/lambdas/greet.ts": "export const handler = async () => {\n  return (;\n};\n",
    });
    expect(findings).toEqual([expect.stringMatching(/^domains\/orders\/lambdas\/greet\.ts:2: the file does not compile: /)]);
  });

  test("that imports a missing file is reported with its line", async () => {
    const { findings } = await bundle({ "domains/orders/lambdas/greet.ts": HANDLER });
    expect(findings).toEqual([
      expect.stringMatching(/^domains\/orders\/lambdas\/greet\.ts:1: the file does not compile: .*"\.\.\/greeting"/),
    ]);
  });

  test("that does not compile is reported together with every other such file", async () => {
    const { findings } = await bundle({ "domains/orders/lambdas/greet.ts": HANDLER, "domains/orders/lambdas/wave.ts": "(" });
    expect(findings).toHaveLength(2);
  });

  test("that exports no handler is rejected, with the fix", async () => {
    const { findings } = await bundle({ ...ORDERS, "domains/orders/lambdas/helper.ts": "export const help = 1;" });
    expect(findings).toEqual([
      expect.stringMatching(/^domains\/orders\/lambdas\/helper\.ts: the file does not export "handler", .*Write "export const handler/),
    ]);
  });

  test.each(["Greet.ts", "greet_them.ts", "greet.js", "greet.test.ts", "notes.md"])(
    "called %s is rejected, because a lambda cannot have this name",
    async (file) => {
      const { findings } = await bundle({ ...ORDERS, [`domains/orders/lambdas/${file}`]: HANDLER });
      expect(findings).toEqual([expect.stringContaining(`domains/orders/lambdas/${file}: "${file}" cannot be the file of a lambda.`)]);
    },
  );
});

test.each([".greet.ts.swp", "greet.ts~", "#greet.ts#", ".DS_Store"])(
  "a file of an editor or a desktop (%s) is no lambda, and no finding",
  async (file) => {
    const { findings } = await bundle({ ...ORDERS, [`domains/orders/lambdas/${file}`]: "" });
    expect(findings).toEqual([]);
  },
);

test("a lambda without a file is reported, with the files that exist", async () => {
  const app = testApp();
  (await bundle(ORDERS)).bundles.get(app, "orders", "gret");
  expect(listFindings(app)).toEqual([
    expect.stringMatching(/domains\/orders\/lambdas\/gret\.ts does not exist\..* the files of this domain are: greet\./),
  ]);
});

test("a domain without lambdas has no bundles and produces no findings", async () => {
  const app = testApp();
  const folder = temporaryFolder();
  const domains = [{ name: "orders", folder: join(folder, "domains/orders"), Stack: undefined as never }];
  expect((await bundleLambdas(app, folder, domains, project)).sourceMaps).toBeUndefined();
  expect(listFindings(app)).toEqual([]);
});

describe("a bundle that esbuild is still working on", () => {
  async function startBundling() {
    const root = temporaryFolder({ ...ORDERS, "domains/orders/lambdas/idle.ts": "export const nothing = 1;" });
    const app = testApp();
    const bundles = await bundleLambdas(
      app,
      root,
      [{ name: "orders", folder: join(root, "domains/orders"), Stack: undefined as never }],
      project,
    );
    return { app, bundles, greet: () => bundles.get(app, "orders", "greet") };
  }

  test("has its source already, so that constructs can be created meanwhile", async () => {
    const { bundles, greet } = await startBundling();
    expect(greet().source).toBe("domains/orders/lambdas/greet.ts");
    await bundles.ready;
  });

  test.each(["zip", "hash", "files"] as const)("throws when its %s is read, and the error says what to do", async (property) => {
    const { bundles, greet } = await startBundling();
    expect(() => greet()[property]).toThrow(
      'domains/orders/lambdas/greet.ts is not bundled yet. Call "await bundles.ready" before "synthesize", as main.ts does.',
    );
    await bundles.ready;
    expect(greet()[property].length).toBeGreaterThan(0);
  });

  test("fails the check that all bundles are ready", async () => {
    const { bundles } = await startBundling();
    expect(() => bundles.assertReady()).toThrow(/await bundles\.ready/);
    await bundles.ready;
    expect(() => bundles.assertReady()).not.toThrow();
  });

  test("has findings once it is ready", async () => {
    const { app, bundles } = await startBundling();
    expect(listFindings(app)).toEqual([]);
    await bundles.ready;
    expect(listFindings(app)).toEqual([expect.stringContaining('idle.ts: the file does not export "handler"')]);
  });

  test("is empty, not pending, when its code does not compile: the finding is the error then", async () => {
    const { bundles, greet } = await bundle({ "domains/orders/lambdas/greet.ts": "(" });
    expect(() => bundles.assertReady()).not.toThrow();
    expect(greet).toMatchObject({ zip: new Uint8Array(), hash: "", source: "domains/orders/lambdas/greet.ts" });
  });
});

test("two synths of one project at the same time do not remove each other's source maps", async () => {
  const { root, bundles } = await bundle(ORDERS);
  const domains = [{ name: "orders", folder: join(root, "domains/orders"), Stack: undefined as never }];
  const others = await bundleLambdas(testApp(), root, domains, project);
  await others.ready;
  expect(others.sourceMaps).not.toBe(bundles.sourceMaps);
  expect(existsSync(join(bundles.sourceMaps ?? "", "orders/greet.mjs.map"))).toBe(true);
});
