import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { mockClient } from "aws-sdk-client-mock";
import { checkAccount } from "../../../scripts/aws/account";
import { stackOf } from "../../harness/stacks";

const sts = mockClient(STSClient);
const Arn = "arn:aws:sts::333333333333:assumed-role/deploy/me";
let printed: jest.SpyInstance;

beforeEach(() => {
  sts.reset();
  sts.on(GetCallerIdentityCommand).resolves({ Account: "333333333333", Arn });
  printed = jest.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => jest.restoreAllMocks());

/** Checks the account of a stack, in a shell with these variables. @returns what it printed */
async function check(variables: Record<string, string> = {}): Promise<string> {
  jest.replaceProperty(process, "env", { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret", ...variables });
  await checkAccount(stackOf("orders-int", [], { account: "333333333333" }));
  return printed.mock.calls.join("");
}

test("the command shows which account and region it is about to reach, and as whom", async () => {
  expect(await check()).toBe(`Account 333333333333, eu-west-1, as ${Arn}\n`);
});

test("it shows a Terraform workspace, and the endpoint of the local AWS", async () => {
  expect(await check({ TF_WORKSPACE: "blue" })).toMatch(/, Terraform workspace blue\n$/);
  expect(await check({ LOCAL_AWS: "true", AWS_ENDPOINT_URL: "http://127.0.0.1:4566", TF_WORKSPACE: "local" })).toMatch(
    /, at http:\/\/127\.0\.0\.1:4566, Terraform workspace local\n$/,
  );
});

test.each(["111111111111", "222222222222"])(
  "the account %s of the template is refused before any call, except on the local AWS",
  async (account) => {
    const check = () => checkAccount(stackOf("orders-int", [], { account }));
    jest.replaceProperty(process, "env", { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret" });
    await expect(check()).rejects.toThrow(
      /^orders-int is in account \d+, which is the template's\..*project\.config\.ts\. Nothing was changed/,
    );
    expect(sts.calls()).toEqual([]);
    sts.on(GetCallerIdentityCommand).resolves({ Account: account, Arn });
    jest.replaceProperty(process, "env", { LOCAL_AWS: "true", AWS_ENDPOINT_URL: "http://127.0.0.1:4566" });
    await check();
  },
);

test("credentials of another account are an error", async () => {
  sts.on(GetCallerIdentityCommand).resolves({ Account: "222222222222" });
  await expect(check()).rejects.toThrow(/orders-int is in account 333333333333, but your credentials belong to account 222222222222/);
});

test("credentials that AWS rejects are an error with the reason", async () => {
  sts.on(GetCallerIdentityCommand).rejects(new Error("The security token is expired"));
  await expect(check()).rejects.toThrow(/AWS rejected your credentials: The security token is expired\. Nothing was changed\./);
});

test.each([
  ["an endpoint", { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" }, "AWS_ENDPOINT_URL"],
  ["an endpoint of one service", { AWS_ENDPOINT_URL_SSM: "https://ssm.example.com" }, "AWS_ENDPOINT_URL_SSM"],
  ["an endpoint that only Terraform's provider reads", { TF_AWS_STS_ENDPOINT: "http://127.0.0.1:1" }, "TF_AWS_STS_ENDPOINT"],
  ["an older name of an endpoint", { AWS_S3_ENDPOINT: "http://127.0.0.1:1" }, "AWS_S3_ENDPOINT"],
  ["the workspace of the local AWS", { TF_WORKSPACE: "local" }, "TF_WORKSPACE"],
])("a shell that is not for the local AWS and has %s is refused before any call, naming the variable", async (_, variables, name) => {
  await expect(check(variables)).rejects.toThrow(new RegExp(`^${name} is .*Unset it\\..*local:env.*Nothing was changed\\.`));
  expect(sts.calls()).toEqual([]);
});

test.each([
  ["no endpoint", {}, "AWS_ENDPOINT_URL is not set"],
  ["an empty endpoint", { AWS_ENDPOINT_URL: "" }, "AWS_ENDPOINT_URL is not set"],
  ["an endpoint that is not on this machine", { AWS_ENDPOINT_URL: "https://aws.example.com" }, 'AWS_ENDPOINT_URL is "https://aws'],
  ["an endpoint that only begins like this machine", { AWS_ENDPOINT_URL: "http://127.0.0.1.example.com" }, 'AWS_ENDPOINT_URL is "http'],
  [
    "an endpoint of one service elsewhere",
    { AWS_ENDPOINT_URL: "http://localhost:4566", AWS_ENDPOINT_URL_SQS: "https://sqs.example.com" },
    'AWS_ENDPOINT_URL_SQS is "https://sqs.example.com"',
  ],
])("a shell for the local AWS with %s is refused before any call", async (_, variables, problem) => {
  await expect(check({ LOCAL_AWS: "true", ...variables })).rejects.toThrow(`(LOCAL_AWS is set), but ${problem}`);
  expect(sts.calls()).toEqual([]);
});

test("options for Terraform from the shell are dropped, because a destroy can be among them", async () => {
  await check({ TF_CLI_ARGS: "-destroy", TF_CLI_ARGS_apply: "-destroy", TF_DATA_DIR: "/tmp/data", TF_PLUGIN_CACHE_DIR: "/cache" });
  expect(Object.keys(process.env).filter((name) => name.startsWith("TF_"))).toEqual(["TF_PLUGIN_CACHE_DIR"]);
});

test("no endpoint of a profile or a configuration file is used, because nobody would see it", async () => {
  await check({ AWS_PROFILE: "mine", AWS_ACCESS_KEY_ID: "" });
  expect(process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS).toBe("true");
});

test.each([
  ["a profile beside keys", { AWS_PROFILE: "mine" }, 'Both AWS_PROFILE ("mine") and AWS_ACCESS_KEY_ID are set'],
  ["a profile that only Terraform reads", { AWS_DEFAULT_PROFILE: "mine" }, 'AWS_DEFAULT_PROFILE is "mine", which only Terraform reads'],
])("%s is refused, because Terraform would use another caller than the one that is shown", async (_, variables, problem) => {
  await expect(check(variables)).rejects.toThrow(problem);
  expect(sts.calls()).toEqual([]);
});

test("in a shell for the local AWS, nothing keeps the endpoint and the keys from being used", async () => {
  const local = { LOCAL_AWS: "true", AWS_ENDPOINT_URL: "http://127.0.0.1:4566" };
  await check({
    ...local,
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
    AWS_USE_FIPS_ENDPOINT: "true",
    AWS_PROFILE: "mine",
    AWS_SESSION_TOKEN: "x",
  });
  const names = Object.keys(process.env).filter((name) => name.startsWith("AWS_"));
  expect(names.sort()).toEqual(["AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "AWS_SECRET_ACCESS_KEY"]);
});

test("an answer with control characters cannot hide the account that is shown", async () => {
  sts.on(GetCallerIdentityCommand).resolves({ Account: "333333333333", Arn: "me\x1b[1A\x1b[2K\nAccount 333333333333" });
  expect(await check()).toBe("Account 333333333333, eu-west-1, as me Account 333333333333\n");
});
