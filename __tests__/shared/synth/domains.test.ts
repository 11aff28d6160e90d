import { join } from "node:path";
import { listFindings } from "../../../shared/stack/findings";
import { findDomains } from "../../../shared/synth/domains";
import { project, testApp } from "../../harness/synth";
import { temporaryFolder } from "../../harness/temporary-folder";

const DOMAIN = `import { DomainStack } from "${join(__dirname, "../../../shared/domain-stack")}";
export default class extends DomainStack {
  protected define(): void {}
}
`;

/** The domains and the findings for a `domains/` folder with these files. */
function find(files: Record<string, string>) {
  const app = testApp();
  const domains = findDomains(app, temporaryFolder(files), project);
  return { names: domains.map(({ name }) => name), domains, findings: listFindings(app) };
}

test("every folder with a stack is a domain, in alphabetical order on every machine", () => {
  const { names, findings } = find({ "orders/stack.ts": DOMAIN, "checkout-2/stack.ts": DOMAIN });
  expect(names).toEqual(["checkout-2", "orders"]);
  expect(findings).toEqual([]);
});

test("a file beside the folders is ignored", () => {
  expect(find({ "orders/stack.ts": DOMAIN, "README.md": "" })).toMatchObject({ names: ["orders"], findings: [] });
});

test("a domain's class is the default export of its stack.ts", () => {
  const { domains } = find({ "orders/stack.ts": `${DOMAIN}export class Other {}` });
  expect(domains[0]?.Stack.prototype).toHaveProperty("define");
});

test.each<[string, Record<string, string>, string, string]>([
  ["without a stack.ts", { "orders/contract.ts": "" }, "domains/orders", "the folder has no stack.ts"],
  [
    "whose stack.ts exports nothing",
    { "orders/stack.ts": "export {}" },
    "domains/orders",
    "the default export of stack.ts is not a domain",
  ],
  [
    "whose default export is another class",
    { "orders/stack.ts": "export default class {}" },
    "domains/orders",
    "export default class … extends DomainStack",
  ],
  [
    "whose default export is an instance",
    { "orders/stack.ts": "export default {}" },
    "domains/orders",
    "the default export of stack.ts is not a domain",
  ],
  ["with the foundation's name", { "shared/stack.ts": DOMAIN }, "domains/shared", `"shared" is the name of the foundation`],
  [
    "with the name of the deploy roles' stack",
    { "access/stack.ts": DOMAIN },
    "domains/access",
    "that says who may deploy. Rename the domain.",
  ],
  [
    "with the name of the workspaces' stack",
    { "workspaces/stack.ts": DOMAIN },
    "domains/workspaces",
    "with the workspaces of HCP Terraform",
  ],
  ["with a capital letter", { "Orders/stack.ts": DOMAIN }, "domains/Orders", "lower-case letters and digits"],
  ["with an underscore", { "my_orders/stack.ts": DOMAIN }, "domains/my_orders", "lower-case letters and digits"],
  ["that begins with a digit", { "1orders/stack.ts": DOMAIN }, "domains/1orders", `"1orders" cannot be a domain's name`],
  ["with a double hyphen", { "my--orders/stack.ts": DOMAIN }, "domains/my--orders", "lower-case letters and digits"],
  ["with a dot", { "orders.old/stack.ts": DOMAIN }, "domains/orders.old", "lower-case letters and digits"],
  ["with the name of an environment", { "live/stack.ts": DOMAIN }, "domains/live", `contains the environment's name "live"`],
  [
    "with an environment's name as a part",
    { "orders-int/stack.ts": DOMAIN },
    "domains/orders-int",
    `contains the environment's name "int"`,
  ],
])("a folder %s is rejected, with the reason", (_, files, subject, problem) => {
  const { names, findings } = find(files);
  expect(names).toEqual([]);
  expect(findings).toEqual([expect.stringContaining(`${subject}: `)]);
  expect(findings).toEqual([expect.stringContaining(problem)]);
});

test("an environment's name inside a word of a domain's name is accepted", () => {
  expect(find({ "internal-delivery/stack.ts": DOMAIN })).toMatchObject({ names: ["internal-delivery"], findings: [] });
});

test("two folders that differ only in case are both rejected, each with the name of the other", () => {
  const { names, findings } = find({ "orders/stack.ts": DOMAIN, "ORDERS/stack.ts": DOMAIN });
  expect(names).toEqual([]);
  expect(findings).toEqual([
    expect.stringContaining("domains/ORDERS: the name differs only in case from domains/orders"),
    expect.stringContaining("domains/orders: the name differs only in case from domains/ORDERS"),
  ]);
});

test("all folders that cannot be a domain are reported together, and the others are found", () => {
  const { names, findings } = find({ "orders/stack.ts": DOMAIN, "shared/stack.ts": DOMAIN, "empty/readme": "", "X/stack.ts": DOMAIN });
  expect(names).toEqual(["orders"]);
  expect(findings).toHaveLength(3);
});

test("a stack.ts that cannot be loaded is reported with the reason", () => {
  expect(() => find({ "orders/stack.ts": 'throw new Error("no such thing");' })).toThrow(
    /orders\/stack\.ts cannot be loaded: no such thing/,
  );
});

/** A domain that was called so when it was first deployed. */
const formerlyCalled = (name: string) => DOMAIN.replace("DomainStack {", `DomainStack {\n  static readonly formerly = "${name}";`);

test("a renamed domain says how it was called", () => {
  expect(find({ "orders/stack.ts": formerlyCalled("requests") })).toMatchObject({ names: ["orders"], findings: [] });
});

test.each([
  ["the name of its folder", { "orders/stack.ts": formerlyCalled("orders") }, "it is the name that the folder has"],
  [
    "the name of another domain",
    { "orders/stack.ts": formerlyCalled("ledger"), "ledger/stack.ts": DOMAIN },
    "Two domains would have one state",
  ],
  [
    "the former name of another domain",
    { "orders/stack.ts": formerlyCalled("ledger"), "books/stack.ts": formerlyCalled("ledger") },
    "Two domains would have one state",
  ],
  ["no name for a domain", { "orders/stack.ts": formerlyCalled("Old_Orders") }, '"Old_Orders" cannot be a domain\'s name'],
  ["the foundation's name", { "orders/stack.ts": formerlyCalled("shared") }, '"shared" is the name of the foundation'],
])("a domain's former name is a finding if it is %s", (_, files, finding) => {
  expect(find(files).findings).toContainEqual(
    expect.stringMatching(new RegExp(`^domains/orders/stack.ts: formerly is ".*": .*${finding}`)),
  );
});
