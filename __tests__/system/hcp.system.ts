import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Lambda } from "@aws-sdk/client-lambda";
import { SSM } from "@aws-sdk/client-ssm";
import { readArtifact, type Stack } from "../../scripts/artifact/artifact";
import { jsonIn } from "../../scripts/cli/json";
import { runProcess } from "../../scripts/cli/process";
import { clientVariables } from "../../scripts/local/client-settings";
import { statePath } from "../../scripts/local/files";
import { checkWorkspaces } from "../../scripts/terraform/hcp";
import { findMirror, terraformEnvironment } from "../../scripts/terraform/provider";
import { Terraform, TerraformError } from "../../scripts/terraform/terraform";
import { stateFile } from "../../shared/naming";
import { type HcpServer, startHcp } from "../harness/hcp/server";
import { commandsUnder } from "../harness/page";
import { projectCopy } from "../harness/project-copy";
import { runningSystem } from "../harness/running-system";
import type { Json } from "../harness/synth";
import { inFolder, readJson, temporaryFolder, writeFiles } from "../harness/temporary-folder";

const { run, stacks, settings, publishBoundary } = runningSystem();
const lambdas = new Lambda(settings);
const ssm = new SSM(settings);
const [first] = stacks as [Stack, ...Stack[]];
const TOKEN = "token-of-the-test";

/** A copy of the project with a new domain, whose states are in HCP Terraform. */
const copy = projectCopy();
const config = join(copy, "project.config.ts");
const original = readFileSync(config, "utf8");

let hcp: HcpServer;
let env: NodeJS.ProcessEnv;
let removeBoundary: () => Promise<unknown>;
beforeAll(async () => {
  removeBoundary = await publishBoundary("notesBoundaryArn");
  const own = { ...terraformEnvironment(), ...clientVariables(run, first) };
  hcp = await startHcp({ token: TOKEN, terraformEnvironment: own });
  const cliConfig = join(temporaryFolder(), "terraform.rc");
  const ownConfig = own.TF_CLI_CONFIG_FILE ? readFileSync(own.TF_CLI_CONFIG_FILE, "utf8") : "";
  writeFileSync(cliConfig, `${ownConfig}\n${hcp.cliConfiguration}`);
  env = { ...own, TF_CLI_CONFIG_FILE: cliConfig, TF_TOKEN_app_terraform_io: TOKEN };
  const mirror = findMirror();
  // cdktf asks the registry for checksums, also where there is a mirror.
  if (mirror) env.TF_CLI_ARGS_providers_lock = `-fs-mirror=${mirror}`;
  writeFiles(copy, NOTES);
  // The imitation has no TLS.
  const { fetch } = globalThis;
  jest.spyOn(globalThis, "fetch").mockImplementation((url, init) => fetch(String(url).replace("https://app.terraform.io", hcp.url), init));
  process.env.TF_TOKEN_app_terraform_io = TOKEN;
}, 60_000);
afterAll(async () => {
  delete process.env.TF_TOKEN_app_terraform_io;
  jest.restoreAllMocks();
  await Promise.all([hcp.close(), removeBoundary()]);
});

const NOTES = {
  "domains/notes/stack.ts": `import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";

export default class Notes extends DomainStack {
  protected define(): void {
    new NodejsFunction(this, "take-note", { memorySize: 256 });
  }
}
`,
  "domains/notes/lambdas/take-note.ts": "export const handler = async () => {};\n",
};

/** Types a command into a shell, in the copy. @throws Error with the output when the command fails */
async function type(command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runProcess("bash", ["-c", command], { cwd: copy, env });
  if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}:\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** Sets the state of the project, and synthesizes. */
async function choose(state: string, changes: [before: string, after: string][] = []): Promise<void> {
  const text = changes.reduce((changed, [before, after]) => changed.replaceAll(before, after), original);
  writeFileSync(config, text.replace('{ kind: "local" }', state));
  await type("npm run synth");
}
const stackOf = (id: string) => {
  const found = inFolder(copy, () => readArtifact().find(({ stack }) => stack === id));
  if (!found) throw new Error(`The artifact has no ${id}.`);
  return { ...found, folder: join(copy, found.folder) };
};
const HCP = '{ kind: "hcp", organization: "team" }';

