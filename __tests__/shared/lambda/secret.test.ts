import { NodejsFunction } from "../../../shared/lambda/nodejs-function";
import { Secret } from "../../../shared/lambda/secret";
import { type Json, resource, resources, stackProps, statements, synthDomain, synthFoundation } from "../../harness/synth";

const PARAMETER = "/shop/int/sample/secret/mailer-key";
const ARN = `arn:aws:ssm:eu-west-1:111111111111:parameter${PARAMETER}`;

/** A domain with a secret and two lambdas. One of them reads the secret. */
function secret(id = "mailer-key", vpc = false, changes = {}) {
  return synthDomain((stack) => {
    const made = new Secret(stack, id);
    const environment = { MAILER_KEY_NAME: made.parameterName };
    made.grantRead(new NodejsFunction<typeof environment>(stack, "send", { environment, vpc }));
    new NodejsFunction(stack, "other");
  }, changes);
}
const { json, findings, stack } = secret();
const permissionsOf = (made: Json, role: string): Json[] =>
  statements(made, resources(made, "aws_iam_role_policy").find((policy) => policy.role.includes(role))?.policy);

test("domain.json lists the name and the parameter of a secret, for the commands that set it", () => {
  expect(findings).toEqual([]);
  expect(stack.describe().secrets).toEqual([{ name: "mailer-key", parameter: PARAMETER }]);
});

test("a secret is neither a resource nor a data source of Terraform, because either would write its value into the state", () => {
  const terraform = [json.resource, json.data].flatMap((types) => Object.entries<Json>(types));
  const ofSecrets = terraform.filter(([type, byId]) => /ssm|secret/.test(type) && JSON.stringify(byId).includes("/secret/"));
  expect(ofSecrets).toEqual([]);
});

test("a lambda that reads a secret gets the parameter's name, and is allowed only to read that parameter", () => {
  const ssm = permissionsOf(json, "send").filter(({ actions }) => /ssm|kms|secretsmanager/.test(actions.join()));
  expect(ssm).toEqual([{ actions: ["ssm:GetParameter"], resources: [ARN] }]);
  const [send] = resources(json, "aws_lambda_function").filter(({ function_name }) => function_name.endsWith("send"));
  expect(send.environment.variables.MAILER_KEY_NAME).toBe(PARAMETER);
});

test("a lambda that was not granted a secret cannot read it", () => {
  expect(JSON.stringify(permissionsOf(json, "other"))).not.toContain("ssm");
});

test("the permissions boundary allows the secrets of the lambda's domain, and no contract", () => {
  const { json: foundation } = synthFoundation({}, { sample: () => {} });
  const [ssm] = statements(foundation, resource(foundation, "aws_iam_policy").policy).filter(({ actions }) => /^ssm/.test(actions[0]));
  const allowed = new RegExp(`^${ssm.resources[0].replaceAll("*", ".*")}$`);
  expect(ARN).toMatch(allowed);
  const parameters = Object.values<Json>(foundation.resource.aws_ssm_parameter).map(({ name }) => name);
  const others = ["/shop/live/sample/secret/mailer-key", "/other/int/sample/secret/mailer-key", "/shop/int/other/secret/mailer-key"];
  for (const name of [...parameters, ...others]) expect(`arn:aws:ssm:eu-west-1:111111111111:parameter${name}`).not.toMatch(allowed);
});

describe("a lambda in the VPC that reads a secret", () => {
  const network = (changes: object) => ({ network: { ...stackProps().environment.network, ...changes } });

  test("is a finding if the VPC has no route to SSM", () => {
    expect(secret("mailer-key", true).findings).toEqual([expect.stringContaining('Add "ssm" to the interfaceEndpoints of int')]);
  });

  test("reaches SSM through an interface endpoint", () => {
    expect(secret("mailer-key", true, network({ interfaceEndpoints: ["ssm"] })).findings).toEqual([]);
  });
});

test.each(["Mailer Key", "mailer/key", "mailer_key"])("a secret's name that is not kebab-case is a finding: %s", (id) => {
  expect(secret(id).findings).toEqual([expect.stringContaining(`the secret's name is "${id}", but a name must consist of`)]);
});

test("two secrets with the same name are a finding, because they would be the same parameter", () => {
  const { findings: found } = synthDomain((made) => {
    const lambda = new NodejsFunction(made, "send");
    for (const scope of [made, lambda]) new Secret(scope, "mailer-key").grantRead(lambda);
  });
  expect(found).toEqual([expect.stringContaining(`the SSM parameter name "${PARAMETER}" is already used by sample-int/mailer-key`)]);
});

test("a secret that no lambda reads is a finding", () => {
  expect(synthDomain((made) => void new Secret(made, "mailer-key")).findings).toEqual([
    expect.stringContaining("sample-int/mailer-key: no lambda reads this secret. Call grantRead"),
  ]);
});
