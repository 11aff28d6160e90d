import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { IAM } from "@aws-sdk/client-iam";
import { clientSettings, clientVariables } from "../../scripts/local/client-settings";
import { eventually } from "../harness/eventually";
import { fakeProgram, pathWith } from "../harness/fake-program";
import { type OwnEmulator, startOwnEmulator } from "../harness/own-emulator";
import { projectCopy, RunningCommand } from "../harness/project-copy";

/** `npm run bootstrap` from an empty account, on a local AWS of its own. GitHub is a script that keeps its environments in a file. */

const account = { account: "111111111111", region: "eu-west-1" };
const copy = projectCopy();
const config = join(copy, "project.config.ts");
const commands: RunningCommand[] = [];
let aws: OwnEmulator;
let iam: IAM;

/** GitHub's program. @param repository its answer to the question for the repository */
function github(repository = { id: 5678, full_name: "your-organization/your-repository", owner: { id: 1234 } }): string {
  const { folder } = fakeProgram(
    "gh",
    `case "$*" in
*--paginate*) cat ${copy}/environments 2>/dev/null; exit 0 ;;
*"-X PUT"*custom_branch_policies*) echo "\${4##*/} true" >> ${copy}/environments ;;
*"-X PUT"*) echo "\${4##*/} false" >> ${copy}/environments ;;
*"-X POST"*) echo "$4 $6" >> ${copy}/branches ;;
*) echo '${JSON.stringify(repository)}' ;;
esac`,
  );
  return pathWith(folder);
}

function bootstrap(PATH = github(), ...args: string[]): RunningCommand {
  const command = new RunningCommand(copy, "bootstrap", ["int", ...args], { ...clientVariables(aws, account), PATH });
  commands.push(command);
  return command;
}

beforeAll(async () => {
  aws = await startOwnEmulator();
  iam = new IAM(clientSettings(aws, account));
}, 120_000);
afterAll(async () => {
  for (const command of commands) command.kill();
  await aws.stop();
});

const rolesBelow = async (PathPrefix: string) => ((await iam.listRoles({ PathPrefix })).Roles ?? []).map(({ RoleName }) => RoleName).sort();

test("without a terminal and without --yes, it shows what is missing, changes nothing, and fails", async () => {
  const before = readFileSync(config, "utf8");
  const { exitCode, output } = await bootstrap().ended();
  expect(exitCode).toBe(1);
  expect(output).toContain("☐ the repository in project.config.ts: the ids of your-organization/your-repository are missing");
  expect(output).toContain("Nothing was changed, because there is no terminal to ask in");
  expect(readFileSync(config, "utf8")).toBe(before);
  expect(await rolesBelow("/shop/")).toEqual([]);
});

test("without gh, it says which commands find the ids, and who can run them", async () => {
  const { folder } = fakeProgram("gh", "echo 'gh: not logged in' >&2; exit 4");
  const { output } = await bootstrap(pathWith(folder)).ended();
  expect(output).toContain("it is not known, because gh failed: gh: not logged in");
  expect(output).toContain("Who: anybody who can see the repository");
  expect(output).toContain("gh api repos/your-organization/your-repository --jq");
});

