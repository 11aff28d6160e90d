import { performance } from "node:perf_hooks";
import { SSM } from "@aws-sdk/client-ssm";
import project from "../../project.config";
import { UserError } from "../../shared/errors";
import { ACCESS } from "../../shared/naming";
import { loadProject } from "../../shared/stack/config";
import { hasDeployRoles } from "../../shared/stack/deployer";
import type { HttpSample } from "../../shared/stack-description";
import { checkZips, readArtifact, reportSkippedWorkspaces, type Stack } from "../artifact/artifact";
import { build } from "../artifact/build";
import { giveLocalSecrets } from "../aws/secret-values";
import { runCommand } from "../cli/command";
import { printTable } from "../cli/table";
import { NO_COMMIT, readCheckout } from "../delivery/git";
import { DeploymentRecords } from "../delivery/running-stacks";
import { accountHeaders, clientSettings, clientVariables } from "../local/client-settings";
import { curlCommand } from "../local/curl";
import { deploySession, sessionSettings } from "../local/deploy-session";
import { stopEmulator } from "../local/emulator";
import { ignoreShellSettings } from "../local/environment";
import { deleteLocalFiles, statePath, WORK_FOLDER } from "../local/files";
import { followSample, type Journey, sampleOf } from "../local/journey";
import { explainingDeployRefusals, explainingRefusals } from "../local/refusals";
import { enforcesIam, type LocalRun, openRun } from "../local/run";
import { lockLocalRun } from "../local/run-lock";
import { type DeployedTrigger, deployedTriggers } from "../local/trigger-addresses";
import { type DeploymentOptions, deployStacks } from "../terraform/deployment";
import { terraformEnvironment } from "../terraform/provider";
import { Terraform } from "../terraform/terraform";

const HELP = `
npm run local

Runs the whole system on a local AWS: starts the local AWS, deploys the first environment of
project.config.ts to it, sends a sample request and shows every lambda that handles it. The system
keeps running. After a change, run the command again: it deploys only the stacks that changed.

  --endpoint URL   use an emulator that is already running, instead of starting one
  --port N         start the local AWS on this port (default: 4566, or a free port if 4566 is in use)
  --skip-synth     deploy the existing artifact in cdktf.out, without building it again`;

const OPTIONS = { endpoint: { type: "string" }, port: { type: "string" }, "skip-synth": { type: "boolean" } } as const;

void runCommand({ help: HELP, options: OPTIONS }, async ({ options, signal }) => {
  const start = performance.now();
  ignoreShellSettings();
  const port = parsePort(options.port);
  const endpoint = parseEndpoint(options.endpoint);
  if (endpoint !== undefined && port !== undefined)
    throw new UserError("Pass either --endpoint or --port: an emulator that is running has its port.");
  await lockLocalRun();
  if (!options["skip-synth"]) await build(signal);
  // State, logs and the code of lambdas are for this user only, whoever creates them from here on: this process or its programs.
  process.umask(0o077);

  const { stacks, entry } = readSystem();
  reportSkippedWorkspaces();
  checkZips(stacks);
  // Both throw when something is missing. They come before openRun so that such an error leaves nothing running.
  const { sample } = sampleOf(entry);
  terraformEnvironment();

  const { run, started } = await openRun(entry, { endpoint, port, signal });
  process.stdout.write(`The local AWS is running at ${run.endpoint}, account ${entry.account} (${entry.environment}).\n`);
  const isEnforced = await enforcesIam(run, entry);
  if (!isEnforced) {
    process.stdout.write("It does not enforce IAM, so this run cannot show that a lambda lacks a permission that it needs on AWS.\n");
  }
  process.stdout.write("\n");
  try {
    await deploy(run, stacks, new Terraform(clientVariables(run, entry), signal), isEnforced);
    const triggers = deployedTriggers(run, stacks);
    const journey = await explainingRefusals(run, stacks, async () => {
      const followed = await followSample({ run, stacks, entry, triggers });
      printJourney(followed, sample);
      return followed;
    });
    const seconds = Math.round((performance.now() - start) / 1000);
    process.stdout.write(`\nDone in ${seconds} s. The system is still running:\n\n`);
    printTriggers(triggers);
    const headers = accountHeaders(run, entry);
    printNextSteps(curlCommand(journey.url, sample, headers));
  } catch (error) {
    // Ctrl-C also stops an emulator that this command has started. An emulator that was running before keeps running.
    if (signal.aborted && started && run.pid !== undefined) {
      await stopEmulator(run.pid);
      deleteLocalFiles();
    }
    throw error;
  }
});

