import { createHash } from "node:crypto";
import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type ProcessResult, runProcess } from "../../scripts/cli/process";
import type { Affected } from "../../scripts/delivery/affected";
import type { ReasonCode } from "../../scripts/delivery/reasons";
import { Checkout, gitIn, type Replacement } from "../harness/checkout";
import { filesOf, synthClone } from "../harness/clone";
import { eventually } from "../harness/eventually";
import { RunningCommand, running } from "../harness/project-copy";
import { temporaryFolder } from "../harness/temporary-folder";

const checkout = new Checkout();
const { folder } = checkout;
const affectedIn = (cwd: string, args: string[]): Promise<ProcessResult> =>
  runProcess(process.execPath, ["--import", "tsx", "scripts/commands/affected.ts", ...args], { cwd });
const affected = (...args: string[]) => affectedIn(folder, args);

/** Files and folders that are being made, in a folder of the copy. */
const partial = (path: string) => (existsSync(join(folder, path)) ? readdirSync(join(folder, path)) : []);
/** What the command left behind. Packages of other commits are kept, once they are complete. */
const leftBehind = () => [
  ...partial(".build").filter((name) => !["packages", "emulator", "providers"].includes(name)),
  ...partial(".build/packages").filter((name) => name.includes("-")),
];

afterEach(() => {
  checkout.restore();
  expect(leftBehind()).toEqual([]);
});

const ENVIRONMENTS = ["int", "live"];
const DOMAINS = ["analytics", "checkout", "invoices", "ledger", "notifications", "orders", "receipts", "reports"];
const domainsWithout = (...domains: string[]) => DOMAINS.filter((domain) => !domains.includes(domain));
/** The domains that have a queue trigger. */
const WITH_QUEUE = ["orders"];

/** The stacks of these domains in every environment. */
const stacksOf = (...domains: string[]) => domains.flatMap((domain) => ENVIRONMENTS.map((environment) => `${domain}-${environment}`));
/** Codes of reasons by stack. */
type Codes = Record<string, ReasonCode[]>;
/** These codes for the stacks of these domains, in every environment. */
const all = (domains: string[], ...codes: ReasonCode[]): Codes =>
  Object.fromEntries(stacksOf(...domains).map((stack) => [stack, codes.sort()]));

/** A change of the project, and what it affects. What is left out is empty. */
interface Change {
  make: () => void;
  affected?: Codes;
  /** The domains whose stacks read contracts of affected ones, and are not affected. */
  dependents?: string[];
  deleted?: string[];
  renamed?: Affected["renamed"];
  /** What a reason says. */
  because?: RegExp;
}

/** A new function in a file, which nothing calls. Its letters could change the short names that a bundle gets. */
const addUnused = (...files: string[]) => {
  for (const file of files) checkout.edit(file, [/$/, "\nexport const unused = (wizard: string) => ['jinx', wizard, 'quiz'].join();\n"]);
};
const config = (...replacements: Replacement[]) => checkout.edit("project.config.ts", ...replacements);

/** Renames the lambda `place-order`. `read-status` comes before it then, and no longer after it. */
const renameLambda = (options: string) =>
  checkout.rename("domains/checkout/lambdas/place-order.ts", "domains/checkout/lambdas/submit-order.ts", {
    "domains/checkout/stack.ts": [
      ["./lambdas/place-order", "./lambdas/submit-order"],
      ['(this, "place-order", {', `(this, "submit-order", {${options}`],
    ],
  });

/** Renames the domain `ledger`. It then comes before `checkout`. */
const renameDomain = (formerly: string) =>
  checkout.rename("domains/ledger", "domains/books", {
    "domains/books/stack.ts": [["class Ledger extends DomainStack {", `class Books extends DomainStack {${formerly}`]],
    "domains/checkout/stack.ts": [["ledger/contract", "books/contract"]],
    "domains/checkout/lambdas/read-status.ts": [["ledger/contract", "books/contract"]],
    "domains/notifications/stack.ts": [["ledger/contract", "books/contract"]],
    "domains/notifications/lambdas/notify-customer.ts": [["ledger/contract", "books/contract"]],
    "domains/orders/stack.ts": [["ledger/contract", "books/contract"]],
    "domains/orders/lambdas/record-order.ts": [["ledger/contract", "books/contract"]],
  });

