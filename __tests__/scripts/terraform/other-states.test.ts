import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { S3 } from "@aws-sdk/client-s3";
import { checkOtherStates } from "../../../scripts/terraform/other-states";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

const folderAtStart = process.cwd();
const state = (resources: number) =>
  JSON.stringify({ resources: [{ mode: "data" }, ...Array.from({ length: resources }, () => ({ mode: "managed" }))] });

/** The objects of S3 by their path. */
let objects: Record<string, string>;
/** How S3 refuses an object that is not among them. */
let refusal: { status: number; code: string };
const server = createServer(({ url = "" }, response) => {
  const text = objects[url.split("?")[0] ?? ""];
  if (text !== undefined) response.end(text);
  else response.writeHead(refusal.status).end(`<Error><Code>${refusal.code}</Code></Error>`);
});
let s3: S3;

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  s3 = new S3({ endpoint, region: "eu-west-1", credentials, forcePathStyle: true, maxAttempts: 1 });
});
afterAll(() => {
  s3.destroy();
  server.close();
});
beforeEach(() => {
  objects = {};
  refusal = { status: 404, code: "NoSuchKey" };
  process.chdir(temporaryFolder());
});
afterEach(() => process.chdir(folderAtStart));

/** A stack of the artifact with this backend. */
function stackWith(backend: object, id = "orders-int", changes: object = {}) {
  return stackOf(id, [], { ...changes, folder: temporaryFolder({ "cdk.tf.json": JSON.stringify({ terraform: backend }) }) });
}
const LOCAL = { backend: { local: {} } };
const IN_S3 = { backend: { s3: {} } };
const HCP = { cloud: {} };
const check = (...stacks: ReturnType<typeof stackWith>[]) => checkOtherStates(stacks, () => s3);

test("a new stack has no state anywhere", async () => {
  for (const backend of [LOCAL, IN_S3, HCP]) await check(stackWith(backend));
});

test.each([
  ["S3", IN_S3],
  ["HCP Terraform", HCP],
])("a stack whose state was not moved from the clone to %s yet is refused, with the file and what is in it", async (_, backend) => {
  writeFiles(process.cwd(), { ".state/orders-int.tfstate": state(42), ".state/ledger-int.tfstate": state(0) });
  const error = check(stackWith(backend, "ledger-int"), stackWith(backend));
  await expect(error).rejects.toThrow("\n  orders-int: .state/orders-int.tfstate has 42 resources\n");
  await expect(error).rejects.toThrow('so they were not deployed. Move the state first: docs/state.md, "Moving the states".');
  await expect(error).rejects.not.toThrow("ledger-int");
});

test.each([
  ["the clone", LOCAL],
  ["HCP Terraform", HCP],
])("a stack whose state was not moved from S3 to %s yet is refused, with the object and what is in it", async (_, backend) => {
  objects["/shop-int-state-111111111111/state/orders.tfstate"] = state(7);
  await expect(check(stackWith(backend))).rejects.toThrow(
    "orders-int: s3://shop-int-state-111111111111/state/orders.tfstate has 7 resources",
  );
});

test("the state of a renamed domain is looked for under the name that it had", async () => {
  writeFiles(process.cwd(), { ".state/orders-int.tfstate": state(1) });
  await expect(check(stackWith(IN_S3, "requests-int", { formerly: "orders" }))).rejects.toThrow("requests-int: .state/orders-int.tfstate");
});

test("the state where it should be is not another one", async () => {
  objects["/shop-int-state-111111111111/state/orders.tfstate"] = state(7);
  await check(stackWith(IN_S3));
});

test("a state bucket that does not exist has no state", async () => {
  refusal = { status: 404, code: "NoSuchBucket" };
  await check(stackWith(LOCAL));
});

test("credentials that may not look into the state bucket are reported, and do not stop the deployment", async () => {
  const write = jest.spyOn(process.stdout, "write").mockReturnValue(true);
  refusal = { status: 403, code: "AccessDenied" };
  await check(stackWith(LOCAL));
  const text = "These credentials may not see whether s3://shop-int-state-111111111111/state/orders.tfstate has an earlier state.\n";
  expect(write).toHaveBeenCalledWith(text);
  write.mockRestore();
});

test("a state in the clone is where it should be if the state is kept there", async () => {
  writeFiles(process.cwd(), { ".state/orders-int.tfstate": state(42) });
  await check(stackWith(LOCAL));
});

test("any other failure of S3 stops the deployment, because it does not say that there is no state", async () => {
  refusal = { status: 500, code: "InternalError" };
  await expect(check(stackWith(LOCAL))).rejects.toThrow();
});