function parseEndpoint(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : "")) return text;
  throw new UserError(`--endpoint is "${text}", but an endpoint is a URL such as http://127.0.0.1:4566.`);
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UserError(`--port is "${text}", but a port is a whole number from 1 to 65535.`);
  return port;
}

/** The stacks of the first environment, and the one whose API receives the sample. */
function readSystem(): { stacks: Stack[]; entry: Stack } {
  const environment = project.environments[0]?.name;
  const stacks = readArtifact().filter((stack) => stack.environment === environment);
  const entry = stacks.find(({ domain }) => domain === project.entryDomain);
  if (!entry)
    throw new UserError(
      `The artifact has no stack ${project.entryDomain}-${environment}, but entryDomain in project.config.ts is "${project.entryDomain}". Set entryDomain to a folder in domains/.`,
    );
  return { stacks, entry };
}

/**
 * Deploys the stack that an administrator applies, and then each other one under its own apply role.
 * @param isEnforced whether the local AWS asks the policies of roles. Otherwise the roles would show nothing, and everything is
 * deployed as the administrator.
 */
async function deploy(run: LocalRun, stacks: Stack[], terraform: Terraform, isEnforced: boolean): Promise<void> {
  for (const stack of stacks) await giveLocalSecrets(new SSM(clientSettings(run, stack)), stack);
  const [first] = stacks as [Stack];
  // Without git, the system runs all the same.
  const checkout = await readCheckout().catch(() => ({ commit: NO_COMMIT, changed: [] }));
  const records = new DeploymentRecords({ ssm: new SSM(clientSettings(run, first)), isLocal: true }, checkout);
  const options: DeploymentOptions = {
    terraform,
    workFolder: WORK_FOLDER,
    backendOverride: (stack) => ({ local: { path: statePath(stack) } }),
    expectedFingerprint: (stack) => records.fingerprintOf(stack),
    isCurrent: async (stack) => {
      await records.note([stack]);
      return records.isCurrent(stack);
    },
    onDeployed: (stack, credentials) => records.write(stack, { ssm: new SSM(sessionSettings(run, stack, credentials)) }),
    unsavedStateFix: () => "Terraform could not save the state. Free some space, then start again: npm run local:down, then npm run local.",
  };
  const isAccess = ({ domain }: Stack) => domain === ACCESS;
  await deployStacks(stacks.filter(isAccess), options);
  const others = stacks.filter((stack) => !isAccess(stack));
  const loaded = loadProject(project);
  if (!isEnforced || !run.secretAccessKey || !hasDeployRoles(loaded)) return deployStacks(others, options);
  const credentials = (stack: Stack) => deploySession(run, loaded, stack, "apply");
  await explainingDeployRefusals(stacks, () => deployStacks(others, { ...options, credentials }));
}

/** @throws UserError when the sample did not reach every domain, or when a lambda did not handle it */
function printJourney({ correlationId, steps, missing }: Journey, { method, path }: HttpSample): void {
  process.stdout.write(`\nOne ${method} ${path}, followed by its correlation id ${correlationId}:\n\n`);
  const rows = steps.map((step) => [step.domain, step.trigger, step.lambda, `${step.milliseconds} ms`, step.result]);
  printTable(["domain", "trigger", "lambda", "after", "result"], rows);
  if (missing.length > 0)
    throw new UserError(`The sample did not reach ${missing.join(", ")}. Find the reason in the logs of the lambdas: npm run local:logs`);
  if (steps.some(({ result }) => result !== "handled"))
    throw new UserError(
      `At least one lambda did not handle the sample. The column "result" shows the reason. The log lines are in: npm run local:logs -- ${correlationId}`,
    );
}

function printTriggers(triggers: DeployedTrigger[]): void {
  const rows = triggers.map(({ stack, id, address }) => [`${stack.domain} ${id}`, address]);
  printTable(["trigger", "address"], rows);
}

function printNextSteps(curl: string): void {
  process.stdout.write(`
Send another:     ${curl}
Read the logs:    npm run local:logs
Deploy a change:  npm run local
Stop it:          npm run local:down
`);
}
