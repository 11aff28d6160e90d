import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clientVariables } from "../../scripts/local/client-settings";
import { type Emulator, startEmulator, stopEmulator } from "../../scripts/local/emulator";
import { eventually } from "../harness/eventually";
import { freePort, takePort } from "../harness/ports";
import { projectCopy, RunningCommand, running } from "../harness/project-copy";
import { temporaryFolder } from "../harness/temporary-folder";

const ACCOUNT = "111111111111";
const REGION = "eu-west-1";

const copy = projectCopy();
const commands: RunningCommand[] = [];
function start(name: string, args?: string[], variables?: NodeJS.ProcessEnv): RunningCommand {
  const command = new RunningCommand(copy, name, args, variables);
  commands.push(command);
  return command;
}

beforeAll(async () => {
  const { exitCode, output } = await start("synth").ended();
  if (exitCode !== 0) throw new Error(`npm run synth failed:\n${output}`);
});
const killAll = () => {
  for (const command of commands) command.kill();
};

/** The lock files of Terraform in all states. */
const locks = () => {
  const states = join(copy, ".state");
  return existsSync(states) ? readdirSync(states, { recursive: true }).filter((file) => String(file).endsWith(".lock.info")) : [];
};
/** Waits for the middle of a deploy: the stack has published its first contract, and its other resources take many more seconds. */
const published = (command: RunningCommand, log: string, domain: string) =>
  eventually(
    `contract of ${domain}`,
    () => {
      if (command.hasEnded) throw new Error("the command has already ended");
      return existsSync(log) && readFileSync(log, "utf8").includes(`/int/${domain}/v1/`);
    },
    90,
  ).catch((error: Error) => {
    throw new Error(`${error.message}\n${command.output}`);
  });

/** A local AWS on a port of its own. @param log the file with what it prints */
async function startAws(log = join(temporaryFolder(), "emulator.log")): Promise<Emulator> {
  return startEmulator({ port: await freePort(), account: ACCOUNT, region: REGION, log, signal: new AbortController().signal });
}

describe("npm run local", () => {
  const localLog = join(copy, ".local/emulator.log");
  beforeEach(async () => {
    killAll();
    await start("local-down").ended();
  });
  afterAll(async () => {
    killAll();
    await start("local-down").ended();
  });

  test("on a port that another program uses is an error that names the port, and starts nothing", async () => {
    const { port, release } = await takePort();
    const { exitCode, output } = await start("local", ["--port", String(port), "--skip-synth"]).ended();
    await release();
    expect(exitCode).toBe(1);
    expect(output).toMatch(new RegExp(`Port ${port} is in use`));
    expect(existsSync(join(copy, ".local/run.json"))).toBe(false);
  });

  test("stopped by Ctrl-C leaves nothing behind of what it started", async () => {
    const scratch = temporaryFolder();
    const command = start("local", ["--port", String(await freePort()), "--skip-synth"], { TMPDIR: scratch });
    await published(command, localLog, "shared");
    const ids = command.interrupt();
    expect(await command.ended()).toMatchObject({ exitCode: 130 });
    expect(running(ids)).toEqual([]);
    expect(readdirSync(scratch).filter((name) => name.startsWith("ministack"))).toEqual([]);
    expect(locks()).toEqual([]);
  });

  test("fails when its local AWS is killed in the middle, names the failed stacks, and succeeds when it is run again", async () => {
    const port = await freePort();
    const command = start("local", ["--port", String(port), "--skip-synth"]);
    await published(command, localLog, "shared");
    const { pid } = JSON.parse(readFileSync(join(copy, ".local/run.json"), "utf8"));
    process.kill(-pid, "SIGKILL");
    const { exitCode, output } = await command.ended();
    expect(exitCode).toBe(1);
    expect(output).toMatch(/shared-int failed:[\s\S]*connection refused/i);
    expect(output).toMatch(/orders-int was not started/);

    const again = await start("local", ["--port", String(port), "--skip-synth"]).ended();
    expect(again).toMatchObject({ exitCode: 0, output: expect.stringMatching(/announce-entry +\d+ ms +handled/) });
  });

  test("without Terraform is an error that says where to install it from, and starts nothing", async () => {
    const variables = { TERRAFORM_BINARY_NAME: "terraform-of-nowhere" };
    const { exitCode, output } = await start("local", ["--skip-synth"], variables).ended();
    expect(exitCode).toBe(1);
    expect(output).toMatch(/terraform-of-nowhere[\s\S]*https:/);
    expect(existsSync(join(copy, ".local/run.json"))).toBe(false);
  });
});