/** Sends every call of HCP to the imitation. */
const PRELOAD = `const { fetch } = globalThis;
globalThis.fetch = (url, init) => fetch(String(url).replace("https://app.terraform.io", process.env.TEST_HCP), init);
`;

/**
 * Lets the commands of the copy take the local AWS for AWS itself. With its mark they would not use HCP, and without it they refuse its
 * endpoint, and its account, which is the template's.
 */
function acceptLocalAws(): void {
  const replaceIn = (path: string, before: string, after: string) => {
    const text = readFileSync(join(copy, path), "utf8");
    if (!text.includes(before)) throw new Error(`${path} has no ${before}`);
    writeFileSync(join(copy, path), text.replace(before, after));
  };
  replaceIn("scripts/aws/shell.ts", "else checkOtherShell(endpoints);", "");
  replaceIn("scripts/aws/account.ts", "if (isSampleAccount(account) &&", "if (false &&");
}

/** Runs a command of this project in the copy, in a shell without the mark of the local AWS. */
async function command(name: string, ...args: string[]): Promise<{ exitCode: number | undefined; output: string; json: Json }> {
  const { LOCAL_AWS: _, ...variables } = env;
  const preload = join(copy, ".build/preload.cjs");
  writeFileSync(preload, PRELOAD);
  const own = { ...variables, TEST_HCP: hcp.url };
  const program = ["--require", preload, "--import", "./scripts/typescript.mjs", `scripts/commands/${name}.ts`, ...args, "--skip-synth"];
  const { exitCode, stdout, stderr } = await runProcess(process.execPath, program, { cwd: copy, env: own });
  return { exitCode, output: stdout + stderr, json: jsonIn(stdout) };
}

/** Changes the stack notes-int in the artifact of the copy. */
function changeNotes(edit: (json: Json) => void): void {
  const file = join(stackOf("notes-int").folder, "cdk.tf.json");
  const json = readJson(file);
  edit(json);
  writeFileSync(file, JSON.stringify(json));
}

