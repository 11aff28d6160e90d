import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SSM } from "@aws-sdk/client-ssm";
import config from "../../project.config";
import { readArtifact, type Stack } from "../../scripts/artifact/artifact";
import { giveLocalSecrets } from "../../scripts/aws/secret-values";
import { NO_COMMIT } from "../../scripts/delivery/git";
import { DeploymentRecords, runningStacks } from "../../scripts/delivery/running-stacks";
import { clientVariables } from "../../scripts/local/client-settings";
import { deploySession, sessionSettings } from "../../scripts/local/deploy-session";
import { statePath } from "../../scripts/local/files";
import { deployStacks } from "../../scripts/terraform/deployment";
import { initializedCopy } from "../../scripts/terraform/initialized-copy";
import { Terraform } from "../../scripts/terraform/terraform";
import { NOT_SEEN } from "../../shared/foundation/roles/not-seen";
import type { PolicyDocument } from "../../shared/foundation/roles/policy";
import { ACCESS } from "../../shared/naming";
import { loadProject } from "../../shared/stack/config";
import { cloneProject, synthClone } from "../harness/clone";
import { runningSystem } from "../harness/running-system";
import { SAMPLE, SAMPLE_LAMBDAS } from "../harness/sample-domain";
import { temporaryFolder, writeFiles } from "../harness/temporary-folder";
import { withChanges, withoutResources, withoutTag } from "./changed-stack";
import { isolationOf, type Row, tableOf } from "./isolation";
import { type Call, type Role, recordedCalls, rolesOf } from "./judge";

/** A domain with a trigger of every kind and every option, so that the roles are used for each type of resource. */
const SAMPLE_FILES = {
  [`domains/${SAMPLE}/stack.ts`]: `import { defineSample } from "../../__tests__/harness/sample-domain";
import { DomainStack } from "../../shared/domain-stack";
export default class Sample extends DomainStack {
  protected define(): void {
    defineSample(this);
  }
}
`,
  [`domains/${SAMPLE}/contract.ts`]: 'export { ThingDone } from "../../__tests__/harness/definitions";\n',
  ...Object.fromEntries(SAMPLE_LAMBDAS.map((name) => [`domains/${SAMPLE}/lambdas/${name}.ts`, "export const handler = async () => {};\n"])),
};

const { run, settings } = runningSystem();
const project = loadProject(config);
const environment = project.environments[0]?.name ?? "";
const clone = cloneProject(join(temporaryFolder(), "with-sample"));
const artifact = join(clone, "cdktf.out");
const folders = { work: temporaryFolder(), planned: temporaryFolder(), changed: temporaryFolder(), empty: temporaryFolder() };

let stacks: Stack[];
let domains: Stack[];
let foundation: Stack;

beforeAll(async () => {
  writeFiles(clone, SAMPLE_FILES);
  // All environments in one account, where only their policies keep their roles apart.
  const file = join(clone, "project.config.ts");
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(/account: "\d+"/g, `account: "${settings.credentials.accessKeyId}"`));
  expect(await synthClone(clone)).toMatchObject({ exitCode: 0, stderr: "" });
  readSharedStream(join(artifact, "stacks", `${SAMPLE}-${environment}`, "cdk.tf.json"));
  stacks = readArtifact(artifact).filter((stack) => stack.environment === environment && stack.domain !== ACCESS);
  [foundation, domains] = [stacks.find(({ domain }) => domain === "shared") as Stack, stacks.filter(({ domain }) => domain !== "shared")];
});

const terraform = new Terraform({
  ...clientVariables(run, { account: settings.credentials.accessKeyId, region: settings.region }),
  // Most of a deployment is waiting for queues.
  TF_CLI_ARGS_apply: "-parallelism=40",
});
const backendOverride = (stack: Stack) => ({ local: { path: statePath(stack) } });

const records = new DeploymentRecords({ ssm: new SSM(settings), isLocal: true }, { commit: NO_COMMIT, changed: [] });

/** Deploys stacks, each under its apply role, which also records what runs. */
async function deploy(...deployed: Stack[]): Promise<void> {
  await records.note(deployed);
  await deployStacks(deployed, {
    terraform,
    workFolder: folders.work,
    backendOverride,
    credentials: (stack) => deploySession(run, project, stack, "apply"),
    onDeployed: (stack, credentials) => records.write(stack, { ssm: new SSM(sessionSettings(run, stack, credentials)) }),
  });
}

/** The contracts are published and stay as they are, so that no stack has to wait for another. */
const withoutNeeds = (stack: Stack): Stack => ({ ...stack, needs: [] });

/** The local AWS has consumers of streams, but no mappings that read through one. */
function readSharedStream(file: string): void {
  const text = readFileSync(file, "utf8");
  const [, stream = ""] = /"stream_arn": "(\$\{aws_kinesis_stream\.[^"]+)"/.exec(text) ?? [];
  writeFileSync(
    file,
    text.replace(/("event_source_arn": )"\$\{aws_kinesis_stream_consumer\.[^"]+"/, (_, field) => `${field}"${stream}"`),
  );
}