test("with credentials that may not do a step, it says who has to do it, and changes nothing in AWS", async () => {
  const UserName = "developer";
  await iam.createUser({ UserName });
  const { AccessKey } = await iam.createAccessKey({ UserName });
  const keys = { AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId, AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey };
  const command = new RunningCommand(copy, "bootstrap", ["int", "--yes"], { ...clientVariables(aws, account), ...keys, PATH: github() });
  commands.push(command);
  const { exitCode, output } = await command.ended();
  expect(exitCode).toBe(0);
  expect(output).toMatch(/☐ the roles in access-int: it is not known \(AccessDenied/);
  expect(output).toContain(
    "Who: an administrator of the AWS account 111111111111, with the right to manage IAM\n    npm run deploy -- access-int",
  );
  expect(await rolesBelow("/shop/")).toEqual([]);
});

test("a GitHub environment that a workflow has created without rules is found", async () => {
  writeFileSync(join(copy, "environments"), "orders-int false\n");
  expect((await bootstrap(github()).ended()).output).toMatch(/☐ the GitHub environments of \S+: .*orders-int, /);
  rmSync(join(copy, "environments"));
});

test("with credentials of another account, it stops before it looks at anything else", async () => {
  const other = clientVariables(aws, { ...account, account: "222222222222" });
  const command = new RunningCommand(copy, "bootstrap", ["int", "--yes"], { ...other, PATH: github() });
  commands.push(command);
  const { exitCode, output } = await command.ended();
  expect(exitCode).toBe(1);
  expect(output).toContain(
    "☐ credentials for the account 111111111111 of int: the credentials of this shell belong to account 222222222222",
  );
  expect(output).not.toContain("the roles in");
});

test("interrupted while it deploys, and run again, it finishes", async () => {
  for (const step of ["the roles in access-int", "the roles in shared-int"]) {
    const command = bootstrap(github(), "--yes");
    await eventually(step, () => command.output.includes(`… ${step}`) || command.hasEnded, 240);
    command.interrupt();
    expect(await command.ended()).toMatchObject({ exitCode: 130 });
  }
  const { output } = await bootstrap(github(), "--yes").ended();
  for (const done of ["access-int", "shared-int"]) expect(output).toContain(`✔ the roles in ${done}`);
  expect(await rolesBelow("/shop/int/access/")).toEqual(["shop-int-shared-apply", "shop-int-shared-plan"]);
  expect(await rolesBelow("/shop/int/shared/")).toContain("shop-int-orders-apply");
});

test("it has written the ids of the repository, and nothing else in project.config.ts", () => {
  const text = readFileSync(config, "utf8");
  expect(text).toContain('github: { ownerId: "1234", repositoryId: "5678" },');
  const original = readFileSync("project.config.ts", "utf8");
  expect(text.replace("1234", "0").replace("5678", "0")).toBe(original);
});

test("every stack has its GitHub environments, and only those for the plans of pull requests accept every branch", () => {
  const environments = readFileSync(join(copy, "environments"), "utf8").trim().split("\n");
  expect(environments).toEqual(
    expect.arrayContaining(["orders-int true", "orders-int-plan false", "shared-int true", "shared-int-plan false"]),
  );
  const branches = readFileSync(join(copy, "branches"), "utf8").trim().split("\n");
  expect(branches).toContain("repos/your-organization/your-repository/environments/orders-int/deployment-branch-policies name=main");
  expect(branches.filter((line) => line.includes("-int-plan/"))).toEqual([]);
});

test("run again, it changes nothing, and says what only people can do", async () => {
  const { exitCode, output } = await bootstrap(github(), "--yes").ended();
  expect(output).not.toContain("… ");
  expect(output).toContain("☐ the secrets of receipts-int: no value for mailer-key");
  expect(output).toContain("npm run secret -- receipts-int mailer-key");
  expect(output.trimEnd().split("\n").at(-1)).toMatch(/^Then give up the administrator's rights/);
  // The command does not fail because of steps that only others can do.
  expect(exitCode).toBe(0);
});

test("for a new domain, it says what is missing, and who makes it", async () => {
  const folder = join(copy, "domains/fresh");
  mkdirSync(folder);
  const stack =
    'import { DomainStack } from "../../shared/domain-stack";\nexport default class extends DomainStack {\n  protected define() {}\n}\n';
  writeFileSync(join(folder, "stack.ts"), stack);
  const { output } = await bootstrap(github()).ended();
  rmSync(folder, { recursive: true });
  const names = ["apply", "plan", "smoke"].map((phase) => `shop-int-fresh-${phase}`).join(", ");
  expect(output).toContain(`☐ the roles in shared-int: ${names} do not exist\n`);
  expect(output).toContain("☐ the roles in shared-int\n  Who: the pipeline of shared-int, or an administrator");
  expect(output).toContain("fresh-int, fresh-int-plan do not exist, or accept every branch");
});

test("a repository that was renamed gets its new name, the roles trust it, and a role that somebody changed is made as it was", async () => {
  const role = { RoleName: "shop-int-shared-plan", PolicyName: "permissions" };
  const { PolicyDocument: before } = await iam.getRolePolicy(role);
  const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
  await iam.putRolePolicy({ ...role, PolicyDocument: JSON.stringify(everything) });
  expect((await bootstrap(github()).ended()).output).toContain(
    "☐ the roles in access-int: shop-int-shared-plan are not as in this checkout",
  );

  const renamed = { id: 5678, full_name: "your-organization/better-name", owner: { id: 1234 } };
  const { output } = await bootstrap(github(renamed), "--yes").ended();
  expect(output).toContain("your-organization/your-repository is called your-organization/better-name now");
  expect(readFileSync(config, "utf8")).toContain('repository: "your-organization/better-name"');
  expect((await iam.getRolePolicy(role)).PolicyDocument).toBe(before);
  const { Role } = await iam.getRole({ RoleName: "shop-int-orders-apply" });
  expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "")).toContain("repo:your-organization/better-name:environment:orders-int");
});

test("another repository that took over the name is not trusted, and nothing is changed", async () => {
  const before = readFileSync(config, "utf8");
  const other = { id: 9999, full_name: "your-organization/better-name", owner: { id: 1234 } };
  const { exitCode, output } = await bootstrap(github(other), "--yes").ended();
  expect([exitCode, output]).toEqual([
    1,
    expect.stringContaining(
      "your-organization/better-name has the id 9999, and project.config.ts has 5678. Another repository has this name now",
    ),
  ]);
  expect(readFileSync(config, "utf8")).toBe(before);
});

test("an OIDC provider that exists already is used, and not created", async () => {
  writeFileSync(config, readFileSync(config, "utf8").replace(/account: "111111111111"/, 'account: "333333333333"'));
  const other = { account: "333333333333", region: "eu-west-1" };
  const ofOther = new IAM(clientSettings(aws, other));
  await ofOther.createOpenIDConnectProvider({ Url: "https://token.actions.githubusercontent.com", ClientIDList: ["other"] });
  const renamed = { id: 5678, full_name: "your-organization/better-name", owner: { id: 1234 } };
  const command = new RunningCommand(copy, "bootstrap", ["int", "--yes"], { ...clientVariables(aws, other), PATH: github(renamed) });
  commands.push(command);
  const { output } = await command.ended();
  expect(output).toContain("it exists already, and this project did not create it");
  expect(readFileSync(config, "utf8")).toContain('name: "int",\n      existingOidcProviders: ["token.actions.githubusercontent.com"],');
  expect(output).toContain("✔ the roles in access-int");
});
