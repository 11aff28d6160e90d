import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { buildSync } from "esbuild";
import type { Stack } from "../../../scripts/artifact/artifact";
import { artifactFiles, stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

const VALUE = "s3cr3t-value";
const MAILER_KEY = { name: "mailer-key", parameter: "/shop/int/receipts/secret/mailer-key" };

/** The requests to put a parameter that SSM received. */
const put: object[] = [];
let account: string;
let refusal: string | undefined;

/** A server with the calls of STS and SSM that the command makes. */
const aws = createServer(async (request, response) => {
  const body = await text(request);
  if (!request.headers["x-amz-target"]) {
    response.end(`<GetCallerIdentityResponse><GetCallerIdentityResult><Account>${account}</Account></GetCallerIdentityResult>
      </GetCallerIdentityResponse>`);
    return;
  }
  if (refusal) {
    response.writeHead(400).end(JSON.stringify({ __type: "ValidationException", message: refusal }));
    return;
  }
  put.push(JSON.parse(body));
  response.end("{}");
});
let endpoint: string;

const command = join(temporaryFolder(), "secret.js");

beforeAll(async () => {
  buildSync({ entryPoints: [join(__dirname, "../../../scripts/commands/secret.ts")], outfile: command, bundle: true, platform: "node" });
  await new Promise<void>((listening) => aws.listen(0, "127.0.0.1", listening));
  endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
});
afterAll(() => {
  aws.close();
});
beforeEach(() => {
  put.length = 0;
  account = "111111111111";
  refusal = undefined;
});

/** Starts the command in a folder with an artifact. */
function start(args: string[], stacks = [stackOf("receipts-int", [], { secrets: [MAILER_KEY] }), stackOf("orders-int")]) {
  const cwd = temporaryFolder(
    Object.fromEntries(Object.entries(artifactFiles(stacks)).map(([path, content]) => [`cdktf.out/${path}`, content])),
  );
  const env = {
    PATH: process.env.PATH,
    LOCAL_AWS: "true",
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: "none",
  };
  const child = spawn(process.execPath, [command, ...args], { cwd, env });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]).then(([stdout, stderr, [exitCode]]) => ({
    stdout,
    stderr,
    exitCode,
  }));
  return { child, ended };
}

/** Runs the command with the input on its standard input. */
async function secret(args: string[], input: string | Buffer, stacks?: Stack[]) {
  const { child, ended } = start(args, stacks);
  // A command that rejects its arguments does not read its input.
  child.stdin.on("error", () => {}).end(input);
  const { stdout, stderr, exitCode } = await ended;
  expect(stdout + stderr).not.toContain(VALUE);
  return { stdout, stderr, exitCode };
}

test("a secret is set from standard input without the last line break, and only its name is printed", async () => {
  const { exitCode, stdout, stderr } = await secret(["receipts-int", "mailer-key"], `${VALUE}\n\n`);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(new RegExp(`^Account 111111111111, eu-west-1, .*at ${endpoint}\\n`));
  expect(stdout).toContain(`Set ${MAILER_KEY.parameter} in account 111111111111, eu-west-1.`);
  expect(put).toEqual([{ Name: MAILER_KEY.parameter, Value: `${VALUE}\n`, Type: "SecureString", Overwrite: true }]);
});

test("a secret and its stack are found by the names that they had before they were renamed, which a lambda logs", async () => {
  const renamed = stackOf("letters-int", [], { formerly: "receipts", secrets: [{ ...MAILER_KEY, name: "post-key" }] });
  expect((await secret(["receipts-int", "mailer-key"], VALUE, [renamed])).exitCode).toBe(0);
  expect((await secret(["letters-int", "post-key"], VALUE, [renamed])).exitCode).toBe(0);
  expect(put).toHaveLength(2);
});

test.each(["", "\n", "\r\n"])("an empty value is an error, and nothing is set: %j", async (input) => {
  const { exitCode, stderr } = await secret(["receipts-int", "mailer-key"], input);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("The value is empty")]);
  expect(put).toEqual([]);
});

test("a value over the limit of SSM's standard tier is an error with both sizes", async () => {
  const { stderr } = await secret(["receipts-int", "mailer-key"], "ü".repeat(2049));
  expect(stderr).toContain("The value has 4098 bytes, but a parameter of SSM has at most 4096");
  expect(put).toEqual([]);
});

test("bytes that are not UTF-8 are an error, because SSM would store another value", async () => {
  const { exitCode, stderr } = await secret(["receipts-int", "mailer-key"], Buffer.from([0x6b, 0xff, 0xfe, 0x00]));
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("The value is not UTF-8 text")]);
  expect(put).toEqual([]);
});

test("Ctrl-C while the value is read sets nothing, although a part of it has come", async () => {
  const { child, ended } = start(["receipts-int", "mailer-key"]);
  child.stdin.write("first half of ");
  // The command has asked for the account when it prints the first line.
  await once(child.stderr, "data");
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ exitCode: 130 });
  expect(put).toEqual([]);
});

test("a byte order mark, a null character and spaces are part of the value", async () => {
  const value = "\ufeff  a\0b \r";
  await secret(["receipts-int", "mailer-key"], value);
  expect(put).toMatchObject([{ Value: value }]);
});

test.each<[string, string[]]>([
  ["an unknown stack", ["receipts-live", "mailer-key"]],
  ["an unknown secret", ["receipts-int", "mailer"]],
  ["a stack without secrets", ["orders-int", "mailer-key"]],
  ["no name of a secret", ["receipts-int"]],
  ["the value in the arguments", ["receipts-int", "mailer-key", VALUE]],
  ["the value instead of the name", ["receipts-int", VALUE]],
])("%s is an error that lists all secrets, and does not repeat an argument that may be a value", async (_, args) => {
  const { exitCode, stderr } = await secret(args, VALUE);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("\n  receipts-int mailer-key\n")]);
  expect(put).toEqual([]);
});

test("credentials of another account are an error, and nothing is set", async () => {
  account = "222222222222";
  const { exitCode, stderr } = await secret(["receipts-int", "mailer-key"], VALUE);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("receipts-int is in account 111111111111")]);
  expect(stderr).toContain("your credentials belong to account 222222222222");
  expect(put).toEqual([]);
});

test("an error of SSM that contains the value is printed without it", async () => {
  refusal = `Value '${VALUE}' failed to satisfy a constraint`;
  const { exitCode, stderr } = await secret(["receipts-int", "mailer-key"], VALUE);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("Value '(the value)' failed to satisfy a constraint")]);
});
