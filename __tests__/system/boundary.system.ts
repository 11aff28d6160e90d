import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { IAM } from "@aws-sdk/client-iam";
import { SQS } from "@aws-sdk/client-sqs";
import { SSM } from "@aws-sdk/client-ssm";
import { STS } from "@aws-sdk/client-sts";
import { runningSystem } from "../harness/running-system";

const { settings, contractValue, addressOf } = runningSystem();
const iam = new IAM(settings);
const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
const created: string[] = [];

/** Clients of a role whose own policy allows everything, under the permissions boundary of a domain. */
async function clientsWithin(domain: string) {
  const RoleName = `everything-in-${domain}`;
  const trust = { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${settings.credentials.accessKeyId}:root` }, Action: "sts:AssumeRole" };
  const { Role } = await iam.createRole({
    RoleName,
    AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [trust] }),
    PermissionsBoundary: await contractValue("shared", `${domain}BoundaryArn`),
  });
  created.push(RoleName);
  await iam.putRolePolicy({ RoleName, PolicyName: "everything", PolicyDocument: JSON.stringify(everything) });
  const { Credentials } = await new STS(settings).assumeRole({ RoleArn: Role?.Arn, RoleSessionName: "test" });
  const { AccessKeyId: accessKeyId = "", SecretAccessKey: secretAccessKey = "", SessionToken: sessionToken } = Credentials ?? {};
  const own = { ...settings, credentials: { accessKeyId, secretAccessKey, sessionToken } };
  return { ssm: new SSM(own), tables: new DynamoDB(own), queues: new SQS(own), iam: new IAM(own) };
}

afterAll(async () => {
  for (const RoleName of created) {
    await iam.deleteRolePolicy({ RoleName, PolicyName: "everything" });
    await iam.deleteRole({ RoleName });
  }
});

const REFUSED = /not authorized to perform/;

describe("a role that is allowed everything, under the boundary of its domain,", () => {
  const secret = { Name: "/shop/int/receipts/secret/mailer-key", WithDecryption: true };
  let orders: Awaited<ReturnType<typeof clientsWithin>>;
  let receipts: Awaited<ReturnType<typeof clientsWithin>>;
  beforeAll(async () => {
    [orders, receipts] = [await clientsWithin("orders"), await clientsWithin("receipts")];
  });

  test("reads the secrets of its domain, and no other domain's", async () => {
    expect((await receipts.ssm.getParameter(secret)).Parameter?.Value).toBeTruthy();
    await expect(orders.ssm.getParameter(secret)).rejects.toThrow(REFUSED);
  });

  test("reaches the table of a domain whose contract it reads, and no other domain's", async () => {
    const scan = { TableName: addressOf("ledger"), Limit: 1 };
    await orders.tables.scan(scan);
    await expect(receipts.tables.scan(scan)).rejects.toThrow(REFUSED);
  });

  test("reaches its own queue, and no other domain's", async () => {
    const attributes = { QueueUrl: addressOf("orders"), AttributeNames: ["QueueArn" as const] };
    await orders.queues.getQueueAttributes(attributes);
    await expect(receipts.queues.getQueueAttributes(attributes)).rejects.toThrow(REFUSED);
  });

  test("cannot change a role, so it cannot leave its boundary", async () => {
    const RoleName = created[0];
    await expect(orders.iam.deleteRolePermissionsBoundary({ RoleName })).rejects.toThrow(REFUSED);
    await expect(orders.iam.createRole({ RoleName: "free", AssumeRolePolicyDocument: "{}" })).rejects.toThrow(REFUSED);
  });
});