describe("with remote execution", () => {
  beforeAll(async () => {
    hcp.createWorkspace("shop-notes-int", { execution: "remote" });
    await choose(HCP);
  }, 60_000);
  afterAll(() => type("npx cdktf destroy notes-int --auto-approve"), 60_000);

  test("cdktf deploy from a laptop is a run in the workspace, which gets the folder of the stack and nothing else", async () => {
    await type("npx cdktf deploy notes-int --auto-approve");
    expect(hcp.uploads.at(-1)?.files.filter((file) => !file.startsWith(".terraform"))).toEqual(
      expect.arrayContaining(["cdk.tf.json", "domain.json", "lambdas/take-note.zip"]),
    );
    expect(await lambdas.getFunctionConfiguration({ FunctionName: "shop-notes-int-take-note" })).toMatchObject({ MemorySize: 256 });
    expect(hcp.stateOf("shop-notes-int")?.resources.length).toBeGreaterThan(0);
    expect(existsSync(join(copy, ".state"))).toBe(false);
  });

  test("our commands know what a run plans and changes, although the server prints text", async () => {
    const stack = stackOf("notes-int");
    const json = readFileSync(join(stack.folder, "cdk.tf.json"), "utf8").replace('"memory_size": 256', '"memory_size": 512');
    writeFileSync(join(stack.folder, "cdk.tf.json"), json);
    const terraform = new Terraform(env as Record<string, string>);
    const plan = await terraform.plan(stack.folder, stack.stack);
    expect(plan.changes.map(({ type, action }) => [type, action])).toEqual([
      ["aws_lambda_alias", "update"],
      ["aws_lambda_function", "update"],
    ]);
    expect(await terraform.apply(stack.folder, { plan })).toBe(2);
    expect(await terraform.drift(stack.folder)).toBeInstanceOf(Array);
    rmSync(join(stack.folder, plan.file));
    expect(await lambdas.getFunctionConfiguration({ FunctionName: "shop-notes-int-take-note" })).toMatchObject({ MemorySize: 512 });
  });

  describe("a saved plan", () => {
    const SECRET = "hunter2-of-the-test";
    const changed = { memory: 512 };
    /** Changes the stack, and plans it. */
    async function plan(...options: string[]): Promise<{ location: string; expect: string; output: string }> {
      changed.memory++;
      changeNotes(({ resource }) => {
        for (const lambda of Object.values<Json>(resource.aws_lambda_function)) lambda.memory_size = changed.memory;
        resource.aws_ssm_parameter = {
          ...resource.aws_ssm_parameter,
          secret: { name: "/shop/int/notes/secret", type: "SecureString", value: `${SECRET}-${changed.memory}` },
        };
      });
      const { exitCode, output, json } = await command("plan", "notes-int", "--json", ...options);
      if (exitCode !== 0) throw new Error(output);
      return { ...json.planned[0], output };
    }
    const apply = (...options: string[]) => command("apply", ...(options.length > 0 ? options : ["notes-int"]), "--yes");
    const applyExpecting = (text: string) => apply("notes-int", "--expect", text);
    const memoryOf = async () => (await lambdas.getFunctionConfiguration({ FunctionName: "shop-notes-int-take-note" })).MemorySize;
    const record = () => join(copy, ".deploy/plans/notes-int/record.json");
    const refusal = (what: string) => expect.stringContaining(`${what}. Nothing was changed.`);
    /** Expects that an apply is refused before anything changes. */
    async function expectRefused(refused: ReturnType<typeof apply>, ...texts: string[]): Promise<void> {
      const before = hcp.stateOf("shop-notes-int")?.serial;
      const { exitCode, output } = await refused;
      for (const text of texts) expect([exitCode, output]).toEqual([1, expect.stringContaining(text)]);
      expect(output).toEqual(refusal("notes-int: the plan is not applied, because it was made for something else"));
      expect(hcp.stateOf("shop-notes-int")?.serial).toBe(before);
    }

    beforeAll(acceptLocalAws);
    afterAll(async () => {
      const { Parameters = [] } = await ssm.getParametersByPath({ Path: "/shop/int/notes/version", Recursive: true });
      for (const { Name } of Parameters) await ssm.deleteParameter({ Name });
    });

    test("is a run on the server, which an apply confirms. Its summary has no sensitive value, and its token is of no administrator", async () => {
      const { location, output } = await plan();
      const runs = hcp.uploads.length;
      expect(location).toBe(`hcp://run-${runs}`);
      expect(readJson(join(copy, ".deploy/plans/notes-int/plan.tfplan"))).toEqual({
        remote_plan_format: 1,
        run_id: `run-${runs}`,
        hostname: "app.terraform.io",
      });
      expect(output).toContain('"memory_size": "512 → 513"');
      expect(output + readFileSync(record(), "utf8")).not.toContain(SECRET);

      const { exitCode, output: applied } = await apply();
      expect([exitCode, applied]).toEqual([0, expect.stringContaining("notes-int: deployed")]);
      expect([await memoryOf(), hcp.uploads.length]).toEqual([changed.memory, runs]);
      expect(applied).not.toContain(SECRET);
    });

    test("can be applied on another machine, which knows what the one that planned has printed", async () => {
      const planned = await plan();
      rmSync(join(copy, ".deploy"), { recursive: true });
      const { exitCode, output } = await applyExpecting(planned.expect);
      expect([exitCode, output]).toEqual([0, expect.stringMatching(/~ aws_ssm_parameter.secret {3}.*\bvalue\b/)]);
      expect([await memoryOf(), hcp.uploads.length]).toEqual([changed.memory, Number(planned.location.replace("hcp://run-", ""))]);
      expect(output).not.toContain(SECRET);
    });

    test("that was applied, or that the server has discarded because the state has changed, is refused", async () => {
      const { location } = await plan();
      const { location: later } = await plan();
      const applied = await applyExpecting(`location=${later}`);
      expect([applied.exitCode, applied.output]).toEqual([0, expect.stringContaining("notes-int: deployed")]);
      await expectRefused(
        applyExpecting(`location=${location}`),
        "the state: planned with serial",
        "the status of the run: planned with planned_and_saved, but it is discarded",
      );
      await expectRefused(applyExpecting(`location=${later}`), "but it is applied");
    });

    test("that belongs to another stack, or that is not on the server, is refused", async () => {
      const { location } = await plan();
      hcp.createWorkspace("shop-ledger-int", { execution: "remote" });
      const { exitCode, output } = await apply("ledger-int", "--expect", `location=${location}`);
      expect([exitCode, output]).toEqual([1, expect.stringContaining("the stack: planned with notes-int, but it is ledger-int")]);
      expect(output).toContain("the workspace: planned with shop-notes-int, but it is shop-ledger-int");
      const missing = await applyExpecting("location=hcp://run-none");
      expect([missing.exitCode, missing.output]).toEqual([
        1,
        refusal("notes-int: the run run-none is not on app.terraform.io, or your token may not see it"),
      ]);
    });

    test("whose configuration version, run or artifact is another one is refused", async () => {
      const { location } = await plan();
      const saved = readFileSync(record(), "utf8");
      const change = (edit: (json: Json) => void) => {
        const json = JSON.parse(saved);
        edit(json);
        writeFileSync(record(), JSON.stringify(json));
      };
      change(({ run }) => {
        run.configurationVersion = "cv-1";
      });
      await expectRefused(apply(), "the configuration version of the run: planned with cv-1, but it is cv-");
      change(({ run }) => {
        run.id = "run-1";
      });
      await expectRefused(apply(), `the run: planned with run-1, but it is ${location.replace("hcp://", "")}`);
      changeNotes(({ resource }) => {
        for (const lambda of Object.values<Json>(resource.aws_lambda_function)) lambda.memory_size = 1024;
      });
      await expectRefused(applyExpecting(`location=${location}`), "the artifact: planned with");
    });

    test("is applied by npm run deploy in a row, and the next one finds nothing to do", async () => {
      changeNotes(({ resource }) => {
        for (const lambda of Object.values<Json>(resource.aws_lambda_function)) lambda.memory_size = 1536;
      });
      const runs = hcp.uploads.length;
      const { exitCode, output } = await command("deploy", "notes-int", "--yes");
      expect([exitCode, output]).toEqual([0, expect.stringContaining("notes-int: deployed")]);
      expect([await memoryOf(), hcp.uploads.length]).toEqual([1536, runs + 1]);
      expect((await command("deploy", "notes-int", "--yes")).output).toContain("Nothing to do: notes-int runs as it is in this checkout.");
    });

    test("of something that npm run plan has not uploaded is refused, and so is the plan of a pull request", async () => {
      const folder = stackOf("notes-int").folder;
      changeNotes(({ resource }) => {
        for (const lambda of Object.values<Json>(resource.aws_lambda_function)) lambda.memory_size = 2048;
      });
      await new Terraform(env as Record<string, string>).plan(folder, "notes-int");
      rmSync(join(folder, "deploy.tfplan"));
      const other = await applyExpecting(`location=hcp://run-${hcp.uploads.length}`);
      expect([other.exitCode, other.output]).toEqual([1, expect.stringContaining("was not started by npm run plan. Nothing was changed.")]);
      const { location } = await plan("--pull-request");
      await expectRefused(applyExpecting(`location=${location}`), "but it is discarded");
    });
  });

  test("a run that fails says why", async () => {
    const stack = stackOf("notes-int");
    const missing = { data: { aws_ssm_parameter: { missing: { name: "/shop/int/nobody/v1/arn" } } } };
    writeFileSync(join(stack.folder, "missing.tf.json"), JSON.stringify(missing));
    const failed = new Terraform(env as Record<string, string>).plan(stack.folder, stack.stack);
    await expect(failed).rejects.toThrow(TerraformError);
    await expect(failed).rejects.toThrow("reading SSM Parameter (/shop/int/nobody/v1/arn)");
    rmSync(join(stack.folder, "missing.tf.json"));
  });
});

