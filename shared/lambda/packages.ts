import { initSync, parse } from "es-module-lexer";

/** The file beside the handler that holds what a lambda uses of npm packages. */
export const PACKAGES_FILE = "packages.mjs";

/** What a lambda uses of packages: names by the package, as it is imported. */
export type Uses = Map<string, Set<string>>;

const NAMED = /^import\s+(?:([\w$]+)\s*,?\s*)?(?:\{([^}]*)\}\s*)?from\b/;
const NAMESPACE = /^import\s+\*\s+as\s+([\w$]+)\s+from\b/;

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
    const names = dynamic === -1 && name !== undefined && namesUsed(code, code.slice(from, to));
    if (!names) return new Map();
    uses.set(name, new Set([...(uses.get(name) ?? []), ...names]));
  }
  return uses;
}

function namesUsed(code: string, statement: string): string[] | undefined {
  const [, namespace] = NAMESPACE.exec(statement) ?? [];
  if (namespace) {
    const [, ...after] = code.replace(statement, "").split(new RegExp(`(?<![\\w$.])${namespace.replaceAll("$", "\\$")}(?![\\w$])`));
    const members = after.map((text) => /^\s*\.\s*([A-Za-z_$][\w$]*)/.exec(text)?.[1]);
    return members.every((member) => member !== undefined) ? members : undefined;
  }
  const [, byDefault, named = ""] = NAMED.exec(statement) ?? [];
  const names = named.split(",").flatMap((one) => one.trim().split(/\s+as\s+/)[0] || []);
  return byDefault ? ["default", ...names] : names.length > 0 ? names : undefined;
}

const sorted = <Value>(values: Iterable<Value>) => [...values].sort();

/** A module that exports all that is used. Lambdas that use the same have the same, and share its bundle. */
export function packagesModule(uses: Uses): string {
  return sorted(uses.keys())
    .map((name, at) => {
      const exported = sorted(uses.get(name) ?? []).map((used) => `export const ${used}_${at} = p${at}.${used};`);
      return [`import * as p${at} from ${JSON.stringify(name)};`, ...exported].join("\n");
    })
    .join("\n");
}

/** For each package, a module that takes what is used of it from that bundle. */
export function packageStubs(uses: Uses): [name: string, module: string][] {
  return sorted(uses.keys()).map((name, at) => {
    const exported = sorted(uses.get(name) ?? []).map((used) => `${used}_${at} as ${used}`);
    return [name, `export { ${exported.join(", ")} } from "./${PACKAGES_FILE}";`];
  });
}
