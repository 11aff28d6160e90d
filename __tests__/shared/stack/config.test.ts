import shipped from "../../../project.config";
import { UserError } from "../../../shared/errors";
import { loadProject } from "../../../shared/stack/config";
import { config, int, live } from "../../harness/synth";

/** What a configuration that works is told after these changes. */
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
const network = (changes: object) => ({ network: { ...int.network, ...changes } });

test("the shipped configuration works as it is", () => {
  expect(loadProject(shipped)).toEqual(shipped);
});

test.each<[string, object, string]>([
  ["a project's name with a capital letter", { name: "Shop" }, 'name is "Shop": '],
  ["a project's name that is too long for what is made from it", { name: "a".repeat(21) }, "at most 20 characters"],
  ["a project's name in a path that SSM keeps for AWS", { name: "aws-shop" }, 'no name may begin with "aws", "ssm"'],
  ["a region that is none", { region: "Ireland" }, 'region is "Ireland": '],
  ["a repository without its owner", { repository: "shop" }, 'repository is "shop": owner/name'],
  ["a runtime that AWS creates no more", { runtime: "nodejs20.x" }, "nodejs22.x or later"],
  ["a kind of state that there is not", { state: { kind: "floppy" } }, "state.kind is "],
  ["no environment at all", { environments: [] }, "at least one environment"],
  ["a field that there is not", { regoin: "eu-west-1" }, '"regoin"'],
])("%s is refused", (_, changes, message) => {
  expect(problems(changes)).toContain(message);
});

test.each<[string, object, string]>([
  ["a name of two parts", { name: "int-eu" }, "one part"],
  ["an account id that is no 12 digits", { account: "1234" }, 'environments[0].account is "1234": an AWS account id is 12 digits'],
  ["an account id as a number, which loses leading zeros", { account: 111111111111 }, "environments[0].account is 111111111111: "],
  ["a retention that CloudWatch does not know", { logRetentionDays: 10 }, "environments[0].logRetentionDays is 10: "],
  ["an alarm e-mail that is none", { alarmEmail: "me" }, 'environments[0].alarmEmail is "me": '],
  ["no word on whether data is protected", { protectData: undefined }, "environments[0].protectData is nothing: "],
  ["a CIDR with host bits", network({ cidr: "10.10.0.1/16" }), 'network.cidr is "10.10.0.1/16": it has host bits'],
  ["a CIDR too small for its subnets", network({ cidr: "10.10.0.0/26", zones: 3 }), "too small"],
  ["more zones than the subnets are made for", network({ zones: 4 }), "environments[0].network.zones is 4: "],
  ["an endpoint's full name", network({ interfaceEndpoints: ["com.amazonaws.eu-west-1/sqs"] }), "network.interfaceEndpoints[0] is "],
  ["an endpoint named twice", network({ interfaceEndpoints: ["sqs", "sqs"] }), "interfaceEndpoints"],
  ["an endpoint that is always there, free", network({ interfaceEndpoints: ["s3"] }), "interfaceEndpoints"],
])("an environment with %s is refused", (_, changes, message) => {
  expect(problems({}, changes)).toContain(message);
});

test("two environments cannot share an account, and both are named", () => {
  const message = problems({}, {}, { account: int.account });
  expect(message).toContain(`environments[1].account is "${int.account}": "live" and "int" share an account`);
});

test("two environments cannot have one name", () => {
  expect(problems({}, {}, { name: int.name })).toContain("two environments have this name");
});

test("an environment's name is no part of the project's, so that a name means one environment", () => {
  expect(problems({ name: "shop-int" })).toContain('the project\'s name "shop-int" holds it as a part');
  expect(problems({ name: "shop-internal" })).toBe("");
});

test("all values that cannot work are in one error", () => {
  const message = problems({ name: "Shop", region: "Ireland" }, { account: "1" }, { logRetentionDays: 10 });
  for (const field of ["name", "region", "environments[0].account", "environments[1].logRetentionDays"]) {
    expect(message).toContain(`  ${field} is `);
  }
});

test("a value that is no choice hides no problem of its neighbours", () => {
  const message = problems({ state: { kind: "floppy" } }, network({ nat: "two", cidr: "10.10.0.1/16" }), { account: int.account });
  for (const field of ["state.kind", "environments[0].network.nat", "environments[0].network.cidr", "environments[1].account"]) {
    expect(message).toContain(`  ${field} is `);
  }
});

test("a configuration that is nothing at all is refused, not crashed on", () => {
  expect(() => loadProject(undefined)).toThrow(UserError);
});
