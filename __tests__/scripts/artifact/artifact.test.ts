import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { checkZips, readArtifact, type Stack, selectStacks } from "../../../scripts/artifact/artifact";
import { artifactFiles, stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

const ids = (stacks: Stack[]) => stacks.map(({ stack }) => stack);

describe("the stacks of an artifact", () => {
  test("come in an order in which each is after the stacks whose contracts it reads", () => {
    // A stack can need those with a smaller number. That gives every graph without a cycle, and the manifest has any order.
    const graph = fc
      .array(fc.array(fc.nat(6), { maxLength: 3 }), { minLength: 2, maxLength: 7 })
      .map((rows) =>
        rows.map((row, at) =>
          stackOf(
            `d${at}-int`,
            [...new Set(row)].filter((needed) => needed < at).map((needed) => `d${needed}-int`),
          ),
        ),
      )
      .chain((stacks) => fc.shuffledSubarray(stacks, { minLength: stacks.length }));
    fc.assert(
      fc.property(graph, (stacks) => {
        const order = readArtifact(temporaryFolder(artifactFiles(stacks)));
        expect(ids(order).sort()).toEqual(ids(stacks).sort());
        for (const { stack, needs } of order)
          for (const needed of needs) expect(ids(order).indexOf(needed)).toBeLessThan(ids(order).indexOf(stack));
      }),
      { numRuns: 40 },
    );
  });

  test("need the owner of a contract in the same environment", () => {
    const stacks = [stackOf("orders-live", ["ledger-live"]), stackOf("ledger-live"), stackOf("ledger-int")];
    const orders = readArtifact(temporaryFolder(artifactFiles(stacks))).find(({ stack }) => stack === "orders-live");
    expect(orders?.needs).toEqual(["ledger-live"]);
  });

  test("need a renamed owner of a contract by its present id, although the contract has the former name", () => {
    const stacks = [stackOf("orders-int", ["ledger-int"]), stackOf("books-int", [], { formerly: "ledger" })];
    const orders = readArtifact(temporaryFolder(artifactFiles(stacks))).find(({ stack }) => stack === "orders-int");
    expect(orders?.needs).toEqual(["books-int"]);
  });

  test("are those of environments: the stack with the workspaces of HCP Terraform is deployed by itself", () => {
    const folder = temporaryFolder(artifactFiles([stackOf("orders-int"), stackOf("workspaces")]));
    rmSync(join(folder, "stacks/workspaces/domain.json"));
    expect(ids(readArtifact(folder))).toEqual(["orders-int"]);
    expect(() => selectStacks(readArtifact(folder), ["workspaces"])).toThrow("npx cdktf deploy workspaces");
  });

  test("cannot be read before synth, and the error names the command", () => {
    expect(() => readArtifact(temporaryFolder())).toThrow(/npm run synth/);
  });
});

test.each([
  ["manifest.json", "{", "damaged"],
  ["manifest.json", "{}", "damaged"],
  ["manifest.json", '"text"', "damaged"],
  ["stacks/orders-int/domain.json", "[]", "damaged"],
  ["stacks/orders-int/domain.json", "", "damaged"],
  ["stacks/orders-int/domain.json", undefined, "missing"],
])("an artifact whose %s is %j is an error that names the file and the command", (file, text, problem) => {
  const artifact = temporaryFolder(artifactFiles([stackOf("orders-int")]));
  if (text === undefined) rmSync(join(artifact, file));
  else writeFileSync(join(artifact, file), text);
  expect(() => readArtifact(artifact)).toThrow(`${join(artifact, file)} is ${problem}. Write the artifact again: npm run synth`);
});

describe("a zip of the artifact", () => {
  const hash = createHash("sha256").update("code").digest("base64");
  const json = JSON.stringify({ resource: { aws_lambda_function: { work: { filename: "lambdas/work.zip", source_code_hash: hash } } } });
  const withZip = (files: Record<string, string>) =>
    stackOf("orders-int", [], { folder: temporaryFolder({ "cdk.tf.json": json, ...files }) });

  test("that has the hash of its stack is accepted", () => {
    checkZips([withZip({ "lambdas/work.zip": "code" })]);
  });

  test("that is another one or missing is an error that names every such zip", () => {
    const other = withZip({ "lambdas/work.zip": "other code" });
    const missing = withZip({});
    expect(() => checkZips([other, missing])).toThrow(`${join(other.folder, "lambdas/work.zip")} has the hash`);
    expect(() => checkZips([other, missing])).toThrow(`${join(missing.folder, "lambdas/work.zip")} is missing`);
  });
});

describe("the stacks that a command is given by name", () => {
  const stacks = [stackOf("shared-int"), stackOf("orders-int", ["shared-int"]), stackOf("shared-live"), stackOf("orders-live")];

  test("are one stack for the id of a stack", () => {
    expect(ids(selectStacks(stacks, ["orders-live"]))).toEqual(["orders-live"]);
  });

  test("are all stacks of an environment for the name of an environment", () => {
    expect(ids(selectStacks(stacks, ["int"]))).toEqual(["shared-int", "orders-int"]);
  });

  test("are found by the id that they had before their domain was renamed, which old alarms and notes have", () => {
    const renamed = [...stacks, stackOf("books-int", [], { formerly: "ledger" })];
    expect(ids(selectStacks(renamed, ["ledger-int"]))).toEqual(["books-int"]);
  });

  test("come once and in deployment order, whatever the order of the names", () => {
    expect(ids(selectStacks(stacks, ["orders-int", "int", "shared-int"]))).toEqual(["shared-int", "orders-int"]);
  });

  test("that are unknown are an error that lists them, and every name that exists", () => {
    const select = () => selectStacks(stacks, ["order-int", "orders-int", "prod"]);
    expect(select).toThrow(/"order-int".*"prod"/);
    expect(select).toThrow(/int, live.*shared-int, orders-int, shared-live, orders-live/s);
    expect(select).not.toThrow(/no .*"orders-int"/);
  });

  test.each([
    ["a stack's name that is mistyped", "order-int", "Did you mean orders-int?"],
    ["a domain", "orders", "Did you mean orders-int or orders-live?"],
    ["a domain's name that is mistyped", "Order", "Did you mean orders-int or orders-live?"],
    ["an environment's name that is mistyped", "inta", "Did you mean int?"],
  ])("that are unknown, but are like others, are an error that names these: %s", (_, name, suggestion) => {
    expect(() => selectStacks(stacks, [name])).toThrow(`There is no stack or environment "${name}". ${suggestion} `);
  });

  test("that are unknown, and are like no other, are an error without a guess", () => {
    expect(() => selectStacks(stacks, ["prod"])).toThrow(/no stack or environment "prod"\. Environments:/);
  });
});
