import { createHash, createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";
import { Lambda } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { SQS } from "@aws-sdk/client-sqs";
import { STS } from "@aws-sdk/client-sts";
import { clientSettings } from "../../scripts/local/client-settings";
import { type OwnEmulator, startOwnEmulator } from "../harness/own-emulator";
import { createLambda } from "../harness/small-lambda";

const ACCOUNT = { account: "111111111111", region: "eu-west-1" };

let emulator: OwnEmulator;
beforeAll(async () => {
  emulator = await startOwnEmulator();
}, 60_000);
afterAll(() => emulator.stop());

const settings = (account = ACCOUNT.account) => clientSettings(emulator, { ...ACCOUNT, account });
const withKey = (accessKeyId: string, secretAccessKey: string) => ({
  ...settings(),
  credentials: { accessKeyId, secretAccessKey },
  maxAttempts: 1,
});
/** The status and the text of an answer. */
async function answer(path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(`${emulator.endpoint}${path}`, init);
  return `${response.status} ${await response.text()}`;
}

/** An address that the root user has signed in advance, for one hour: Signature Version 4 in the query. */
async function presigned(method: string, path: string): Promise<string> {
  const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = `${date.slice(0, 8)}/eu-west-1/s3/aws4_request`;
  const query = [
    "X-Amz-Algorithm=AWS4-HMAC-SHA256",
    `X-Amz-Credential=${encodeURIComponent(`111111111111/${scope}`)}`,
    `X-Amz-Date=${date}`,
    "X-Amz-Expires=3600",
    "X-Amz-SignedHeaders=host",
  ].join("&");
  const canonical = [method, path, query, `host:127.0.0.1:${emulator.port}\n`, "host", "UNSIGNED-PAYLOAD"].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", date, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${emulator.secretAccessKey}`);
  return `${path}?${query}&X-Amz-Signature=${hmac(key, toSign).toString("hex")}`;
}

test.each(["111111111111", "222222222222"])("the secret of the run is the one of the root user of every account: %s", async (account) => {
  expect((await new STS(settings(account)).getCallerIdentity({})).Arn).toBe(`arn:aws:iam::${account}:root`);
});

test.each([
  ["111111111111", "local"],
  ["222222222222", "local"],
  ["test", "test"],
])("the key %s with another secret (%s) is refused by every kind of service", async (key, secret) => {
  await expect(new SQS(withKey(key, secret)).listQueues({})).rejects.toThrow(/signature/i);
  await expect(new STS(withKey(key, secret)).getCallerIdentity({})).rejects.toThrow(/signature/i);
  await expect(new S3({ ...withKey(key, secret), forcePathStyle: true }).listBuckets({})).rejects.toThrow(/signature/i);
  await expect(new Lambda(withKey(key, secret)).listFunctions({})).rejects.toThrow(/signature/i);
});

const SCOPE = "20300101/eu-west-1/dynamodb/aws4_request";
test.each<[string, string, RequestInit]>([
  ["an incomplete header", "/", { headers: { authorization: "AWS4-HMAC-SHA256 Credential=111111111111/" } }],
  [
    "a header with any signature",
    "/",
    {
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=test/${SCOPE}, SignedHeaders=host, Signature=00`,
        "x-amz-date": "20300101T000000Z",
      },
    },
  ],
  ["an old kind of header", "/", { headers: { authorization: "AWS 111111111111:c2ln" } }],
  [
    "an address that was signed in advance",
    `/?Action=ListTopics&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F${encodeURIComponent(SCOPE)}&X-Amz-Date=20300101T000000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=00`,
    {},
  ],
  ["an address with nothing but a key", "/?Action=ListTopics&AWSAccessKeyId=111111111111", {}],
  ["an address with small letters", "/?Action=ListTopics&x-amz-credential=111111111111", {}],
])("the key of the root user in %s is refused without a good signature", async (_, path, init) => {
  expect(await answer(path, init)).toMatch(/^403 /);
});

test.each<[string, string, RequestInit]>([
  [
    "JSON",
    "/",
    {
      method: "POST",
      body: "{}",
      headers: { "x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0" },
    },
  ],
  ["a form", "/", { method: "POST", body: new URLSearchParams({ Action: "ListTopics" }) }],
  [
    "a form with an operation that needs no credentials beside it",
    "/?Action=AssumeRoleWithWebIdentity",
    { method: "POST", body: new URLSearchParams({ Action: "ListTopics" }) },
  ],
  ["an address", "/2015-03-31/functions/", {}],
  ["the list of all buckets", "/", {}],
  [
    "an operation that no policy covers",
    "/",
    { method: "POST", body: "{}", headers: { "x-amz-target": "AWSSimbaAPIService_v20180301.DescribeFileSystems" } },
  ],
  [
    "an API that does not exist",
    "/_aws/execute-api/nope/orders",
    { method: "POST", body: "{}", headers: { "x-amz-target": "DynamoDB_20120810.ListTables" } },
  ],
])("a request without credentials to a service of AWS is refused: %s", async (_, path, init) => {
  expect(await answer(path, init)).toMatch(/^403 .*Missing ?Authentication/s);
});

/** MiniStack reads these requests in another way than their path, query and headers suggest. */
const SESSION = "Action=GetSessionToken";
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const TARGET = {
  "x-amz-target": "AWSSecurityTokenServiceV20110615.AssumeRoleWithWebIdentity",
  "content-type": "application/x-amz-json-1.1",
};
test.each<[string, string, RequestInit]>([
  ["an Authorization header of another kind", "/x", { method: "POST", body: SESSION, headers: { ...FORM, authorization: "Bearer x" } }],
  [
    "another kind at a queue",
    "/111111111111/q",
    { method: "POST", body: "Action=GetQueueAttributes", headers: { ...FORM, authorization: "Basic dDp0" } },
  ],
  ["another kind at a service without IAM", "/v2/email/identities", { headers: { authorization: "Bearer x" } }],
  [
    "an action in the address that the body replaces",
    "/?Action=AssumeRoleWithWebIdentity",
    { method: "POST", body: SESSION, headers: { "content-type": "text/plain" } },
  ],
  [
    "a form whose type has capital letters",
    "/?Action=AssumeRoleWithWebIdentity",
    { method: "POST", body: SESSION, headers: { "content-type": "application/x-www-FORM-urlencoded" } },
  ],
  [
    "a body that is encoded",
    "/?Action=AssumeRoleWithSAML",
    { method: "POST", body: SESSION, headers: { ...FORM, "content-encoding": "aws-chunked" } },
  ],
  ["a target that the body replaces", "/", { method: "POST", body: '{"Action":["GetSessionToken"]}', headers: TARGET }],
  ["a target with a form", "/", { method: "POST", body: SESSION, headers: { ...TARGET, "content-type": "text/plain" } }],
  ["two actions in a form", "/", { method: "POST", body: `Action=AssumeRoleWithWebIdentity&${SESSION}`, headers: FORM }],
  ["a form for an API that does not exist", "/_aws/execute-api/nosuch?Action=AssumeRoleWithWebIdentity", { method: "POST", body: SESSION }],
  ["the control of S3", "/v20180820/accesspoint", { headers: { "x-amz-account-id": "111111111111" } }],
  ["a new bucket", "/anonymous-bucket", { method: "PUT" }],
  ["a preflight with a body", "/", { method: "OPTIONS", body: SESSION, headers: FORM }],
  ["a preflight with an action", "/?Action=GetSessionToken", { method: "OPTIONS" }],
])("a request without credentials does not become one of the root user by %s", async (_, path, init) => {
  const got = await answer(path, init);
  expect(got).toMatch(/^403 /);
  expect(got).not.toContain("SecretAccessKey");
});

test("a host name of another service does not make the list of buckets public", async () => {
  const got = await new Promise((resolve, reject) => {
    const sent = httpRequest({ host: "127.0.0.1", port: emulator.port, headers: { Host: "abc.lambda-url.eu-west-1.localhost" } });
    sent.on("error", reject).on("response", (response) => resolve(response.resume().statusCode));
    sent.end();
  });
  expect(got).toBe(403);
});

test("a web identity is exchanged only if the secret of the run signs its token", async () => {
  const forged = {
    Action: "AssumeRoleWithWebIdentity",
    RoleArn: "arn:aws:iam::111111111111:role/any",
    RoleSessionName: "s",
    WebIdentityToken: "e30.e30.AAAA",
  };
  expect(await answer("/", { method: "POST", body: new URLSearchParams(forged) })).toMatch(/^403 .*Missing ?Authentication/s);
});

test("an address of an object that the root user signed in advance reaches that object, and no other service", async () => {
  const s3 = new S3({ ...settings(), forcePathStyle: true });
  await s3.createBucket({ Bucket: "signed", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  await s3.putObject({ Bucket: "signed", Key: "object", Body: "content" });
  const address = await presigned("GET", "/signed/object");
  expect(await answer(address)).toBe("200 content");
  const elsewhere = { "x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0" };
  expect(await answer(address, { headers: elsewhere })).toMatch(/^403 /);
});

test.each(["reset", "config", "sqs/messages", "ses/messages", "lambda-code/shop-orders-int-record-order"])(
  "MiniStack's own address %s does not answer, because it needs no credentials",
  async (path) => {
    for (const method of ["GET", "POST"]) {
      expect(await answer(`/_ministack/${path}`, { method })).toMatch(/^403 .*The local AWS does not serve/);
    }
  },
);

test.each(["/latest/meta-data/iam/security-credentials/", "/v2/credentials/x", "/_localstack/info"])("neither does %s", async (path) => {
  expect(await answer(path)).toMatch(/^403 /);
});

test("a lambda does not see the secret of the run", async () => {
  const lambda = await createLambda(settings(), "look", "exports.handler = async () => JSON.stringify(process.env);");
  const { Payload } = await lambda.invoke({ FunctionName: "look" });
  const seen = Buffer.from(Payload ?? []).toString();
  expect(seen).toContain("AWS_SESSION_TOKEN");
  expect(seen).not.toContain(emulator.secretAccessKey);
}, 60_000);