describe("a workspace", () => {
  test("that does not exist is refused, and is not created", async () => {
    await expect(checkWorkspaces([stackOf("notes-int"), stackOf("orders-int")])).rejects.toThrow(
      "does not have these workspaces, or your token may not see them: shop-orders-int.",
    );
    expect(hcp.workspaceNames()).not.toContain("shop-orders-int");
  });

  test("that somebody has locked is refused with the name and the reason", async () => {
    hcp.lock("shop-notes-int", { user: "ann", reason: "moving house" });
    await expect(checkWorkspaces([stackOf("notes-int")])).rejects.toThrow("shop-notes-int is locked by ann (moving house)");
    hcp.unlock("shop-notes-int");
    await checkWorkspaces([stackOf("notes-int")]);
  });
});

test("a state moves from the clone to a workspace and back with the commands of the page, and nothing is planned afterwards", async () => {
  const reports = stacks.find(({ domain }) => domain === "reports") as Stack;
  const file = join(copy, stateFile(reports.stack));
  mkdirSync(join(copy, ".state"));
  copyFileSync(statePath(reports), file);
  hcp.createWorkspace("shop-reports-int", { execution: "local" });
  const commands = commandsUnder("hcp.md", "Moving the states").map((command) => command.replaceAll("orders-int", reports.stack));
  const [, intoAll = "", planAll = "", , pull = "", , forget = "", init = "", push = "", plan = ""] = commands;
  const [into, planOne] = [intoAll, planAll].map((loop) => loop.replace("*-int", reports.stack));

  await choose('{ kind: "local" }');
  await type(init);
  await choose('{ kind: "hcp", organization: "team", execution: "local" }');
  await type(`echo yes | (${into})`);
  expect(await type(`${planOne}`)).toContain("No changes.");
  const state = JSON.parse(readFileSync(file, "utf8"));
  expect(hcp.stateOf("shop-reports-int")?.resources).toHaveLength(state.resources.length);

  await type(pull);
  renameSync(join(copy, ".state"), join(copy, ".state-before"));
  await choose('{ kind: "local" }');
  for (const command of [forget, init, push]) await type(command);
  expect(await type(plan)).toContain("No changes.");
  expect(hcp.stateOf("shop-reports-int")?.resources).toHaveLength(state.resources.length);
}, 120_000);

