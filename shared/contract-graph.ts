/**
 * The graph of who depends on whom, walked here and nowhere else. Nodes are ids of stacks or names of domains; an edge leads
 * from a reader to the owner of a contract that it reads. Knows no CDKTF, because the commands walk it too.
 */

/** For each node, the nodes that it leads to. An edge to a node that is not a key is ignored. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/**
 * The nodes in an order in which each comes after all the nodes that it leads to. Independent nodes keep their order.
 * @throws Error when the graph has a cycle; `npm run synth` refuses one, so that no artifact has it.
 */
export function dependenciesFirst(graph: Graph): string[] {
  const cycle = findCycles(graph)[0];
  if (cycle) throw new Error(`the graph has a cycle: ${cycle.join(" → ")}`);
  const ordered: string[] = [];
  let waiting = [...graph.keys()];
  while (waiting.length > 0) {
    const isReady = (node: string) => !edgesOf(graph, node).some((target) => waiting.includes(target));
    ordered.push(...waiting.filter(isReady));
    waiting = waiting.filter((node) => !isReady(node));
  }
  return ordered;
}

/** Every cycle, as the path around it: `["a", "b", "a"]`. Empty when there is none. */
export function findCycles(graph: Graph): string[][] {
  const finished = new Set<string>();
  const visit = (node: string, path: string[]): string[][] => {
    if (path.includes(node)) return [[...path.slice(path.indexOf(node)), node]];
    if (finished.has(node)) return [];
    const cycles = edgesOf(graph, node).flatMap((target) => visit(target, [...path, node]));
    finished.add(node);
    return cycles;
  };
  return [...graph.keys()].flatMap((node) => visit(node, []));
}

/** A node and everything that it leads to, directly or through others, nearest first. */
export function reachableFrom(graph: Graph, start: string): string[] {
  const found = new Set([start]);
  let frontier = [start];
  while (frontier.length > 0) {
    frontier = [...new Set(frontier.flatMap((node) => edgesOf(graph, node)))].filter((node) => !found.has(node));
    for (const node of frontier) found.add(node);
  }
  return [...found];
}

function edgesOf(graph: Graph, node: string): string[] {
  return (graph.get(node) ?? []).filter((target) => graph.has(target));
}
