import { type ImportSpecifier, initSync, parse } from "es-module-lexer";

/**
 * Separates the npm packages that a lambda uses from its own code, so that lambdas that use the same names of the same packages
 * can share one bundle of packages. Everything here works on text that esbuild wrote without the code of packages
 * (`packages: "external"`), and not minified.
 */

/** The file in a zip, beside the handler, that has the code of npm packages that the lambda uses. */
export const PACKAGES_FILE = "packages.mjs";

/** The names that a lambda uses of each package. Keys are packages as they are imported: `zod`, `@scope/package/part`. */
export type PackageUses = Map<string, Names>;

/** Each name with the way in which the code gets it. */
type Names = Map<string, Access>;

/** `import { name }`, or a member of a namespace import, `z.name`. */
type Access = "import" | "member";

/** `import * as z from "zod"`, where `namespace` is `z`. */
const NAMESPACE_IMPORT = /^import\s+\*\s+as\s+(?<namespace>[\w$]+)\s+from\b/;

/** `import whole, { a, b as c } from "pkg"`, where `byDefault` is `whole` and `list` is ` a, b as c `. Either can be absent. */
const NAMED_IMPORT = /^import\s+(?:(?<byDefault>[\w$]+)\s*,?\s*)?(?:\{(?<list>[^}]*)\}\s*)?from\b/;

/** A name that may follow `export { … as`. A module may also export strings, `"a-b"`, which are not supported here. */
const IDENTIFIER = /^[\w$]+$/;

/** Every word of the code, with the dots before it: no dot, one (a property, `.z`) or three (a spread, `...z`). */
const WORD_WITH_DOTS = /(?<dots>\.*)(?<word>[\w$]+)/g;

/** The member access that follows a word, also on the next line: `.string` in `z.string()`. */
const MEMBER_ACCESS = /^\s*\.\s*(?<member>[A-Za-z_$][\w$]*)/;

/** How es-module-lexer marks an `import` that is not a dynamic one: https://github.com/guybedford/es-module-lexer#usage */
const STATIC_IMPORT = -1;
const IMPORT_META = -2;

/**
 * Finds the names that code uses of each package.
 *
 *     import cron from "cron-validate";
 *     import * as z from "zod";
 *     z.object({ at: z.string().refine((text) => cron(text).isValid()) });
 *
 * gives `cron-validate: default (import)` and `zod: object (member), string (member)`.
 *
 * The result is empty when the code uses no package, and also when it uses one in a way that this function does not
 * understand: a namespace that is passed on as a whole, a dynamic import, a `require`. Such a lambda is bundled together
 * with its packages in one file. That takes longer, and the result is as small and as correct.
 */
export function packagesUsed(code: string): PackageUses {
  initSync();
  const uses: PackageUses = new Map();
  if (code.includes("__require(")) return uses;
  const [imports] = parse(code);
  for (const statement of imports.filter(isOfPackage)) {
    const names = namesOf(statement, code);
    if (statement.n === undefined || !names) return new Map();
    uses.set(statement.n, merge(uses.get(statement.n), names));
  }
  return uses;
}

/** Whether an import concerns a package. `import.meta` does not, and neither do Node.js's own modules, which the runtime has. */
function isOfPackage({ n: name, d: kind }: ImportSpecifier): boolean {
  return kind !== IMPORT_META && !name?.startsWith("node:");
}

/** Both sets of names. A name that is imported anywhere counts as imported, even where it is also read as a member. */
function merge(earlier: Names | undefined, later: Names): Names {
  const names: Names = new Map(earlier);
  for (const [name, access] of later) {
    if (names.get(name) !== "import") names.set(name, access);
  }
  return names;
}

