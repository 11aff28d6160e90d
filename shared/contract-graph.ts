/**
 * The graph of dependencies between stacks or domains. All code that walks it is here. A node is the id of a stack or the name of
 * a domain. An edge leads from the reader of a contract to its owner. Nothing here imports CDKTF, because commands use it too.
 */

/** For each node, the nodes that it depends on. An edge to a node that is not a key is ignored. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/**
 * Returns the nodes in an order in which each comes after all its dependencies. Independent nodes keep their order.
 * @throws Error if the graph has a cycle. No artifact has one, because `npm run synth` rejects it.
 */
export function dependenciesFirst(graph: Graph): string[] {
  const [cycle] = findCycles(graph);
  if (cycle) throw new Error(`the graph has a cycle: ${cycle.join(" → ")}`);
  const ordered: string[] = [];
  let waiting = [...graph.keys()];
  while (waiting.length > 0) {
    const isReady = (node: string) => !dependenciesOf(graph, node).some((target) => waiting.includes(target));
    ordered.push(...waiting.filter(isReady));
    waiting = waiting.filter((node) => !isReady(node));
  }
  return ordered;
}

/** Returns every cycle, as the path around it: `["a", "b", "a"]`. */
export function findCycles(graph: Graph): string[][] {
  const finished = new Set<string>();
  const visit = (node: string, path: string[]): string[][] => {
    if (path.includes(node)) return [[...path.slice(path.indexOf(node)), node]];
    if (finished.has(node)) return [];
    const cycles = dependenciesOf(graph, node).flatMap((target) => visit(target, [...path, node]));
    finished.add(node);
    return cycles;
  };
  return [...graph.keys()].flatMap((node) => visit(node, []));
}

/** Returns a node and all its dependencies, direct and indirect, nearest first. */
export function reachableFrom(graph: Graph, start: string): string[] {
  const found = new Set([start]);
  let frontier = [start];
  while (frontier.length > 0) {
    frontier = [...new Set(frontier.flatMap((node) => dependenciesOf(graph, node)))].filter((node) => !found.has(node));
    for (const node of frontier) found.add(node);
  }
  return [...found];
}

function dependenciesOf(graph: Graph, node: string): string[] {
  return (graph.get(node) ?? []).filter((target) => graph.has(target));
}