test("the environment that owns what an account has once cannot be destroyed while another one shares the account", async () => {
  await choose(HCP, [["222222222222", "111111111111"]]);
  const folder = join(copy, "cdktf.out/stacks/access-int");
  const file = join(folder, "cdk.tf.json");
  const change = (edit: (json: Json) => void) => {
    const json = readJson(file);
    edit(json);
    writeFileSync(file, JSON.stringify(json));
  };
  // The running system has the other resources of the stack.
  change((json) => {
    const { "hcp-terraform": provider } = json.resource.aws_iam_openid_connect_provider;
    json.resource = { aws_iam_openid_connect_provider: { "hcp-terraform": provider } };
  });
  writeFileSync(
    join(folder, "backend_override.tf.json"),
    JSON.stringify({ terraform: { backend: { local: { path: "access.tfstate" } } } }),
  );
  for (const command of ["init -reconfigure", "apply -auto-approve"]) await type(`terraform -chdir=${folder} ${command}`);
  await expect(type(`terraform -chdir=${folder} destroy -auto-approve -no-color`)).rejects.toThrow("Instance cannot be destroyed");

  // As if each environment had an account of its own again.
  change((json) => {
    for (const provider of Object.values<Json>(json.resource.aws_iam_openid_connect_provider)) delete provider.lifecycle;
  });
  await type(`terraform -chdir=${folder} destroy -auto-approve`);
}, 120_000);
