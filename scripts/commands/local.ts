import { performance } from "node:perf_hooks";
import { SSM } from "@aws-sdk/client-ssm";
import project from "../../project.config";
import { UserError } from "../../shared/errors";
import type { HttpSample } from "../../shared/stack-description";
import { readArtifact } from "../artifact/artifact";
import { build } from "../artifact/build";
import { giveLocalSecrets } from "../aws/secret-values";
import { runCommand } from "../cli/command";
import { printTable } from "../cli/table";
import { stopEmulator } from "../local/emulator";
import { followSample, type Journey, sampleOf } from "../local/journey";
import {
  accountHeader,
  clientSettings,
  forgetRun,
  isDeployed,
  localCredentials,
  openRun,
  rememberDeployed,
  statePath,
  WORK_FOLDER,
} from "../local/run";
import { type DeployedTrigger, deployedTriggers } from "../local/triggers";
import { deployStacks } from "../terraform/deployment";
import { terraformEnvironment } from "../terraform/provider";
import { Terraform } from "../terraform/terraform";

const HELP = `
npm run local

Brings up the whole system on a local AWS, from the artifact of the first environment of
project.config.ts, sends a sample through it and shows its way. Leaves it running; run again, it
deploys only what changed.

  --endpoint URL   use an emulator that runs already, instead of starting one
  --port N         start it on this port, and on no other
  --skip-synth     deploy the cdktf.out that is there`;

const OPTIONS = { endpoint: { type: "string" }, port: { type: "string" }, "skip-synth": { type: "boolean" } } as const;

void runCommand({ help: HELP, options: OPTIONS }, async ({ options, signal }) => {
  const begin = performance.now();
  const port = options.port === undefined ? undefined : Number(options.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new UserError(`--port is "${options.port}"; a port is a number from 1 to 65535`);
  if (!options["skip-synth"]) await build(signal);

  const [environment] = project.environments;
  const stacks = readArtifact().filter((stack) => stack.environment === environment?.name);
  const entry = stacks.find(({ domain }) => domain === project.entryDomain);
  if (!entry) throw new UserError(`The artifact has no ${project.entryDomain}-${environment?.name}, the entryDomain of project.config.ts.`);
  const { sample } = sampleOf(entry);

  // Before anything is started: whether there is a Terraform, with its provider.
  terraformEnvironment();
  const { run, started } = await openRun(entry, { endpoint: options.endpoint, port, signal });
  process.stdout.write(`Local AWS at ${run.endpoint}, account ${entry.account} (${entry.environment})\n\n`);
  try {
    const terraform = new Terraform(localCredentials(run, entry.account, entry.region), signal);
    for (const stack of stacks) await giveLocalSecrets(new SSM(clientSettings(run, stack)), stack);
    await deployStacks(stacks, {
      terraform,
      workFolder: WORK_FOLDER,
      backendOverride: (stack) => ({ local: { path: statePath(stack) } }),
      isCurrent: (stack) => isDeployed(run, stack),
      onDeployed: (stack) => rememberDeployed(run, stack),
    });
    const triggers = await deployedTriggers(run, stacks, terraform);
    const journey = await followSample(run, stacks, entry, triggers);
    report(journey, sample);
    process.stdout.write(`\nDone in ${Math.round((performance.now() - begin) / 1000)} s. The system goes on running:\n\n`);
    suggest(triggers, journey.url, sample, run.pid === undefined ? accountHeader(entry) : {});
  } catch (error) {
    // What began with this command ends with it; an emulator that ran before stays.
    if (signal.aborted && started && run.pid) {
      await stopEmulator(run.pid);
      forgetRun();
    }
    throw error;
  }
});

function report({ correlationId, steps, missing }: Journey, sample: HttpSample): void {
  process.stdout.write(`\nOne ${sample.method} ${sample.path}, followed by its correlation id ${correlationId}:\n\n`);
  const rows = steps.map((step) => [step.domain, step.trigger, step.lambda, `${step.milliseconds} ms`, step.result]);
  printTable(["domain", "trigger", "lambda", "after", "result"], rows);
  if (missing.length > 0) throw new UserError(`It did not reach ${missing.join(", ")}. What their lambdas logged: npm run local:logs`);
  if (steps.some(({ result }) => result !== "handled")) throw new UserError("Not every lambda handled it; the table says why.");
}

function suggest(triggers: DeployedTrigger[], url: string, { method, body }: HttpSample, headers: Record<string, string>): void {
  const given = Object.entries({ "content-type": "application/json", ...headers }).map(([name, value]) => `-H '${name}: ${value}'`);
  const rows = triggers.map(({ stack, id, address }) => [`${stack.domain} ${id}`, address]);
  printTable(["trigger", "address"], rows);
  process.stdout.write(`
Send another:     curl -i -X ${method} ${url} ${given.join(" ")} -d '${JSON.stringify(body)}'
Read the logs:    npm run local:logs
Deploy a change:  npm run local
Stop it:          npm run local:down
`);
}