/** A lambda that uses a package as no other lambda does. */
const LAMBDA = `import { KinesisClient } from "@aws-sdk/client-kinesis";

export const handler = async () => new KinesisClient().config.region();
`;
const ARRIVALS = {
  "domains/arrivals/stack.ts": `import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";

export default class Arrivals extends DomainStack {
  protected define(): void {
    new NodejsFunction(this, "note-arrival");
  }
}
`,
  "domains/arrivals/lambdas/note-arrival.ts": LAMBDA,
};

const changes: [name: string, Change][] = [
  [
    "a comment in a lambda, a stack and shared code",
    {
      make: () => {
        for (const file of ["domains/orders/lambdas/record-order.ts", "domains/orders/stack.ts", "shared/runtime/handler.ts"])
          checkout.edit(file, [/^/, "// A comment.\n"]);
      },
    },
  ],
  [
    "another name of a file of a domain that its lambdas import",
    {
      make: () =>
        checkout.rename("domains/checkout/contract.ts", "domains/checkout/requests.ts", {
          "domains/checkout/stack.ts": [['"./contract"', '"./requests"']],
          "domains/checkout/lambdas/place-order.ts": [['"../contract"', '"../requests"']],
          "domains/checkout/lambdas/read-status.ts": [['"../contract"', '"../requests"']],
        }),
    },
  ],
  [
    "another name of a shared file that lambdas import",
    {
      make: () =>
        checkout.rename("shared/runtime/ordered-batch.ts", "shared/runtime/batch-in-order.ts", {
          "shared/runtime/stream.ts": [["./ordered-batch", "./batch-in-order"]],
          "shared/runtime/table.ts": [["./ordered-batch", "./batch-in-order"]],
        }),
    },
  ],
  ["another name of a lambda, with formerly", { make: () => renameLambda('formerly: "place-order",') }],
  [
    "another name of a lambda, without formerly",
    { make: () => renameLambda(""), affected: all(["checkout"], "resource-added", "resource-changed", "resource-removed") },
  ],
  [
    "another id of a trigger, with formerly",
    { make: () => checkout.edit("domains/orders/stack.ts", ['"placed", {', '"received", { formerly: "placed",']) },
  ],
  [
    "another id of a trigger, without formerly",
    {
      make: () => checkout.edit("domains/orders/stack.ts", ['"placed", {', '"received", {']),
      affected: all(["orders"], "resource-added", "resource-changed", "resource-removed", "settings"),
      dependents: ["checkout"],
      because: /output\.placed_/,
    },
  ],
  [
    "another name of a domain, with formerly",
    {
      make: () => renameDomain('static override readonly formerly = "ledger";'),
      renamed: ENVIRONMENTS.map((name) => ({ from: `ledger-${name}`, to: `books-${name}` })),
    },
  ],
  [
    "another name of a domain, without formerly",
    {
      make: () => {
        renameDomain("");
        checkout.edit("domains/books/contract.ts", ['domain: "ledger"', 'domain: "books"']);
        checkout.edit("domains/notifications/stack.ts", ['from: "ledger"', 'from: "books"']);
      },
      // The boundaries of the readers change, because they name the domain that is read.
      affected: {
        ...all(["books"], "new-stack"),
        ...all(["shared"], "resource-added", "resource-changed", "resource-removed"),
        ...all(["orders", "checkout"], "resource-added", "resource-changed", "resource-removed"),
        ...all(["notifications"], "resource-changed"),
      },
      dependents: domainsWithout("ledger", "orders", "checkout", "notifications"),
      deleted: stacksOf("ledger"),
    },
  ],
  [
    "one line of a handler",
    {
      make: () => checkout.edit("domains/notifications/lambdas/notify-customer.ts", ["order confirmed", "order is confirmed"]),
      affected: all(["notifications"], "bundle"),
      because: /^notify-customer's bundle changes \(domains\/notifications\/lambdas\/notify-customer\.ts\)$/,
    },
  ],
  [
    "a new parameter of a contract",
    {
      make: () => {
        checkout.edit("domains/orders/contract.ts", ['"queueArn", ', '"queueArn", "queueName", ']);
        checkout.edit("domains/orders/stack.ts", ["queueUrl: placed", "queueName: placed.queue.name, queueUrl: placed"]);
      },
      affected: all(["orders"], "resource-added"),
      dependents: ["checkout"],
      because: /^aws_ssm_parameter\.publish-v1-queueName$/,
    },
  ],
  [
    "a parameter of a contract that is removed together with its reader",
    {
      make: () => {
        checkout.edit("domains/orders/contract.ts", ['"queueArn", ', ""]);
        checkout.edit("domains/orders/stack.ts", ["queueArn: placed.queue.arn, ", ""]);
        checkout.edit("domains/checkout/stack.ts", [
          "orders.queueArn",
          "this.arnOf('sqs', 'shop-orders-' + this.environment.name + '-placed')",
        ]);
      },
      affected: { ...all(["orders"], "resource-removed"), ...all(["checkout"], "resource-changed", "resource-removed") },
    },
  ],
  [
    "another value of a contract's parameter",
    {
      make: () => checkout.edit("domains/invoices/stack.ts", ["requestsPrefix: REQUESTS_PREFIX", 'requestsPrefix: "requests/new/"']),
      affected: all(["invoices"], "resource-changed"),
      dependents: ["notifications"],
    },
  ],
  [
    "a contract that a domain reads for the first time",
    {
      make: () =>
        checkout.edit(
          "domains/reports/stack.ts",
          [/^/, 'import { ordersContract } from "../orders/contract";\n'],
          ["sumUpDay.allow", 'sumUpDay.allow(["sqs:SendMessage"], this.read(ordersContract).queueArn);\n    sumUpDay.allow'],
        ),
      // The boundary of the domain, which the foundation has, allows what the contract names.
      affected: { ...all(["reports"], "resource-added", "resource-changed"), ...all(["shared"], "resource-changed") },
      dependents: domainsWithout("reports"),
      because: /reports-boundary-document/,
    },
  ],
  [
    "a new field of an event",
    {
      make: () =>
        checkout.edit(
          "domains/orders/contract.ts",
          ["items: z\n", "note: z.string().optional(),\n    items: z\n"],
          ["items: [{", 'note: "please", items: [{'],
        ),
      affected: all(["orders", "ledger", "checkout", "notifications"], "bundle"),
      because: /domains\/orders\/contract\.ts/,
    },
  ],
  [
    "runtime code for one kind of trigger",
    {
      make: () => checkout.edit("shared/runtime/stream.ts", ['toString("utf8")', 'toString("latin1")']),
      affected: all(["analytics"], "bundle"),
      dependents: ["receipts", "reports", "invoices", "notifications"],
      because: /shared\/runtime\/stream\.ts/,
    },
  ],
  [
    "runtime code for all lambdas",
    {
      make: () => checkout.edit("shared/runtime/handler.ts", ['"handled"', '"is handled"']),
      affected: all(DOMAINS, "bundle"),
      because: /shared\/runtime\/handler\.ts/,
    },
  ],
  [
    "a function that nothing uses, in files that lambdas import",
    { make: () => addUnused("shared/naming.ts", "shared/runtime/handler.ts", "domains/orders/contract.ts") },
  ],
  [
    "new files that nothing imports",
    {
      make: () =>
        checkout.write({ "shared/runtime/idle.ts": "export const idle = 1;\n", "domains/orders/idle.ts": "export const idle = 1;\n" }),
    },
  ],
  [
    "how bundles are made",
    {
      make: () =>
        checkout.edit(
          "shared/synth/bundling/esbuild.ts",
          ["as __createRequire", "as __makeRequire"],
          ["=__createRequire", "=__makeRequire"],
        ),
      affected: all(DOMAINS, "bundle"),
      because: /how bundles are made/,
    },
  ],
  [
    "a default of one kind of trigger",
    {
      make: () => checkout.edit("shared/triggers/queue-trigger.ts", ["maxReceiveCount = 5", "maxReceiveCount = 6"]),
      affected: all(WITH_QUEUE, "resource-changed"),
      dependents: ["checkout"],
    },
  ],
  [
    "the text of an alarm of one kind of trigger",
    {
      make: () => checkout.edit("shared/triggers/queue-trigger.ts", ["or it is too slow", "or is too slow"]),
      affected: all(WITH_QUEUE, "resource-changed"),
      dependents: ["checkout"],
      because: /alarm_description/,
    },
  ],
  [
    "the text of an alarm of all lambdas",
    {
      make: () => checkout.edit("shared/lambda/lambda-alarms.ts", ["keeps failing", "fails again and again"]),
      affected: all(DOMAINS, "resource-changed"),
      because: /alarm_description/,
    },
  ],
  [
    "a setting of one environment",
    {
      make: () => config(["logRetentionDays: 14", "logRetentionDays: 30"]),
      affected: Object.fromEntries([...DOMAINS, "shared"].map((domain) => [`${domain}-int`, ["resource-changed"]])),
      because: /retention_in_days \(14 → 30\)/,
    },
  ],
  [
    "the region of the project",
    { make: () => config(["eu-west-1", "eu-central-1"]), affected: all([...DOMAINS, "shared", "access"], "resource-changed", "settings") },
  ],
  [
    "the repository of the project",
    {
      make: () => config(["your-organization/your-repository", "team/shop"]),
      // It is a tag of everything, and deploy roles trust it.
      affected: { ...all(DOMAINS, "settings"), ...all(["shared", "access"], "resource-changed", "settings") },
    },
  ],
  [
    "where the state is",
    {
      make: () => config(['kind: "local"', 'kind: "s3"']),
      // Where the state of a stack is does not change the stack. But deploy roles may use the bucket.
      affected: all(["shared", "access"], "resource-changed"),
      dependents: DOMAINS,
    },
  ],
  [
    "an environment that is removed",
    {
      make: () => config([/ +\{\n +name: "live"[\s\S]*?\n {4}\},\n/, ""]),
      deleted: [...DOMAINS, "shared", "access"].map((domain) => `${domain}-live`),
    },
  ],
  [
    "a secret of a lambda",
    {
      make: () =>
        checkout.edit(
          "domains/notifications/stack.ts",
          [/^/, 'import { Secret } from "../../shared/lambda/secret";\n'],
          ["const recorded", 'new Secret(this, "mail-key").grantRead(notifyCustomer);\n    const recorded'],
        ),
      affected: all(["notifications"], "resource-changed"),
    },
  ],
  [
    "a new lambda",
    {
      make: () => {
        checkout.write({ "domains/reports/lambdas/archive-day.ts": LAMBDA });
        checkout.edit("domains/reports/stack.ts", ["const daily", 'new NodejsFunction(this, "archive-day");\n    const daily']);
      },
      affected: all(["reports"], "resource-added"),
    },
  ],
  [
    "a deleted lambda",
    {
      make: () => {
        checkout.remove("domains/checkout/lambdas/read-status.ts");
        checkout.edit(
          "domains/checkout/stack.ts",
          [/ +const readStatus[\s\S]*?readStatus\.allow.*\n/, ""],
          [/.*api\.invokes\(readStatus.*\n/, ""],
          [/.*ReadStatusVariables.*\n/, ""],
        );
      },
      // It was the only reader of the ledger's contract, which the boundary of the domain therefore leaves out.
      affected: { ...all(["checkout"], "resource-changed", "resource-removed"), ...all(["shared"], "resource-changed") },
      dependents: domainsWithout("checkout"),
      because: /checkout-boundary-document/,
    },
  ],
  [
    "a new domain",
    {
      make: () => checkout.write(ARRIVALS),
      affected: { ...all(["arrivals"], "new-stack"), ...all(["shared"], "resource-added") },
      dependents: DOMAINS,
    },
  ],
  [
    "a deleted domain",
    {
      make: () => checkout.remove("domains/notifications"),
      affected: all(["shared"], "resource-removed"),
      dependents: domainsWithout("notifications"),
      deleted: stacksOf("notifications"),
    },
  ],
  ["a comment in main.ts", { make: () => checkout.edit("main.ts", [/^/, "// A comment.\n"]) }],
  [
    "another order in main.ts",
    {
      make: () =>
        checkout.edit(
          "main.ts",
          ["of project.environments", "of [...project.environments].reverse()"],
          [/( +if \(Access.*\n)([\s\S]*?new Foundation.*\n)/, "$2$1"],
        ),
    },
  ],
  ["a test", { make: () => checkout.write({ "__tests__/added.test.ts": 'test("nothing", () => {});\n' }) }],
  ["a page of the documentation", { make: () => checkout.edit("docs/triggers.md", [/^/, "Another line.\n"]) }],
  [
    "a provider lock file",
    {
      make: () => checkout.write({ ".terraform.lock.hcl": "# A lock file.\n" }),
      affected: all([...DOMAINS, "shared", "access"], "provider-lock"),
    },
  ],
  [
    // The first of the changes with other packages: npm really installs those of the base. The others find them.
    "a package for development that is removed",
    {
      make: () => {
        checkout.edit("package.json", [/.*"fast-check".*\n/, ""]);
        checkout.edit("package-lock.json", [/.*"fast-check".*\n/, ""], [/ +"node_modules\/fast-check": \{[\s\S]*?\n {4}\},\n/, ""]);
      },
    },
  ],
  [
    "another version of a package that one lambda uses",
    {
      make: () => checkout.installVersion("@aws-sdk/client-sns"),
      affected: all(["invoices"], "bundle"),
      dependents: ["notifications"],
      because: /^render-invoice's bundle changes \(@aws-sdk\/client-sns 3\S+ → 999\.0\.0\)$/,
    },
  ],
  [
    "other code of a package that only packages use",
    {
      make: () =>
        checkout.installVersion("@aws-sdk/middleware-sdk-s3", {
          "dist-es/submodules/s3/middleware-validate-bucket-name/validate-bucket-name.js": ["InvalidBucketName", "WrongBucketName"],
        }),
      affected: all(["invoices", "notifications"], "bundle"),
      because: /\(@aws-sdk\/middleware-sdk-s3 3\S+ → 999\.0\.0\)$/,
    },
  ],
  ["another version of a package whose code stays as it is", { make: () => checkout.installVersion("@aws-sdk/middleware-sdk-s3") }],
  ["a new package that nothing uses", { make: () => checkout.installNew("idle-package") }],
  ["the lock file of packages alone", { make: () => checkout.edit("package-lock.json", ['"license": "Apache-2.0"', '"license": "MIT"']) }],
  [
    "the version of Node.js that the project needs",
    {
      make: () => {
        checkout.write({ ".nvmrc": "24\n" });
        checkout.edit("package.json", [">=20.19", ">=22.0"]);
        checkout.edit("package-lock.json", [">=20.19", ">=22.0"]);
      },
    },
  ],
];

describe("names every stack that changes, and no other, after a change of", () => {
  /** What Terraform got of each stack in the base. */
  let base: Record<string, string>;
  beforeAll(async () => {
    expect(await synthClone(folder)).toMatchObject({ exitCode: 0, stderr: "" });
    base = forTerraform();
  });

  test.each(changes)("%s", async (_, { make, affected: expected = {}, dependents = [], deleted = [], renamed = [], because = /^/ }) => {
    make();
    const { exitCode, stdout, stderr } = await affected("--base", "main", "--json");
    expect([exitCode, stderr.replace(/^The packages have changed.*\n/, "")]).toEqual([0, ""]);
    const result: Affected = JSON.parse(stdout);

    expect(codesOf(result)).toEqual(expected);
    expect({ deleted: result.deleted.sort(), renamed: result.renamed }).toEqual({ deleted: deleted.sort(), renamed });
    expect(result.dependents.sort()).toEqual(stacksOf(...dependents).sort());
    const details = result.affected.flatMap(({ reasons }) => reasons.map(({ detail }) => detail));
    if (details.length > 0) expect(details).toContainEqual(expect.stringMatching(because));

    // However the command finds them: no stack may be missing that Terraform would get in another form, or not at all.
    const now = forTerraform();
    const nameNow = (stack: string) => renamed.find(({ from }) => from === stack)?.to ?? stack;
    const before = Object.fromEntries(Object.entries(base).map(([stack, hash]) => [nameNow(stack), hash]));
    expect(result.affected.map(({ stack }) => stack).sort()).toEqual(
      Object.keys(now)
        .filter((stack) => now[stack] !== before[stack])
        .sort(),
    );
    expect(result.deleted).toEqual(
      Object.keys(before)
        .filter((stack) => now[stack] === undefined)
        .sort(),
    );
  });

  /** A hash of everything that Terraform gets of each stack, but for where its state is. It uses no code of the command. */
  function forTerraform(): Record<string, string> {
    const stacks = join(folder, "cdktf.out/stacks");
    return Object.fromEntries(readdirSync(stacks).map((stack) => [stack, hashOf(join(stacks, stack))]));
  }

  function hashOf(stack: string): string {
    const { "domain.json": _, "cdk.tf.json": text = "", ...files } = filesOf(stack);
    const json = JSON.parse(text, (key, value) => (key === "//" ? undefined : value));
    delete json.terraform.backend;
    return createHash("sha256")
      .update(JSON.stringify([json, files]))
      .digest("hex");
  }
});

/** The codes of the reasons of each stack, each once. */
function codesOf({ affected: stacks }: Affected): Codes {
  return Object.fromEntries(stacks.map(({ stack, reasons }) => [stack, [...new Set(reasons.map(({ code }) => code))].sort()]));
}

test("compares only the stacks that it is given, and does not take the others for deleted ones", async () => {
  checkout.edit("domains/analytics/lambdas/count-order.ts", [/$/, 'console.log("loaded");\n']);
  checkout.remove("domains/notifications");
  const compare = async (...names: string[]): Promise<Affected> =>
    JSON.parse((await affected(...names, "--base", "main", "--json")).stdout);
  // receipts-int, which is between the two, is not compared.
  expect(await compare("analytics-int", "invoices-int")).toMatchObject({
    affected: [{ stack: "analytics-int" }],
    dependents: ["invoices-int"],
    deleted: ["notifications-int"],
  });
});

describe("fails with one clear error, and leaves nothing behind, for", () => {
  const expectError = ({ exitCode, stdout, stderr }: ProcessResult, ...patterns: RegExp[]) => {
    expect([exitCode, stdout]).toEqual([1, ""]);
    for (const pattern of patterns) expect(stderr).toMatch(pattern);
    // No stack trace.
    expect(stderr).not.toMatch(/^ +at .*:\d+:\d+\)?$/m);
  };

  test("a stack that does not exist, and names the ones that are spelled alike", async () => {
    expectError(
      await affected("order-int", "--base", "main"),
      /no stack or environment "order-int"\. Did you mean orders-int\?.*Stacks: .*ledger-live/,
    );
    expectError(await affected("order", "--base", "main", "--skip-synth"), /Did you mean orders-int or orders-live\?/);
  });

  test("a base that does not exist, and one that looks like an option", async () => {
    expectError(await affected(), /does not find the commit origin\/main.*--base <ref>/s);
    expectError(await affected("--base", "of-yesterday"), /does not find the commit of-yesterday\..*--base <ref>/s);
    expectError(await affected("--base=--all"), /does not find the commit --all/);
  });

  test("a base and what runs, both at once", async () => {
    expectError(await affected("int", "--base", "main", "--deployed"), /either --base or --deployed/);
    expectError(await affected("--deployed"), /name the environment or the stacks: npm run affected -- --deployed int/);
  });

  test("a base that is not a commit of this template, and names what is missing", async () => {
    // As a commit that was made before the template came into the repository.
    const commit = checkout.git("commit-tree", "main:docs", "-m", "pages only");
    expectError(await affected("--base", commit), new RegExp(`${commit.slice(0, 7)} has no main\\.ts, .*Choose a later one`));
  });

  test("a base that cannot be synthesized, and names its commit, the file and the line", async () => {
    checkout.edit("domains/orders/stack.ts", ["protected define(): void {", "protected define(): void {{"]);
    const commit = checkout.commit("broken");
    checkout.restore();
    const problem = `^${commit.slice(0, 7)} cannot be synthesized\\. Choose another commit:\n[^]*^domains/orders/stack\\.ts:\\d+:`;
    expectError(await affected("--base", commit), new RegExp(problem, "m"));
  });

  test("a base whose packages cannot be installed, and shows what npm says", async () => {
    checkout.edit("package.json", [/"zod": .*/, '"zod": "4.6.6"']);
    const commit = checkout.commit("out-of-sync");
    checkout.restore();
    const result = await affected("--base", commit);
    expectError(result, new RegExp(`npm cannot install the packages of ${commit.slice(0, 7)}\\. Choose another:.*zod@4\\.6\\.6`, "s"));
    expect(result.stderr).not.toContain("Usage");
  });

  test("packages that are not those of package-lock.json", async () => {
    checkout.edit("package-lock.json", [/("node_modules\/zod": \{\s+"version": ")[^"]+/, "$14.6.6"]);
    expectError(
      await affected("--base", "main"),
      /^\nnode_modules does not have what package-lock\.json says: zod 4\.6\.6\. Run: npm ci\n$/,
    );
  });

  test("a working tree that does not compile, and keeps the artifact as it is", async () => {
    const before = filesOf(join(folder, "cdktf.out"));
    checkout.edit("domains/orders/stack.ts", ["const ledger", 'const count: number = "one";\n    const ledger']);
    expectError(await affected("--base", "main"), /^domains\/orders\/stack\.ts\(\d+,\d+\): error TS/m, /cdktf\.out was not changed/);
    expect(filesOf(join(folder, "cdktf.out"))).toEqual(before);
  });

  test("a shallow clone without the base, and the command that it names fetches it", async () => {
    checkout.edit("domains/orders/lambdas/record-order.ts", [/$/, 'console.log("loaded");\n']);
    checkout.commit("change");
    const clone = temporaryFolder();
    gitIn(clone, "clone", "--quiet", "--depth", "1", "--branch", "change", `file://${folder}`, ".");
    symlinkSync(join(folder, "node_modules"), join(clone, "node_modules"));
    const failure = await affectedIn(clone, ["--json"]);
    expectError(failure, /does not find the commit origin\/main, because this clone is shallow/);
    const [, fix = ""] = /Fetch its history: (git fetch .*)$/m.exec(failure.stderr) ?? [];
    expect(await runProcess("sh", ["-c", fix], { cwd: clone })).toMatchObject({ exitCode: 0 });
    expect(codesOf(JSON.parse((await affectedIn(clone, ["--json"])).stdout))).toEqual(all(["orders"], "bundle"));
  });
});

describe("stopped by Ctrl-C leaves no process and no folder", () => {
  const stop = async (args: string[], what: string, hasBegun: () => boolean) => {
    const command = new RunningCommand(folder, "affected", args);
    await eventually(what, hasBegun);
    const ids = command.interrupt();
    expect((await command.ended(60)).exitCode).toBe(130);
    expect(running(ids)).toEqual([]);
  };

  test("while the base and the working tree are synthesized", async () => {
    const exported = () => partial(".build").filter((name) => name.startsWith("commit-"));
    await stop(["--base", "main"], "base that is being synthesized", () =>
      exported().some((name) => partial(`.build/${name}`).includes("node_modules")),
    );
  });

  test("while the packages of the base are installed", async () => {
    checkout.edit("package-lock.json", ['"license": "Apache-2.0"', '"license": "BSD"']);
    const commit = checkout.commit("other-packages");
    checkout.restore();
    await stop(["--base", commit], "packages that are being installed", () =>
      partial(".build/packages").some((name) => name.includes("-")),
    );
  });
});
