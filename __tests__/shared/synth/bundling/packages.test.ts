import { packageStubs, packagesModule, packagesUsed } from "../../../../shared/synth/bundling/packages";

/** The names that code uses of each package, as plain lists. */
const used = (code: string) => Object.fromEntries([...packagesUsed(code)].map(([name, names]) => [name, [...names.keys()].sort()]));

describe("the exports of packages that code uses", () => {
  test.each([
    ["named imports", 'import { b, a as c } from "pkg";', { pkg: ["a", "b"] }],
    ["a default import", 'import whole, { a } from "pkg";', { pkg: ["a", "default"] }],
    ["members of a namespace", 'import * as z from "pkg";\nz.object({ a: z\n  .string() });', { pkg: ["object", "string"] }],
    ["two namespaces of one package", 'import * as z from "pkg";\nimport * as z2 from "pkg";\nz.a(z2.b);', { pkg: ["a", "b"] }],
    ["a name with a dollar", 'import * as $z from "pkg";\n$z.a(other$z.b);', { pkg: ["a"] }],
    ["lists over several lines", 'import {\n  a,\n  b\n} from "pkg";', { pkg: ["a", "b"] }],
    [
      "parts of a package, as packages of their own",
      'import { a } from "pkg";\nimport { b } from "pkg/part";',
      { pkg: ["a"], "pkg/part": ["b"] },
    ],
  ])("are found for %s", (_, code, expected) => {
    expect(used(code)).toEqual(expected);
  });

  test("do not include Node.js's own modules and import.meta", () => {
    expect(used('import { randomUUID } from "node:crypto";\nimport.meta.url;\nimport { a } from "pkg";')).toEqual({ pkg: ["a"] });
  });

  // Such a lambda is bundled together with its packages in one file, which is slower but never wrong.
  test.each([
    ["a namespace that is passed on", 'import * as z from "pkg";\nfunction f() { return [z, z.a]; }'],
    ["a namespace that is spread", 'import * as z from "pkg";\nconst all = { ...z };'],
    ["a namespace of which the code uses no member", 'import * as z from "pkg";\nother.z.a();'],
    ["a name that is not an identifier", 'import { "a-b" as ab } from "pkg";'],
    ["a member that is computed", 'import * as z from "pkg";\nz[name]();'],
    ["a dynamic import", 'import { a } from "pkg";\nimport("other");'],
    ["a require", 'import { a } from "pkg";\n__require("other");'],
    ["an import for its effect", 'import "pkg/register";'],
    ["an export of all", 'export * from "pkg";'],
    ["an export of some", 'export { a } from "pkg";'],
  ])("are not found for %s", (_, code) => {
    expect(used(code)).toEqual({});
  });
});

test("a name that is imported and is also a member counts as imported", () => {
  for (const code of ['import { a } from "pkg";import * as p from "pkg";p.a;', 'import * as p from "pkg";import { a } from "pkg";p.a;']) {
    expect(packagesUsed(code)).toEqual(new Map([["pkg", new Map([["a", "import"]])]]));
  }
});

test("the module of packages and the stubs are as their comments show them", () => {
  const code = `import cron from "cron-validate";
import * as z from "zod";
z.object({ at: z.string().refine((text) => cron(text).isValid()) });`;
  expect(packagesModule(packagesUsed(code))).toBe(`import * as p0 from "cron-validate";
export { default as default_0 } from "cron-validate";
import * as p1 from "zod";
export const object_1 = p1.object;
export const string_1 = p1.string;`);
  expect(packageStubs(packagesUsed(code))).toEqual([
    { name: "cron-validate", module: 'export { default_0 as default } from "./packages.mjs";' },
    { name: "zod", module: 'export { object_1 as object, string_1 as string } from "./packages.mjs";' },
  ]);
});

test("the same names of the same packages give the same module, whatever the order of the names", () => {
  const one = 'import { a, b } from "p";import { c } from "q";';
  const other = 'import { b, a } from "p";import { c } from "q";';
  expect(packagesModule(packagesUsed(other))).toBe(packagesModule(packagesUsed(one)));
});

test("packages run in the order in which they are imported", () => {
  const order = packagesModule(packagesUsed('import { c } from "q";import { a } from "p";')).match(/(?<=^import \* as p\d+ from ")\w+/gm);
  expect(order).toEqual(["q", "p"]);
});

test("two packages that export the same name do not get mixed up", () => {
  const uses = packagesUsed('import { a } from "p";import { a as b } from "q";');
  const exported = packagesModule(uses).match(/(?<=a as )\S+/g);
  const taken = packageStubs(uses).map(({ module }) => /\{ (\S+) as/.exec(module)?.[1]);
  expect(new Set(exported).size).toBe(2);
  expect(taken).toEqual(exported);
});
