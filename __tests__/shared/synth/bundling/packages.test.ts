import { packageStubs, packagesModule, packagesUsed } from "../../../../shared/synth/bundling/packages";

/** What code uses, as plain lists. */
const used = (code: string) => Object.fromEntries([...packagesUsed(code)].map(([name, names]) => [name, [...names.keys()].sort()]));

describe("what code uses of packages", () => {
  test.each([
    ["named imports", 'import { b, a as c } from "pkg";', { pkg: ["a", "b"] }],
    ["a default import", 'import whole, { a } from "pkg";', { pkg: ["a", "default"] }],
    ["members of a namespace", 'import * as z from "pkg";\nz.object({ a: z\n  .string() });', { pkg: ["object", "string"] }],
    ["two namespaces of one package", 'import * as z from "pkg";\nimport * as z2 from "pkg";\nz.a(z2.b);', { pkg: ["a", "b"] }],
    ["a name with a dollar", 'import * as $z from "pkg";\n$z.a(other$z.b);', { pkg: ["a"] }],
    ["lists over several lines", 'import {\n  a,\n  b\n} from "pkg";', { pkg: ["a", "b"] }],
    ["parts of a package, apart", 'import { a } from "pkg";\nimport { b } from "pkg/part";', { pkg: ["a"], "pkg/part": ["b"] }],
  ])("is told of %s", (_, code, expected) => {
    expect(used(code)).toEqual(expected);
  });

  test("passes over what Node itself has", () => {
    expect(used('import { randomUUID } from "node:crypto";\nimport.meta.url;\nimport { a } from "pkg";')).toEqual({ pkg: ["a"] });
  });

  // Then the lambda is bundled in one file: slower, never wrong.
  test.each([
    ["a namespace handed on", 'import * as z from "pkg";\nfunction f() { return [z, z.a]; }'],
    ["a namespace that is spread", 'import * as z from "pkg";\nconst all = { ...z };'],
    ["a namespace whose members are not named", 'import * as z from "pkg";\nother.z.a();'],
    ["a name that is no identifier", 'import { "a-b" as ab } from "pkg";'],
    ["a member that is computed", 'import * as z from "pkg";\nz[name]();'],
    ["a dynamic import", 'import { a } from "pkg";\nimport("other");'],
    ["a require", 'import { a } from "pkg";\n__require("other");'],
    ["an import for its effect", 'import "pkg/register";'],
    ["an export of all", 'export * from "pkg";'],
    ["an export of some", 'export { a } from "pkg";'],
  ])("is nothing for sure with %s", (_, code) => {
    expect(used(code)).toEqual({});
  });
});

test("the same names of the same packages are the same module, whatever their order", () => {
  const [one, other] = ['import { a, b } from "p";import { c } from "q";', 'import { b, a } from "p";import { c } from "q";'];
  expect(packagesModule(packagesUsed(other))).toBe(packagesModule(packagesUsed(one)));
});

test("packages run in the order in which they are imported", () => {
  const order = packagesModule(packagesUsed('import { c } from "q";import { a } from "p";')).match(/(?<=^import \* as p\d+ from ")\w+/gm);
  expect(order).toEqual(["q", "p"]);
});

test("two packages that export one name are kept apart", () => {
  const uses = packagesUsed('import { a } from "p";import { a as b } from "q";');
  const exported = packagesModule(uses).match(/(?<=a as )\S+/g);
  const taken = packageStubs(uses).map(([, stub]) => /\{ (\S+) as/.exec(stub)?.[1]);
  expect(new Set(exported).size).toBe(2);
  expect(taken).toEqual(exported);
});
