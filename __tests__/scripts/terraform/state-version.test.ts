import { GetObjectCommand, NoSuchKey, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import type { Stack } from "../../../scripts/artifact/artifact";
import { statePath } from "../../../scripts/local/files";
import { stateVersion } from "../../../scripts/terraform/state-version";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

const s3 = mockClient(S3Client);
const folderAtStart = process.cwd();
const text = (serial: number) => JSON.stringify({ lineage: "l", serial });
beforeEach(() => {
  s3.reset();
  process.chdir(temporaryFolder());
});
afterEach(() => {
  process.chdir(folderAtStart);
  jest.restoreAllMocks();
});

function stackWith(backend: object): Stack {
  const folder = "cdktf.out/stacks/orders-int";
  writeFiles(".", { [`${folder}/cdk.tf.json`]: JSON.stringify({ terraform: { backend } }) });
  return stackOf("orders-int", [], { folder });
}
const local = () => stackWith({ local: { path: "../../../.state/orders-int.tfstate", workspace_dir: "../../../.state/orders-int" } });
const AWS = { isLocal: false };

test("a local state is found from the folder of the stack, and so is that of a workspace", async () => {
  const stack = local();
  expect(await stateVersion(stack, AWS)).toBeUndefined();
  writeFiles(".", { ".state/orders-int.tfstate": text(3), ".state/orders-int/blue/terraform.tfstate": text(4) });
  expect(await stateVersion(stack, AWS)).toMatchObject({ lineage: "l", serial: 3 });
  jest.replaceProperty(process, "env", { TF_WORKSPACE: "blue" });
  expect(await stateVersion(stack, AWS)).toMatchObject({ lineage: "l", serial: 4 });
});

test("on the local AWS, it is the state of the local AWS, wherever else the state is", async () => {
  const stack = stackWith({ s3: { bucket: "b", key: "k", region: "eu-west-1" } });
  writeFiles("/", { [statePath(stack)]: text(5) });
  expect(await stateVersion(stack, { isLocal: true })).toMatchObject({ lineage: "l", serial: 5 });
  expect(s3.calls()).toEqual([]);
});

test("a state in S3 is an object, whose key has the workspace", async () => {
  const stack = stackWith({ s3: { bucket: "b", key: "state/orders.tfstate", region: "eu-west-1" } });
  s3.on(GetObjectCommand).callsFake(({ Key }) => {
    if (Key !== "env:/blue/state/orders.tfstate") throw new NoSuchKey({ message: "", $metadata: {} });
    return { Body: { transformToString: async () => text(6) } };
  });
  expect(await stateVersion(stack, AWS)).toBeUndefined();
  jest.replaceProperty(process, "env", { TF_WORKSPACE: "blue" });
  expect(await stateVersion(stack, AWS)).toMatchObject({ lineage: "l", serial: 6 });
});
