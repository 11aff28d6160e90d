import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SSM } from "@aws-sdk/client-ssm";
import config from "../../project.config";
import { readArtifact, type Stack } from "../../scripts/artifact/artifact";
import { giveLocalSecrets } from "../../scripts/aws/secret-values";
import { clientVariables } from "../../scripts/local/client-settings";
import { deploySession } from "../../scripts/local/deploy-session";
import { statePath } from "../../scripts/local/files";
import { deployStacks } from "../../scripts/terraform/deployment";
import { initializedCopy } from "../../scripts/terraform/initialized-copy";
import { Terraform } from "../../scripts/terraform/terraform";
import { ACCESS } from "../../shared/naming";
import { loadProject } from "../../shared/stack/config";
import { cloneProject, synthClone } from "../harness/clone";
import { runningSystem } from "../harness/running-system";
import { SAMPLE, SAMPLE_LAMBDAS } from "../harness/sample-domain";
import { temporaryFolder, writeFiles } from "../harness/temporary-folder";
import { withChanges, withoutResources } from "./changed-stack";
import { type Call, judge, type Role, recordedCalls, rolesOf } from "./judge";

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
const folders = { work: temporaryFolder(), changed: temporaryFolder(), empty: temporaryFolder() };

let stacks: Stack[];
let domains: Stack[];
let foundation: Stack;

beforeAll(async () => {
  writeFiles(clone, SAMPLE_FILES);
  expect(await synthClone(clone)).toMatchObject({ exitCode: 0, stderr: "" });
  readSharedStream(join(artifact, "stacks", `${SAMPLE}-${environment}`, "cdk.tf.json"));
  stacks = readArtifact(artifact).filter((stack) => stack.environment === environment && stack.domain !== ACCESS);
  [foundation, domains] = [stacks.find(({ domain }) => domain === "shared") as Stack, stacks.filter(({ domain }) => domain !== "shared")];
});

const terraform = new Terraform(clientVariables(run, settings && { account: settings.credentials.accessKeyId, region: settings.region }));
const backendOverride = (stack: Stack) => ({ local: { path: statePath(stack) } });

/** Deploys stacks, each under its apply role. */
function deploy(...deployed: Stack[]): Promise<void> {
  return deployStacks(deployed, {
    terraform,
    workFolder: folders.work,
    backendOverride,
    credentials: (stack) => deploySession(run, project, stack, "apply"),
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

test("the foundation's apply role makes the roles of a new domain, which is then deployed without an administrator", async () => {
  await giveLocalSecrets(new SSM(settings), domains.find(({ domain }) => domain === SAMPLE) as Stack);
  await deploy(foundation, ...domains.filter(({ domain }) => domain === SAMPLE));
  expect(refusals()).toEqual([]);
});

test("every stack is planned under its plan role", async () => {
  for (const stack of stacks) {
    const folder = await initializedCopy(stack, terraform, { workFolder: folders.work, backendOverride });
    await terraform.with(await deploySession(run, project, stack, "plan")).plan(folder);
  }
  expect(refusals()).toEqual([]);
});

test("every stack is changed, with a change and a tag of every type of resource, under its apply role", async () => {
  await deploy(...stacks.map((stack) => withoutNeeds(withChanges(stack, folders.changed))));
  expect(refusals()).toEqual([]);
});

test("every stack is changed back, and loses its tag, under its apply role", async () => {
  await deploy(...stacks.map(withoutNeeds));
  expect(refusals()).toEqual([]);
});

test("every domain is destroyed under its apply role, and then the foundation", async () => {
  await deploy(...domains.map((stack) => withoutResources(stack, folders.empty)));
  await deploy(withoutResources(foundation, folders.empty));
  expect(refusals()).toEqual([]);
});
