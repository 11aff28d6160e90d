import shipped from "../../../project.config";
import { UserError } from "../../../shared/errors";
import { loadProject, stateSchema } from "../../../shared/stack/config";
import { config, int, live } from "../../harness/synth";

/** The error message for a valid configuration after these changes. Empty if it is still valid. */
function problems(changes: object, ofInt: object = {}, ofLive: object = {}): string {
  try {
    loadProject({
      ...config,
      environments: [
        { ...int, ...ofInt },
        { ...live, ...ofLive },
      ],
      ...changes,
    });
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return "";
}
const hcp = (changes: object) => ({ state: { kind: "hcp", organization: "team", ...changes } });
const network = (changes: object) => ({ network: { ...int.network, ...changes } });

test("the configuration in the repository is valid", () => {
  // It can leave out fields that have a default.
  expect(loadProject(shipped)).toMatchObject(shipped);
});

test.each<[string, object, string]>([
  ["a project's name with a capital letter", { name: "Shop" }, 'name is "Shop". The project\'s name must be lower-case'],
  ["a project's name that is too long", { name: "a".repeat(21) }, "at most 20 characters"],
  ["a project's name with a prefix that SSM reserves", { name: "aws-shop" }, 'cannot begin with "aws", "ssm"'],
  ["a region's name instead of its code", { region: "Ireland" }, 'region is "Ireland". Write the code'],
  ["a repository without its owner", { repository: "shop" }, 'repository is "shop". Write the repository as owner/name.'],
  ["a runtime that AWS no longer accepts for new functions", { runtime: "nodejs20.x" }, "Use nodejs22.x: AWS accepts no new"],
  ["a runtime that the oldest provider does not know", { runtime: "nodejs24.x" }, "AWS provider 5.100 accepts no newer one"],
  ["an alias of a key that AWS manages", { state: { kind: "s3", kmsKeyAlias: "alias/aws/s3" } }, "Write the alias of a key of your own"],
  ["an unknown kind of state", { state: { kind: "floppy" } }, 'state.kind is "floppy".'],
  [
    "the name of an organization that HCP Terraform refuses",
    { state: { kind: "hcp", organization: "my team" } },
    'state.organization is "my team". The name of an organization is 3 to 40 letters',
  ],
  ["an organization that is left out", { state: { kind: "hcp" } }, "state.organization is missing."],
  ["a host name with a protocol", hcp({ hostname: "https://tfe.example.com" }), 'Write a host name without "https://"'],
  [
    "a host with a port for remote runs, which AWS does not trust",
    hcp({ hostname: "tfe.example.com:8443" }),
    "AWS trusts no address with a port",
  ],
  ["an unknown place of execution", hcp({ execution: "agent" }), 'state.execution is "agent".'],
  ["the name of a project that HCP Terraform refuses", hcp({ project: "a/b" }), 'state.project is "a/b". The name of a project'],
  ["a token", hcp({ token: "abc" }), "state: It has a token. Remove it: Terraform gets the token from terraform login"],
  ["an empty list of environments", { environments: [] }, "environments: Add at least one environment."],
  ["an unknown field", { regoin: "eu-west-1" }, '"regoin"'],
])("%s is rejected", (_, changes, message) => {
  expect(problems(changes)).toContain(message);
});

test.each<[string, object, string]>([
  ["a name of two parts", { name: "int-eu" }, 'cannot contain "-"'],
  ["an account id that is not 12 digits", { account: "1234" }, 'environments[0].account is "1234". An AWS account id is 12 digits'],
  ["an account id as a number, which loses leading zeros", { account: 111111111111 }, "environments[0].account is 111111111111. "],
  ["a retention that CloudWatch Logs does not offer", { logRetentionDays: 10 }, "environments[0].logRetentionDays is 10. "],
  ["an invalid e-mail address for alarms", { alarmEmail: "me" }, 'environments[0].alarmEmail is "me". '],
  ["protectData left out", { protectData: undefined }, "environments[0].protectData is missing. "],
  ["a CIDR with host bits", network({ cidr: "10.10.0.1/16" }), 'network.cidr is "10.10.0.1/16". The address has host bits.'],
  ["a CIDR that is too small for its subnets", network({ cidr: "10.10.0.0/26", zones: 3 }), "too small"],
  ["more than three zones", network({ zones: 4 }), "environments[0].network.zones is 4. "],
  ["an endpoint's full name", network({ interfaceEndpoints: ["com.amazonaws.eu-west-1/sqs"] }), "network.interfaceEndpoints[0] is "],
  ["an endpoint that is listed twice", network({ interfaceEndpoints: ["sqs", "sqs"] }), "interfaceEndpoints: An endpoint is listed twice."],
  ["an endpoint that always exists", network({ interfaceEndpoints: ["s3"] }), 'interfaceEndpoints[0] is "s3". S3 and DynamoDB are always'],
])("an environment with %s is rejected", (_, changes, message) => {
  expect(problems({}, changes)).toContain(message);
});

test("two environments can share an account", () => {
  expect(problems({}, {}, { account: int.account })).toBe("");
});

test("two environments cannot have the same name", () => {
  expect(problems({}, {}, { name: int.name })).toContain("Two environments have this name");
});

test("an environment's name cannot be a part of the project's name, because resources' names would be ambiguous", () => {
  expect(problems({ name: "shop-int" })).toContain('part of the project\'s name "shop-int"');
  expect(problems({ name: "shop-internal" })).toBe("");
});

test("one error lists all invalid values", () => {
  const message = problems({ name: "Shop", region: "Ireland" }, { account: "1" }, { logRetentionDays: 10 });
  for (const field of ["name", "region", "environments[0].account", "environments[1].logRetentionDays"]) {
    expect(message).toContain(`  ${field} is `);
  }
});

test("an invalid value does not hide problems of other fields", () => {
  const message = problems({ state: { kind: "floppy" } }, network({ nat: "two", cidr: "10.10.0.1/16" }), { name: int.name });
  for (const field of ["state.kind", "environments[0].network.nat", "environments[0].network.cidr", "environments[1].name"]) {
    expect(message).toContain(`  ${field} is `);
  }
});

test("a missing configuration is rejected with a readable error", () => {
  expect(() => loadProject(undefined)).toThrow(
    new UserError(
      "project.config.ts has 1 invalid value(s):\n  the configuration is missing. Invalid input: expected object, received undefined",
    ),
  );
});

test.each([
  ["a token of HCP Terraform", `${"A1".repeat(7)}.atlasv1.${"b2".repeat(34)}`],
  ["an access key id of AWS", `AKIA${"A".repeat(16)}`],
])("%s anywhere in the configuration is rejected, and the error names the place and not the value", (_, secret) => {
  const message = problems({ environments: [{ ...int, alarmEmail: secret }] });
  expect(message).toContain("contains what looks like a secret: environments.0.alarmEmail. ");
  expect(message).not.toContain(secret);
});

test("at most eight settings decide where the state is and where Terraform runs", () => {
  const settings = stateSchema.options.flatMap(({ shape }) => Object.keys(shape));
  expect(new Set(settings).size).toBeLessThanOrEqual(8);
  // One of each kind, with every setting that it has.
  const kinds = [
    { kind: "local" },
    { kind: "s3", kmsKeyAlias: "alias/terraform-state" },
    {
      kind: "hcp",
      organization: "team",
      hostname: "tfe.example.com",
      execution: "local",
      project: "Shop",
      keyValueTags: true,
      workspacesState: "s3",
    },
  ];
  for (const state of kinds) expect(problems({ state })).toBe("");
  expect(kinds.flatMap(Object.keys).sort()).toEqual(settings.sort());
});
