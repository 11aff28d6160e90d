import { basename, join, relative, sep } from "node:path";
import {
  type BindingName,
  type CallExpression,
  type Identifier,
  isBindingElement,
  isCallExpression,
  isIdentifier,
  isObjectLiteralExpression,
  isPropertyAssignment,
  isSourceFile,
  isVariableStatement,
  type Node,
  type Statement,
} from "typescript/unstable/ast";
import { API, type Checker, type Project } from "typescript/unstable/sync";
import type { EventId, EventUsers } from "./event-users";

/**
 * The program that `findEventUsers` runs: `trace-event.ts <root> <name> <version>` prints an {@link EventUsers} as JSON.
 *
 * It asks the TypeScript compiler for all references to the event, as an editor does. The compiler's API is called `unstable`,
 * because it can change with every release of TypeScript. The tests of `findEventUsers` cover everything that is used of it here.
 */
const [root = "", name = "", version] = process.argv.slice(2);
process.stdout.write(JSON.stringify(traceEvent(root, { name, version: Number(version) })));

function traceEvent(root: string, event: EventId): EventUsers {
  const compiler = new API({ cwd: root });
  try {
    const config = join(root, "tsconfig.json");
    const project = compiler.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (!project) throw new Error(`The TypeScript compiler cannot open ${config}`);
    return findUsers(root, project, event);
  } finally {
    compiler.close();
  }
}

function findUsers(root: string, project: Project, event: EventId): EventUsers {
  const definitions = findDefinitions(root, project, event);
  if (definitions.length === 0)
    return { undetermined: "no domain defines it in the form defineEvent({ name, version, … }) with a constant name and version" };

  const owners = new Set(definitions.map((definition) => domainOf(root, definition)));
  const users = new Set<string>();
  const traced = new Set<Statement>();
  // The statements whose names are still to be traced: first the event itself, then everything that is derived from it.
  const queue = definitions.map(statementAround);
  for (let statement = queue.shift(); statement; statement = queue.shift()) {
    if (traced.has(statement)) continue;
    traced.add(statement);
    if (isDefaultExportOfContract(statement)) {
      const file = relative(root, statement.getSourceFile().fileName);
      return { undetermined: `${file} uses it in a default export, whose importers are not traced` };
    }
    for (const reference of findReferences(project.checker, declaredNames(statement))) {
      const domain = domainOf(root, reference);
      if (domain === undefined) continue;
      if (!owners.has(domain)) users.add(domain);
      queue.push(statementAround(reference));
    }
  }
  return { domains: [...users].sort() };
}

/** The name of the domain that a node belongs to. Undefined for a node of a file outside `domains/`. */
function domainOf(root: string, node: Node): string | undefined {
  const [folder, domain, ...rest] = relative(root, node.getSourceFile().fileName).split(sep);
  return folder === "domains" && rest.length > 0 ? domain : undefined;
}

/** The calls in `domains/` of the form `defineEvent({ name, version, … })`, with the name and the version of the event. */
function findDefinitions(root: string, { program, checker }: Project, { name, version }: EventId): CallExpression[] {
  const sources = program.getSourceFileNames().flatMap((file) => {
    const isInDomains = relative(root, file).startsWith(`domains${sep}`);
    return (isInDomains && program.getSourceFile(file)) || [];
  });
  const calls = sources.flatMap(callsIn).filter(({ expression }) => expression.getText() === "defineEvent");
  return calls.filter((call) => constantOf(checker, call, "name") === name && constantOf(checker, call, "version") === version);
}

function callsIn(node: Node): CallExpression[] {
  const calls = isCallExpression(node) ? [node] : [];
  node.forEachChild((child) => void calls.push(...callsIn(child)));
  return calls;
}

/** The value of a property of a call's first argument. Undefined if the compiler does not know it as a constant. */
function constantOf(checker: Checker, { arguments: [options] }: CallExpression, property: string): unknown {
  if (!options || !isObjectLiteralExpression(options)) return undefined;
  const assignment = options.properties.filter(isPropertyAssignment).find(({ name }) => name.getText() === property);
  const type = assignment && checker.getTypeAtLocation(assignment.initializer);
  return type?.isLiteralType() ? type.value : undefined;
}

/** The top-level statement that a node is in. */
function statementAround(node: Node): Statement {
  let statement = node;
  while (!isSourceFile(statement.parent)) statement = statement.parent;
  return statement as Statement;
}

/** Whether other domains can import the statement's value although it declares no name, as `export default` does. */
function isDefaultExportOfContract(statement: Statement): boolean {
  const isContract = basename(statement.getSourceFile().fileName) === "contract.ts";
  const isNameless = declaredNames(statement).length === 0;
  return isContract && isNameless && /^export default\b/.test(statement.getText());
}

/** The names that a statement declares: of variables, or of a function, a class or a type. */
function declaredNames(statement: Statement): Identifier[] {
  if (isVariableStatement(statement)) return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
  const { name } = statement as { name?: Node };
  return name && isIdentifier(name) ? [name] : [];
}

/** The names that the left-hand side of a declaration binds: `a` and `b` in `const { a, c: [b] } = …`. */
function boundNames(name: BindingName): Identifier[] {
  if (isIdentifier(name)) return [name];
  return name.elements.flatMap((element) => (isBindingElement(element) && element.name ? boundNames(element.name) : []));
}

/** Every place that refers to one of these names, also by another name or through another module. */
function findReferences(checker: Checker, names: Identifier[]): Node[] {
  const symbols = names.flatMap((name) => checker.getReferencedSymbolsForNode(name, name.getStart()));
  return symbols.flatMap(({ references }) => references.flatMap((reference) => reference.resolve() ?? []));
}
