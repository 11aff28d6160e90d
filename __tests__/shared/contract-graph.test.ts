import fc from "fast-check";
import { dependenciesFirst, findCycles, type Graph, reachableFrom } from "../../shared/contract-graph";

const graph = (edges: Record<string, string[]>): Graph => new Map(Object.entries(edges));

/** Graphs without a cycle: each node depends only on nodes that come before it. */
const acyclic = fc
  .array(fc.array(fc.nat(9), { maxLength: 4 }), { minLength: 1, maxLength: 10 })
  .map((rows): Graph => new Map(rows.map((row, at) => [`n${at}`, row.filter((target) => target < at).map((target) => `n${target}`)])));

test("each node comes after all its dependencies, and none is lost", () => {
  fc.assert(
    fc.property(acyclic, (each) => {
      const order = dependenciesFirst(each);
      expect([...order].sort()).toEqual([...each.keys()].sort());
      for (const [node, targets] of each) for (const target of targets) expect(order.indexOf(target)).toBeLessThan(order.indexOf(node));
    }),
  );
});

test("independent nodes keep their order", () => {
  expect(dependenciesFirst(graph({ c: [], a: [], b: ["a"] }))).toEqual(["c", "a", "b"]);
});

test("a graph without a cycle has none, and a cycle is returned as the path around it", () => {
  fc.assert(fc.property(acyclic, (each) => expect(findCycles(each)).toEqual([])));
  expect(findCycles(graph({ a: ["b"], b: ["c"], c: ["b"] }))).toEqual([["b", "c", "b"]]);
  expect(findCycles(graph({ a: ["a"] }))).toEqual([["a", "a"]]);
});

test("a graph with a cycle has no order, and the error names the cycle", () => {
  expect(() => dependenciesFirst(graph({ a: ["b"], b: ["a"] }))).toThrow("a → b → a");
});

test("all dependencies of a node are found once, nearest first, also in a cycle", () => {
  expect(reachableFrom(graph({ a: ["b", "c"], b: ["d"], c: ["d"], d: ["a"], e: ["a"] }), "a")).toEqual(["a", "b", "c", "d"]);
});

test("an edge to a node that is not in the graph is ignored", () => {
  const partial = graph({ a: ["gone", "b"], b: [] });
  expect(dependenciesFirst(partial)).toEqual(["b", "a"]);
  expect(reachableFrom(partial, "a")).toEqual(["a", "b"]);
});