/** The names that an import statement brings into the code, or undefined if that is not clear. */
function namesOf({ ss: start, se: end, d: kind }: ImportSpecifier, code: string): Names | undefined {
  if (kind !== STATIC_IMPORT) return undefined;
  const statement = code.slice(start, end);
  const namespace = NAMESPACE_IMPORT.exec(statement)?.groups?.namespace;
  if (namespace === undefined) return importedNames(statement);
  return membersUsed(namespace, code.slice(0, start) + code.slice(end));
}

/**
 * The names in an import statement, by the name that the package gives them.
 *
 *     import whole, { a, b as c } from "pkg"   gives default, a, b
 *     import { "a-b" as ab } from "pkg"        gives undefined: not an identifier
 *     import "pkg/register"                    gives undefined: no name at all
 */
function importedNames(statement: string): Names | undefined {
  const { byDefault, list = "" } = NAMED_IMPORT.exec(statement)?.groups ?? {};
  const listed = list.split(",").map((item) => item.trim().split(/\s+as\s+/)[0] ?? "");
  const names = [byDefault ? "default" : "", ...listed].filter((name) => name !== "");
  if (names.length === 0 || !names.every((name) => IDENTIFIER.test(name))) return undefined;
  return new Map(names.map((name) => [name, "import"]));
}

/**
 * The members that code reads of a namespace. For the namespace `z`:
 *
 *     z.object({ a: z.string(), ...z.shape })   gives object, string, shape
 *     const all = { ...z };                     gives undefined: the namespace is used as a whole
 *     other.z.a();                              gives undefined: `.z` is a property of something else, and nothing is used
 */
function membersUsed(namespace: string, code: string): Names | undefined {
  const names: Names = new Map();
  for (const match of code.matchAll(WORD_WITH_DOTS)) {
    const { dots, word } = match.groups ?? {};
    const isReference = word === namespace && (dots === "" || dots === "...");
    if (!isReference) continue;
    const codeBehind = code.slice(match.index + match[0].length);
    const member = MEMBER_ACCESS.exec(codeBehind)?.groups?.member;
    if (member === undefined) return undefined;
    names.set(member, "member");
  }
  return names.size > 0 ? names : undefined;
}

/**
 * Writes the module that exports everything that lambdas use of their packages. The uses in the example of
 * {@link packagesUsed} give:
 *
 *     import * as p0 from "cron-validate";
 *     export { default as default_0 } from "cron-validate";
 *     import * as p1 from "zod";
 *     export const object_1 = p1.object;
 *     export const string_1 = p1.string;
 *
 * Lambdas that use the same names, and import their packages in the same order, get the same text and share its bundle.
 * The order matters because packages run in the order in which they are imported.
 */
export function packagesModule(uses: PackageUses): string {
  const lines = [...uses].flatMap(([name, names], index) => {
    const from = `from ${JSON.stringify(name)};`;
    const exports = sorted(names).map(([used, access]) =>
      // An imported name is re-exported, so that its binding stays live. A member is read from the namespace instead, because it
      // may not be a real export of the package, and re-exporting a name that does not exist would not compile.
      access === "import" ? `export { ${used} as ${used}_${index} } ${from}` : `export const ${used}_${index} = p${index}.${used};`,
    );
    return [`import * as p${index} ${from}`, ...exports];
  });
  return lines.join("\n");
}

/**
 * Writes, for each package, the module that takes its place when a handler is bundled. It takes the names from the bundle of
 * packages. The uses in the example of {@link packagesUsed} give:
 *
 *     cron-validate:   export { default_0 as default } from "./packages.mjs";
 *     zod:             export { object_1 as object, string_1 as string } from "./packages.mjs";
 */
export function packageStubs(uses: PackageUses): { name: string; module: string }[] {
  return [...uses].map(([name, names], index) => {
    const exports = sorted(names).map(([used]) => `${used}_${index} as ${used}`);
    return { name, module: `export { ${exports.join(", ")} } from "./${PACKAGES_FILE}";` };
  });
}

function sorted(names: Names): [name: string, access: Access][] {
  return [...names].sort(([a], [b]) => (a < b ? -1 : 1));
}
