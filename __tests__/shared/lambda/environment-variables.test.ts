import { Lazy } from "cdktf";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { synthDomain } from "../../harness/synth";

const findingsFor = (environment: Record<string, string>) =>
  synthDomain((stack) => void new NodejsFunction<Record<string, string>>(stack, "work", { environment })).findings;

test("environment variables can be 4,096 bytes long together, and a larger size is a finding", () => {
  const otherBytes = "POWERTOOLS_SERVICE_NAMEsampleLONG".length;
  expect(findingsFor({ LONG: "x".repeat(4096 - otherBytes) })).toEqual([]);
  expect(findingsFor({ LONG: "x".repeat(4097 - otherBytes) })).toEqual([
    expect.stringContaining("the environment variables are 4097 bytes long, but AWS allows 4096 bytes for all of them."),
  ]);
});

test("the size of environment variables is measured in bytes, not in characters", () => {
  expect(findingsFor({ LONG: "ü".repeat(2048) })).toEqual([expect.stringContaining("bytes")]);
});

test.each<[string, string]>([
  ["API_KEY", "x"],
  ["DB_PASSWORD", "x"],
  ["githubToken", "x"],
  ["CLIENT_SECRET", "x"],
  ["ANYTHING", `AKIA${"A".repeat(16)}`],
  ["ANYTHING", "-----BEGIN RSA PRIVATE KEY-----"],
  ["ANYTHING", `ghp_${"a".repeat(36)}`],
])("a variable that looks like a secret is a finding with its name and without its value: %s", (name, value) => {
  const findings = findingsFor({ [name]: value });
  expect(findings).toEqual([expect.stringContaining(`the environment variable ${name} looks like a secret`)]);
  expect(findings).toEqual([expect.stringContaining(`give the lambda the name of that secret in ${name}_NAME.`)]);
  if (value !== "x") expect(findings[0]).not.toContain(value);
});

test.each(["API_KEY_NAME", "SECRET_ARN", "TOKENIZER", "MONKEY"])(
  "a variable that holds only the name of a secret is allowed: %s",
  (name) => {
    expect(findingsFor({ [name]: "/shop/int/secrets/one" })).toEqual([]);
  },
);

test("a variable whose name suggests a secret is a finding even if only Terraform knows its value, because the state contains it", () => {
  const findings = findingsFor({ DB_PASSWORD: Lazy.stringValue({ produce: () => "x" }) });
  expect(findings).toEqual([expect.stringContaining("looks like a secret")]);
});

test("a variable whose value only Terraform knows is allowed", () => {
  expect(findingsFor({ QUEUE_URL: Lazy.stringValue({ produce: () => "https://queue" }) })).toEqual([]);
});
