import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { listFindings } from "../../../shared/findings";
import { bundleLambdas } from "../../../shared/lambda/bundling";
import { project, testApp } from "../../support/synth";
import { readJson, temporaryFolder } from "../../support/temporary-folder";

const HANDLER = `import { greeting } from "../greeting";
export const handler = async (name: string) => greeting(name);
`;
const ORDERS = {
  "domains/orders/lambdas/greet.ts": HANDLER,
  "domains/orders/greeting.ts": 'export const greeting = (name: string): string => "Hello " + name;\n',
};

/** Bundles the domain `orders` of a project with these files. */
function bundle(files: Record<string, string>, { runtime = project.runtime, under = "" } = {}) {
  const root = join(temporaryFolder(Object.fromEntries(Object.entries(files).map(([path, text]) => [join(under, path), text]))), under);
  const app = testApp();
  const domains = [{ name: "orders", folder: join(root, "domains/orders"), Stack: undefined as never }];
  const bundles = bundleLambdas(app, root, domains, { ...project, runtime });
  const greet = bundles.get(app, "orders", "greet");
  return { root, bundles, greet, findings: listFindings(app) };
}
const code = (zip: Uint8Array) => strFromU8(unzipSync(zip)["index.mjs"] ?? new Uint8Array());

describe("a lambda's bundle", () => {
  const { greet, bundles, root, findings } = bundle(ORDERS);

  test("is the same, byte for byte, when it is made again", () => {
    expect(Buffer.from(bundle(ORDERS).greet.zip).equals(greet.zip)).toBe(true);
  });

  test("is the same on another day", () => {
    jest.useFakeTimers({ now: new Date(2031, 1, 2) });
    try {
      expect(bundle(ORDERS).greet.hash).toBe(greet.hash);
    } finally {
      jest.useRealTimers();
    }
  });

  test("is the same when the project lies in a folder of another depth", () => {
    expect(bundle(ORDERS, { under: "a/much/longer/path/to/the/project" }).greet.hash).toBe(greet.hash);
  });

  test("is the same whatever other lambdas there are", () => {
    const more = { ...ORDERS, "domains/orders/lambdas/another.ts": HANDLER.replace("greeting(name)", 'greeting("you")') };
    expect(bundle(more).greet.hash).toBe(greet.hash);
  });

  test("has the hash that Lambda reports of the code: base64 SHA-256 of the zip", () => {
    expect(greet.hash).toBe(createHash("sha256").update(greet.zip).digest("base64"));
  });

  test("is a zip of one file, which needs no other", () => {
    expect(Object.keys(unzipSync(greet.zip))).toEqual(["index.mjs"]);
    expect(code(greet.zip)).toContain("Hello ");
    expect(code(greet.zip)).not.toMatch(/from\s*"\.\.?\//);
  });

  test("names its source from the root of the project, so that the artifact tells no machine's path", () => {
    expect(greet.source).toBe("domains/orders/lambdas/greet.ts");
  });

  test("has its source map beside the zip, not inside, and nothing in it refers to it", () => {
    expect(readdirSync(bundles.sourceMaps ?? "", { recursive: true })).toContain("orders/greet.mjs.map");
    expect(code(greet.zip)).not.toContain("sourceMappingURL");
  });

  test("has a source map whose sources are relative", () => {
    const { sources } = readJson(join(bundles.sourceMaps ?? "", "orders/greet.mjs.map"));
    expect(sources).toHaveLength(2);
    for (const source of sources) expect(source).not.toContain(root);
  });

  test("leaves only source maps on the way", () => {
    const files = readdirSync(bundles.sourceMaps ?? "", { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.filter(({ name }) => !name.endsWith(".map"))).toEqual([]);
  });

  test("has nothing to complain about", () => {
    expect(findings).toEqual([]);
  });
});

describe("what changes a bundle", () => {
  const { hash } = bundle(ORDERS).greet;

  test("a comment does not", () => {
    expect(bundle({ ...ORDERS, "domains/orders/lambdas/greet.ts": `// Greets.\n${HANDLER}` }).greet.hash).toBe(hash);
  });

  test("code that it imports does", () => {
    const other = { ...ORDERS, "domains/orders/greeting.ts": 'export const greeting = (name: string) => "Bye " + name;\n' };
    expect(bundle(other).greet.hash).not.toBe(hash);
  });
});

describe("a file in lambdas/", () => {
  test("that does not parse is named with its line, and no lambda is said to be missing beside", () => {
    const { findings } = bundle({
      ...ORDERS,
      "domains/orders/lambdas/greet.ts": "export const handler = async () => {\n  return (;\n};\n",
    });
    expect(findings).toEqual([expect.stringMatching(/^domains\/orders\/lambdas\/greet\.ts:2: does not compile: /)]);
  });

  test("that imports what there is not is named with its line", () => {
    const { findings } = bundle({ "domains/orders/lambdas/greet.ts": HANDLER });
    expect(findings).toEqual([expect.stringMatching(/^domains\/orders\/lambdas\/greet\.ts:1: does not compile: .*"\.\.\/greeting"/)]);
  });

  test("that does not compile is told beside every other that does not", () => {
    const { findings } = bundle({ "domains/orders/lambdas/greet.ts": HANDLER, "domains/orders/lambdas/wave.ts": "(" });
    expect(findings).toHaveLength(2);
  });

  test("that exports no handler is refused, with the fix", () => {
    const { findings } = bundle({ ...ORDERS, "domains/orders/lambdas/helper.ts": "export const help = 1;" });
    expect(findings).toEqual([
      expect.stringContaining("domains/orders/lambdas/helper.ts: exports no handler; write: export const handler"),
    ]);
  });

  test.each(["Greet.ts", "greet_them.ts", "greet.js", "greet.test.ts", "notes.md"])("called %s is no lambda's, and refused", (file) => {
    const { findings } = bundle({ ...ORDERS, [`domains/orders/lambdas/${file}`]: HANDLER });
    expect(findings).toEqual([expect.stringContaining(`domains/orders/lambdas/${file}: is no lambda's name`)]);
  });
});

test("a lambda without a file is told, with those that there are", () => {
  const app = testApp();
  bundle(ORDERS).bundles.get(app, "orders", "gret");
  expect(listFindings(app)).toEqual([
    expect.stringContaining("there is no domains/orders/lambdas/gret.ts; a lambda has the name of its file, and the domain has greet"),
  ]);
});

test("a domain without lambdas is bundled into nothing, without complaint", () => {
  const app = testApp();
  const folder = temporaryFolder();
  const domains = [{ name: "orders", folder: join(folder, "domains/orders"), Stack: undefined as never }];
  expect(bundleLambdas(app, folder, domains, project).sourceMaps).toBeUndefined();
  expect(listFindings(app)).toEqual([]);
});

test("two synths of one project at once do not clear away each other's source maps", () => {
  const { root, bundles } = bundle(ORDERS);
  const domains = [{ name: "orders", folder: join(root, "domains/orders"), Stack: undefined as never }];
  expect(bundleLambdas(testApp(), root, domains, project).sourceMaps).not.toBe(bundles.sourceMaps);
  expect(existsSync(join(bundles.sourceMaps ?? "", "orders/greet.mjs.map"))).toBe(true);
});
