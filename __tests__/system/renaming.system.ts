import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { readArtifact, type Stack } from "../../scripts/artifact/artifact";
import { fingerprint } from "../../scripts/artifact/contents";
import { runProcess } from "../../scripts/cli/process";
import { clientVariables } from "../../scripts/local/client-settings";
import { statePath } from "../../scripts/local/files";
import { terraformEnvironment } from "../../scripts/terraform/provider";
import { deployedStackId } from "../../shared/naming";
import { eventually } from "../harness/eventually";
import { commandsUnder } from "../harness/page";
import { projectCopy } from "../harness/project-copy";
import { newOrder, runningSystem } from "../harness/running-system";
import { inFolder, temporaryFolder, writeFiles } from "../harness/temporary-folder";

const { run, stacks, settings, request, ledgerEntry, logLines, publishBoundary } = runningSystem();
const documents = DynamoDBDocumentClient.from(new DynamoDBClient(settings));
const [first] = stacks as [Stack, ...Stack[]];

/** A copy of the project whose states are those of the running system. */
const copy = projectCopy();
let env: NodeJS.ProcessEnv;
beforeAll(() => {
  env = { ...terraformEnvironment(), ...clientVariables(run, first) };
  writeFiles(copy, { ".local/run.json": JSON.stringify(run) });
  for (const stack of stacks) copyState(stack);
});

const stateInCopy = (stack: Stack) => inFolder(copy, () => statePath(stack));
function copyState(stack: Stack): void {
  mkdirSync(dirname(stateInCopy(stack)), { recursive: true });
  cpSync(statePath(stack), stateInCopy(stack));
}

/**
 * Types a command of a page into a shell, in the copy, and returns its output.
 * @throws Error with the output when the command fails
 */
async function type(command: string, cwd = copy): Promise<string> {
  const { exitCode, stdout, stderr } = await runProcess("bash", ["-c", command], { cwd, env });
  if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}:\n${stdout}${stderr}`);
  return stdout;
}
/** Changes a file of the copy. */
function edit(file: string, ...changes: [before: string, after: string][]): void {
  const path = join(copy, file);
  let text = readFileSync(path, "utf8");
  for (const [before, after] of changes) {
    expect(text).toContain(before);
    text = text.replaceAll(before, after);
  }
  writeFileSync(path, text);
}

test("a construct, a lambda and a domain get other names, and the deployed system stays as it is", async () => {
  const order = newOrder();
  const { body } = await request("POST", "/orders", { body: order });
  const entry = await eventually("entry of the order", () => ledgerEntry(body.orderId));

  const [renameLambda = ""] = commandsUnder("renaming.md", "A lambda");
  const [renameDomain = "", renameTests = "", ...others] = commandsUnder("renaming.md", "A domain");
  expect(others).toEqual([]);
  edit(
    "domains/ledger/stack.ts",
    ['new TableTrigger(this, "entries", {', 'new TableTrigger(this, "bookings", { formerly: "entries",'],
    ['(this, "announce-entry", {', '(this, "announce-booking", { formerly: "announce-entry",'],
    ["./lambdas/announce-entry", "./lambdas/announce-booking"],
    [
      "export default class Ledger extends DomainStack {",
      'export default class Books extends DomainStack {\n  static override readonly formerly = "ledger";',
    ],
  );
  edit(
    "__tests__/domains/ledger/announce-entry.test.ts",
    ["lambdas/announce-entry", "lambdas/announce-booking"],
    ["domains/ledger/", "domains/books/"],
  );
  for (const command of [renameLambda, renameDomain, renameTests]) await type(command);
  for (const file of filesIn("domains", "__tests__").filter((path) => path.endsWith(".ts"))) {
    const text = readFileSync(file, "utf8");
    if (text.includes("ledger/contract")) writeFileSync(file, text.replaceAll("ledger/contract", "books/contract"));
  }

  const [deploy = ""] = commandsUnder("renaming.md", "Check it");
  expect(await type(`${deploy} --yes`)).toContain("Nothing to do: books-int");
  await type("npm run deploy -- ledger-int --yes --skip-synth");
  // Nothing else is deployed either, although the imports of other domains have other paths.
  expect(inFolder(copy, () => fingerprints())).toEqual(fingerprints());
  expect(await ledgerEntry(body.orderId)).toEqual(entry);
  await eventually("log line of the lambda", () => logLines("ledger", "announce-entry", entry.correlationId));
});

/** What each stack of the artifact is, by the id that it had when it was first deployed. */
function fingerprints(): Record<string, string> {
  return Object.fromEntries(readArtifact().map((stack) => [deployedStackId(stack), fingerprint(stack)]));
}

/** The files of these folders of the copy. */
function filesIn(...folders: string[]): string[] {
  const entries = folders.flatMap((folder) => readdirSync(join(copy, folder), { recursive: true, withFileTypes: true }));
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

const RETURNS = {
  "domains/returns/stack.ts": `import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { Table } from "../../shared/resources/table";

export default class Returns extends DomainStack {
  protected define(): void {
    const notes = new Table(this, "notes", { partitionKey: "id" });
    new NodejsFunction(this, "note-return").allow(["dynamodb:PutItem"], notes.table.arn);
  }
}
`,
  "domains/returns/lambdas/note-return.ts": "export const handler = async () => {};\n",
  "__tests__/domains/returns/note-return.test.ts": "",
};

describe("a new domain", () => {
  const alone = temporaryFolder();
  let returns: Stack;
  let removeBoundary: () => Promise<unknown>;
  beforeAll(async () => {
    removeBoundary = await publishBoundary("returnsBoundaryArn");
  });
  afterAll(() => removeBoundary());

  test("is deployed from its folder of the artifact alone, in an empty place", async () => {
    writeFiles(copy, RETURNS);
    await type("npm run synth");
    returns = inFolder(copy, () => readArtifact().find(({ stack }) => stack === "returns-int")) as Stack;
    cpSync(join(copy, returns.folder), alone, { recursive: true });
    writeFiles(alone, {
      "backend_override.tf.json": JSON.stringify({ terraform: { backend: { local: { path: stateInCopy(returns) } } } }),
    });
    for (const command of ["terraform init", "terraform plan -out=plan", "terraform apply plan"]) {
      await type(command, alone);
    }
    await documents.send(new PutCommand({ TableName: "shop-returns-int-notes", Item: { id: "1", text: "too small" } }));
  });

  test("that has data in a table is retired with the commands of the page, and nothing is left in AWS", async () => {
    const read = () => documents.send(new GetCommand({ TableName: "shop-returns-int-notes", Key: { id: "1" } }));
    expect((await read()).Item).toEqual({ id: "1", text: "too small" });

    const [destroy = "", remove = "", synth = ""] = commandsUnder("retiring.md", "Retiring a domain");
    await type(`eval "$(npm run -s local:env || echo false)" && ${destroy} --auto-approve`);
    expect(JSON.parse(readFileSync(stateInCopy(returns), "utf8")).resources).toEqual([]);
    await expect(read()).rejects.toThrow(/not found/);
    await type(remove);
    await type(synth);
    expect(existsSync(join(copy, returns.folder))).toBe(false);
  });
});