describe("npm run deploy", () => {
  let emulator: Emulator;
  let variables: NodeJS.ProcessEnv;
  const log = join(temporaryFolder(), "emulator.log");
  beforeAll(async () => {
    emulator = await startAws(log);
    variables = clientVariables(emulator, { account: ACCOUNT, region: REGION });
    expect(await start("deploy", ["access-int", "--skip-synth", "--yes"], variables).ended()).toMatchObject({ exitCode: 0 });
  });
  afterAll(async () => {
    killAll();
    await stopEmulator(emulator.pid);
  });

  test("of a domain whose foundation is not deployed fails, and names the stacks to deploy first", async () => {
    const { exitCode, output } = await start("deploy", ["orders-int", "--skip-synth", "--yes"], variables).ended();
    expect(exitCode).toBe(1);
    expect(output).toMatch(/orders-int cannot be planned/);
    expect(output).toMatch(/first.*npm run deploy -- .*shared-int/);
  });

  test("stopped by Ctrl-C leaves no process and no lock, and continues when it is run again", async () => {
    const command = start("deploy", ["shared-int", "--skip-synth", "--yes"], variables);
    await published(command, log, "shared");
    // Not while all the contracts are created at the same time: an interrupted request may still create its resource, as docs/errors.md
    // explains.
    await sleep(1000);
    const ids = command.interrupt();
    const { exitCode, output } = await command.ended();
    expect([exitCode, output]).toEqual([130, expect.stringMatching(/again/)]);
    expect(running(ids)).toEqual([]);
    expect(locks()).toEqual([]);

    const again = await start("deploy", ["shared-int", "--skip-synth", "--yes"], variables).ended();
    expect(again).toMatchObject({ exitCode: 0, output: expect.stringMatching(/shared-int: deployed/) });
    // The state can contain secret values.
    expect(statSync(join(copy, ".state/shared-int/local/terraform.tfstate")).mode & 0o077).toBe(0);
  });

  test("of one stack twice at the same time: one changes it, and the other says that its plan is too old, or waits", async () => {
    const artifact = join(copy, "cdktf.out/stacks/shared-int/cdk.tf.json");
    const text = readFileSync(artifact, "utf8");
    const state = join(copy, ".state/shared-int/local/terraform.tfstate");
    writeFileSync(artifact, text.replaceAll('"retention_in_days": 14', '"retention_in_days": 30'));
    const both = [1, 2].map(() => start("deploy", ["shared-int", "--skip-synth", "--yes"], variables).ended());
    const results = await Promise.all(both);
    writeFileSync(artifact, text);
    const outcomes = results.map(({ output }) =>
      /shared-int: (deployed|unchanged)|saved plan is stale|state lock|Nothing to do/i.exec(output)?.[0].toLowerCase(),
    );
    expect(outcomes).toContain("shared-int: deployed");
    expect(outcomes).not.toContain(undefined);
    expect(readFileSync(state, "utf8")).toContain('"retention_in_days": 30');
    expect(locks()).toEqual([]);
  });

  describe("of a stack whose plan replaces a resource", () => {
    const artifact = join(copy, "cdktf.out/stacks/shared-int/cdk.tf.json");
    const deploy = (...options: string[]) => start("deploy", ["shared-int", "--skip-synth", "--yes", ...options], variables).ended();
    const serial = () => JSON.parse(readFileSync(join(copy, ".state/shared-int/local/terraform.tfstate"), "utf8")).serial;
    let text: string;
    beforeAll(() => {
      text = readFileSync(artifact, "utf8");
      writeFileSync(artifact, text.replaceAll("shop-shared-int-alarms", "shop-shared-int-alerts"));
    });
    afterAll(() => writeFileSync(artifact, text));

    test("with --yes names the resource, changes nothing, and says which option allows it", async () => {
      const before = serial();
      const { exitCode, output } = await deploy();
      expect([exitCode, serial()]).toEqual([1, before]);
      expect(output).toMatch(/DANGEROUS\nshared-int[\s\S]* aws_sns_topic\.\S+ {3}name \(shop-shared-int-alarms → .*\) replaces the topic/);
      expect(output).toMatch(/Run: npm run deploy -- shared-int --yes .*--accept aws_sns_topic\.\S+/);
    });

    test("applies what it showed if every danger is accepted by its name, and leaves no plan behind", async () => {
      const [, options = ""] = /Run: npm run deploy -- shared-int --yes (.*)/.exec((await deploy()).output) ?? [];
      const { exitCode, output } = await deploy(...options.split(" "));
      expect([exitCode, output]).toEqual([0, expect.stringMatching(/shared-int: deployed/)]);
      expect(readdirSync(join(copy, ".deploy"))).toEqual([]);
      expect((await deploy()).output).toMatch(/Nothing to do: shared-int/);
    });
  });
});

