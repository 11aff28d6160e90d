import { Lazy } from "cdktf";
import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { synthDomain } from "../../harness/synth";

const found = (environment: Record<string, string>) =>
  synthDomain((stack) => void new NodejsFunction<Record<string, string>>(stack, "work", { environment })).findings;

test("environment variables up to 4,096 bytes together are taken, and one more is refused with the sum", () => {
  const own = "POWERTOOLS_SERVICE_NAMEsampleLONG".length;
  expect(found({ LONG: "x".repeat(4096 - own) })).toEqual([]);
  expect(found({ LONG: "x".repeat(4097 - own) })).toEqual([
    expect.stringContaining("the environment variables take 4097 bytes, and AWS allows 4096 together"),
  ]);
});

test("environment variables are counted in bytes, not in characters", () => {
  expect(found({ LONG: "ü".repeat(2048) })).toEqual([expect.stringContaining("bytes")]);
});

test.each<[string, string]>([
  ["API_KEY", "x"],
  ["DB_PASSWORD", "x"],
  ["githubToken", "x"],
  ["CLIENT_SECRET", "x"],
  ["ANYTHING", `AKIA${"A".repeat(16)}`],
  ["ANYTHING", "-----BEGIN RSA PRIVATE KEY-----"],
  ["ANYTHING", `ghp_${"a".repeat(36)}`],
])("that look like a secret are refused by name, without their value: %s", (name, value) => {
  const findings = found({ [name]: value });
  expect(findings).toEqual([expect.stringContaining(`the environment variable ${name} looks like a secret`)]);
  if (value !== "x") expect(findings[0]).not.toContain(value);
});

test.each(["API_KEY_NAME", "SECRET_ARN", "TOKENIZER", "MONKEY"])("that only name where a secret is are taken: %s", (name) => {
  expect(found({ [name]: "/shop/int/secrets/one" })).toEqual([]);
});

test("one that is called a secret is refused although only Terraform knows its value, for the state has it", () => {
  expect(found({ DB_PASSWORD: Lazy.stringValue({ produce: () => "x" }) })).toEqual([expect.stringContaining("looks like a secret")]);
});

test("environment variables that only Terraform knows pass", () => {
  expect(found({ QUEUE_URL: Lazy.stringValue({ produce: () => "https://queue" }) })).toEqual([]);
});
