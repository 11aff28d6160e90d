import { initSync, parse } from "es-module-lexer";

/** The file beside the handler that holds what a lambda uses of npm packages. */
export const PACKAGES_FILE = "packages.mjs";

/** What a lambda uses of packages: names by the package as it is imported, and whether by name or as a namespace's member. */
export type Uses = Map<string, Map<string, How>>;
type How = "named" | "member";

const NAMED = /^import\s+(?:([\w$]+)\s*,?\s*)?(?:\{([^}]*)\}\s*)?from\b/;
const NAMESPACE = /^import\s+\*\s+as\s+([\w$]+)\s+from\b/;
const IDENTIFIER = /^[\w$]+$/;

/**
 * What code that esbuild wrote, packages left out and nothing minified, uses of packages. Empty
 * where it uses none, and where that cannot be told (a namespace handed on as a whole, a dynamic
 * import): such a lambda is bundled with its packages in one file, as large and as right, only slower.
 */
export function packagesUsed(code: string): Uses {
  initSync();
  const uses: Uses = new Map();
  if (code.includes("__require(")) return uses;
  for (const { n: name, d: dynamic, ss: from, se: to } of parse(code)[0]) {
    // Node's own modules are there; -2 is import.meta.
    if (name?.startsWith("node:") || dynamic === -2) continue;
    const used = dynamic === -1 && name !== undefined && usedBy(code.slice(from, to), code.slice(0, from) + code.slice(to));
    if (!used) return new Map();
    const names = uses.get(name) ?? new Map<string, How>();
    for (const each of used.names) if (names.get(each) !== "named") names.set(each, used.how);
    uses.set(name, names);
  }
  return uses;
}

/** What an import statement takes, by the rest of the code; undefined where that cannot be told. */
function usedBy(statement: string, rest: string): { names: string[]; how: How } | undefined {
  const [, namespace] = NAMESPACE.exec(statement) ?? [];
  if (namespace) {
    // Not a property of that name, but what is spread: { ...z }.
    const itself = new RegExp(`(?<![\\w$])(?<!(?<!\\.\\.)\\.)${namespace.replaceAll("$", "\\$")}(?![\\w$])`);
    const [, ...after] = rest.split(itself);
    const members = after.map((text) => /^\s*\.\s*([A-Za-z_$][\w$]*)/.exec(text)?.[1] ?? "");
    return members.length > 0 && members.every(Boolean) ? { names: members, how: "member" } : undefined;
  }
  const [, byDefault, named = ""] = NAMED.exec(statement) ?? [];
  const names = [...(byDefault ? ["default"] : []), ...named.split(",").flatMap((one) => one.trim().split(/\s+as\s+/)[0] || [])];
  return names.length > 0 && names.every((name) => IDENTIFIER.test(name)) ? { names, how: "named" } : undefined;
}

/** A module that exports all that is used. Lambdas that use the same, imported in the same order, have the same, and share its bundle. */
export function packagesModule(uses: Uses): string {
  const ofPackage = ([name, names]: [string, Map<string, How>], at: number) => {
    const from = `from ${JSON.stringify(name)};`;
    // A named import goes on changing with its package; what the text calls a member need not be one.
    const exported = sorted(names).map(([used, how]) =>
      how === "named" ? `export { ${used} as ${used}_${at} } ${from}` : `export const ${used}_${at} = p${at}.${used};`,
    );
    return [`import * as p${at} ${from}`, ...exported].join("\n");
  };
  return [...uses].map(ofPackage).join("\n");
}

/** For each package, a module that takes what is used of it from that bundle. */
export function packageStubs(uses: Uses): [name: string, module: string][] {
  return [...uses].map(([name, names], at) => {
    const exported = sorted(names).map(([used]) => `${used}_${at} as ${used}`);
    return [name, `export { ${exported.join(", ")} } from "./${PACKAGES_FILE}";`];
  });
}

const sorted = (names: Map<string, string>) => [...names].sort(([a], [b]) => (a < b ? -1 : 1));