/** The template with `state: { kind: "s3" }`, in a shell that the emulator answers as if it were AWS. */
describe("with the state in S3", () => {
  const own = projectCopy();
  let emulator: Emulator;
  let env: NodeJS.ProcessEnv;
  const run = (name: string, ...args: string[]) => new RunningCommand(own, name, args, env).ended();

  beforeAll(async () => {
    const config = join(own, "project.config.ts");
    writeFileSync(config, readFileSync(config, "utf8").replace('{ kind: "local" }', '{ kind: "s3" }'));
    emulator = await startAws();
    env = clientVariables(emulator, { account: ACCOUNT, region: REGION });
  });
  afterAll(() => stopEmulator(emulator.pid));

  test("npm run bootstrap makes the bucket of the environment, and says the second time that all is there", async () => {
    const first = await run("bootstrap", "int", "--only-bucket", "--yes");
    expect(first).toMatchObject({ exitCode: 0, output: expect.stringMatching(/✔ the bucket shop-int-state-111111111111 .*: done/) });
    const second = await run("bootstrap", "int", "--only-bucket", "--yes");
    expect(second.output).toMatch(/✔ the bucket shop-int-state-111111111111 .*state\n/);
    expect(second.output).not.toContain("… ");
  });

  test("npm run bootstrap makes a bucket for HCP Terraform only in the first environment, and only if it is chosen", async () => {
    const hcp = projectCopy();
    const config = join(hcp, "project.config.ts");
    const text = readFileSync(config, "utf8");
    const bootstrap = (state: string, environment: string) => {
      writeFileSync(config, text.replace('{ kind: "local" }', `{ kind: "hcp", organization: "team"${state} }`));
      return new RunningCommand(hcp, "bootstrap", [environment, "--only-bucket", "--yes"], env).ended();
    };
    const refused = { exitCode: 1, output: expect.stringMatching(/needs no bucket in/) };
    expect(await bootstrap("", "int")).toMatchObject(refused);
    expect(await bootstrap(', workspacesState: "s3"', "live")).toMatchObject(refused);
    const made = { exitCode: 0, output: expect.stringMatching(/✔ the bucket shop-int-state-111111111111/) };
    expect(await bootstrap(', workspacesState: "s3"', "int")).toMatchObject(made);
  });

  test("npm run deploy in a shell for the local AWS keeps the state of the team as it is", async () => {
    await run("deploy", "access-int", "--yes");
    const { exitCode, output } = await run("deploy", "shared-int", "--yes");
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/shared-int: deployed/)]);
    expect(existsSync(join(own, ".state/shared-int/local/terraform.tfstate"))).toBe(true);
  });
});

test("npm run synth stopped by Ctrl-C ends with 130, and leaves the artifact as it is", async () => {
  const manifest = join(copy, "cdktf.out/manifest.json");
  const before = statSync(manifest).ino;
  const command = start("synth");
  await eventually("synth that has begun", () => readdirSync(join(copy, ".build")).some((name) => name.startsWith("artifact-")));
  command.interrupt();
  expect((await command.ended()).exitCode).toBe(130);
  expect(statSync(manifest).ino).toBe(before);
});

test("npm run validate stopped by Ctrl-C does not succeed", async () => {
  const command = start("validate");
  await eventually("stack that is validated", () => existsSync(join(copy, ".deploy/validate")));
  const ids = command.interrupt();
  expect((await command.ended()).exitCode).toBe(130);
  expect(running(ids)).toEqual([]);
});
