import fc from "fast-check";
import { dependenciesFirst, findCycles, type Graph, reachableFrom } from "../../shared/contract-graph";

const graph = (edges: Record<string, string[]>): Graph => new Map(Object.entries(edges));

/** Graphs without a cycle: each node leads only to nodes that come before it in the alphabet. */
const acyclic = fc
  .array(fc.array(fc.nat(9), { maxLength: 4 }), { minLength: 1, maxLength: 10 })
  .map((rows): Graph => new Map(rows.map((row, at) => [`n${at}`, row.filter((target) => target < at).map((target) => `n${target}`)])));

test("each node comes after all the nodes that it leads to, and none is lost", () => {
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

test("a graph without a cycle has none, and a cycle is the path around it", () => {
  fc.assert(fc.property(acyclic, (each) => expect(findCycles(each)).toEqual([])));
  expect(findCycles(graph({ a: ["b"], b: ["c"], c: ["b"] }))).toEqual([["b", "c", "b"]]);
  expect(findCycles(graph({ a: ["a"] }))).toEqual([["a", "a"]]);
});

test("an order of a graph with a cycle is refused, and the cycle is named", () => {
  expect(() => dependenciesFirst(graph({ a: ["b"], b: ["a"] }))).toThrow("a → b → a");
});

test("everything that a node leads to is found once, nearest first, through a cycle too", () => {
  expect(reachableFrom(graph({ a: ["b", "c"], b: ["d"], c: ["d"], d: ["a"], e: ["a"] }), "a")).toEqual(["a", "b", "c", "d"]);
});

test("an edge to a node that is not in the graph is ignored", () => {
  const partial = graph({ a: ["gone", "b"], b: [] });
  expect(dependenciesFirst(partial)).toEqual(["b", "a"]);
  expect(reachableFrom(partial, "a")).toEqual(["a", "b"]);
});