const isRefused = ({ decision }: Call) => decision !== "Allow";
const refusals = () =>
  recordedCalls()
    .filter(isRefused)
    .map(({ role, action, resource }) => `${role}: ${action} on ${resource}`);

let sampleDeployment: Promise<void>;

test("the foundation's apply role makes the roles of a new domain, without an administrator", async () => {
  const sample = domains.find(({ domain }) => domain === SAMPLE) as Stack;
  await giveLocalSecrets(new SSM(settings), sample);
  await deploy(foundation);
  // It takes a minute and a half, in which the other stacks are planned.
  sampleDeployment = deploy(withoutNeeds(sample));
  sampleDeployment.catch(() => {});
  expect(refusals()).toEqual([]);
});

test("every stack is planned under its plan role, and the new domain is deployed under its apply role", async () => {
  const isNew = ({ domain }: Stack) => domain === SAMPLE;
  for (const stack of stacks.filter((each) => !isNew(each))) await plan(stack);
  await sampleDeployment;
  for (const stack of stacks.filter(isNew)) await plan(stack);
  expect(refusals()).toEqual([]);
});

async function plan(stack: Stack): Promise<void> {
  const folder = await initializedCopy(stack, terraform, { workFolder: folders.planned, backendOverride });
  const session = await deploySession(run, project, stack, "plan");
  const ssm = new SSM(sessionSettings(run, stack, session));
  // What runs of every stack, because a plan says what its neighbours rely on.
  await runningStacks({ ssm, isLocal: true }, stacks);
  await terraform.with(session).plan(folder, stack.stack);
}

test("every stack is changed, with a change and a tag of every type of resource, under its apply role", async () => {
  await deploy(...stacks.map((stack) => withoutNeeds(withChanges(stack, folders.changed))));
  expect(refusals()).toEqual([]);
});

test("every stack loses the tag under its apply role", async () => {
  await deploy(...stacks.map((stack) => withoutNeeds(withoutTag(stack, folders.changed))));
  expect(refusals()).toEqual([]);
});

test("every domain is destroyed under its apply role, and then the foundation", async () => {
  await deploy(...domains.map((stack) => withoutResources(stack, folders.empty)));
  await deploy(withoutResources(foundation, folders.empty));
  expect(refusals()).toEqual([]);
});

describe("of all calls that these deployments made,", () => {
  let calls: Call[];
  let roles: Role[];
  let changes: Call[];
  const ofOrders = (each: Role) => each.name === `${project.name}-${environment}-orders-apply`;
  const totals = (rows: Row[]) => ({ refused: rows.flatMap(({ refused }) => refused), foreign: rows.flatMap(({ foreign }) => foreign) });

  beforeAll(() => {
    calls = recordedCalls();
    changes = calls.filter(({ action }) => action === "sqs:CreateQueue");
    roles = project.environments.flatMap(({ name }) => rolesOf(artifact, { project: project.name, environment: name }));
  });

  test("each role may make its own, and no role of another domain, of the foundation or of another environment in the account may", async () => {
    const rows = await isolationOf(calls, roles);
    process.stdout.write(tableOf(rows, calls));
    expect(rows.map(({ stack }) => stack)).toEqual(stacks.map(({ stack }) => stack).sort());
    expect(totals(rows)).toEqual({ refused: [], foreign: [] });
  });

  test("an action that is taken away from a role is noticed", async () => {
    const lacking = roles.map((role) => (ofOrders(role) ? { ...role, policy: withoutAction(role.policy, "sqs:CreateQueue") } : role));
    expect(totals(await isolationOf(changes, lacking)).refused).not.toEqual([]);
  });

  test("a resource that is widened to everything is noticed", async () => {
    const wide = roles.map((role) => (ofOrders(role) ? { ...role, policy: onEveryResource(role.policy, "sqs:CreateQueue") } : role));
    expect(totals(await isolationOf(changes, wide)).foreign).not.toEqual([]);
  });

  test("each permission was used, or has a reason", () => {
    const used = new Set(calls.map(({ action }) => action.toLowerCase()));
    const deploying = roles.filter(({ phase }) => phase !== "smoke");
    const granted = deploying.flatMap(({ policy }) =>
      policy.Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action }) => Action),
    );
    const unused = granted.filter((action) => !used.has(action.toLowerCase()));
    expect([...new Set(unused)].sort()).toEqual(Object.keys(NOT_SEEN).sort());
  });
});

function withoutAction(policy: PolicyDocument, removed: string): PolicyDocument {
  return {
    ...policy,
    Statement: policy.Statement.map((each) => ({ ...each, Action: [each.Action].flat().filter((action) => action !== removed) })),
  };
}

function onEveryResource(policy: PolicyDocument, action: string): PolicyDocument {
  const widened = policy.Statement.map((each) => ([each.Action].flat().includes(action) ? { ...each, Resource: "*" } : each));
  return { ...policy, Statement: widened };
}
