import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Stack, workingCopy } from "../../../scripts/artifact/artifact";
import { type DeploymentOptions, deployStacks } from "../../../scripts/terraform/deployment";
import { type Terraform, TerraformError } from "../../../scripts/terraform/terraform";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

let output: jest.SpyInstance;
beforeEach(() => {
  output = jest.spyOn(process.stdout, "write").mockReturnValue(true);
  jest.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => jest.restoreAllMocks());

/** Stacks with folders of their own, so that they can be copied. */
function stacksOf(needs: Record<string, string[]>): Stack[] {
  return Object.entries(needs).map(([id, needed]) => stackOf(id, needed, { folder: temporaryFolder({ "cdk.tf.json": "{}" }) }));
}

/** Two independent branches on one foundation. */
const system = () =>
  stacksOf({
    "shared-int": [],
    "ledger-int": ["shared-int"],
    "orders-int": ["shared-int", "ledger-int"],
    "checkout-int": ["orders-int"],
    "reports-int": ["shared-int"],
  });

/** Deploys with a Terraform that fails where it is told to, and tells what was applied when. */
async function deploy(stacks: Stack[], failing: Record<string, Error> = {}, options: Partial<DeploymentOptions> = {}) {
  const applies: string[] = [];
  const terraform = {
    init: async () => {},
    apply: async (folder: string) => {
      const stack = basename(folder);
      applies.push(`${stack} begins`);
      await sleep(2);
      const error = failing[stack];
      if (error) throw error;
      applies.push(`${stack} ends`);
      return 3;
    },
  } as unknown as Terraform;
  const error = await deployStacks(stacks, { terraform, workFolder: temporaryFolder(), ...options }).catch((thrown) => thrown);
  return { applies, error, shown: output.mock.calls.join("") };
}

const failure = (summary: string, detail = "") => new TerraformError([{ summary, detail }]);

describe("stacks that are deployed", () => {
  test("each begin after all they need have ended", async () => {
    const stacks = system();
    const { applies, error } = await deploy(stacks);
    expect(error).toBeUndefined();
    expect(applies).toHaveLength(2 * stacks.length);
    for (const { stack, needs } of stacks)
      for (const needed of needs) expect(applies.indexOf(`${needed} ends`)).toBeLessThan(applies.indexOf(`${stack} begins`));
  });

  test("run side by side where none needs the other", async () => {
    const { applies } = await deploy(system());
    expect(applies.indexOf("reports-int begins")).toBeLessThan(applies.indexOf("ledger-int ends"));
    expect(applies.indexOf("ledger-int begins")).toBeLessThan(applies.indexOf("reports-int ends"));
  });

  test("may need what was deployed before and is not asked for now", async () => {
    const [orders] = system().filter(({ stack }) => stack === "orders-int") as [Stack];
    const { applies, error } = await deploy([orders]);
    expect(error).toBeUndefined();
    expect(applies).toContain("orders-int ends");
  });

  test("come to their end in a chain longer than what runs at once", async () => {
    const chain = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`d${at}-int`, at === 0 ? [] : [`d${at - 1}-int`]]));
    const { applies } = await deploy(stacksOf(chain));
    expect(applies.at(-1)).toBe("d19-int ends");
  });

  test("leave Ctrl-C to the command, which lets Terraform finish: nothing else listens for it", async () => {
    const before = process.listenerCount("SIGINT");
    let meanwhile: number | undefined;
    const onDeployed = async () => {
      meanwhile = process.listenerCount("SIGINT");
    };
    await deploy(system(), {}, { onDeployed });
    expect(meanwhile).toBe(before);
  });

  test("are at most eight at once: each takes a core while it starts", async () => {
    const { applies } = await deploy(stacksOf(Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`d${at}-int`, []]))));
    let running = 0;
    const most = Math.max(...applies.map((line) => (running += line.endsWith("begins") ? 1 : -1)));
    expect(most).toBe(8);
  });
});

describe("a stack that fails", () => {
  const failing = { "ledger-int": failure("no room for the table", "quota of 1") };

  test("does not stop those that do not need it", async () => {
    const { applies } = await deploy(system(), failing);
    expect(applies).toContain("reports-int ends");
  });

  test("keeps those that need it, near or far, from being tried, and they are said to be so", async () => {
    const { applies, error } = await deploy(system(), failing);
    expect(applies.filter((line) => /orders|checkout/.test(line))).toEqual([]);
    expect(error.message).toMatch(/orders-int was not tried: it needs ledger-int/);
    expect(error.message).toMatch(/checkout-int was not tried: it needs orders-int/);
  });

  test.each([
    "EntityAlreadyExists: Role with name shop-orders-int-record-order exists",
    "InvalidGroup.Duplicate: security group already exists for this VPC",
  ])("because of something that AWS has and the state does not (%s) says where it is told how to go on", async (summary) => {
    const { error } = await deploy(system(), { "ledger-int": failure(summary) });
    expect(error.message).toMatch(/the state of ledger-int does not.*docs\/errors\.md/);
    expect((await deploy(system(), failing)).error.message).not.toMatch(/docs/);
  });

  test("is named in the summary with Terraform's own error, and the well ones are not", async () => {
    const { error } = await deploy(system(), { ...failing, "reports-int": failure("bad schedule") });
    expect(error.name).toBe("UserError");
    expect(error.message).toMatch(/ledger-int failed:\s+no room for the table\s+quota of 1/);
    expect(error.message).toMatch(/reports-int failed:\s+bad schedule/);
    expect(error.message).not.toMatch(/shared-int/);
  });

  test("for want of a contract is told which stack to deploy first", async () => {
    const reading = failure("reading SSM Parameter (/shop/int/ledger/v1/arn): couldn't find resource");
    const [orders] = system().filter(({ stack }) => stack === "orders-int") as [Stack];
    const { error } = await deploy([orders], { "orders-int": reading });
    expect(error.message).toContain(reading.message);
    expect(error.message).toMatch(/first.*npm run deploy -- ledger-int/);
    expect(error.message).not.toMatch(/deploy -- .*shared-int/);
  });

  test("for want of something else is not blamed on a contract", async () => {
    const [orders] = system().filter(({ stack }) => stack === "orders-int") as [Stack];
    const { error } = await deploy([orders], { "orders-int": failure("reading SSM Parameter (/aws/service/ami): couldn't find resource") });
    expect(error.message).not.toMatch(/deploy .*first/i);
  });

  test("by a bug of ours shows that bug, for it is no error of Terraform's", async () => {
    const bug = new TypeError("undefined is not a function");
    expect((await deploy(system(), { "ledger-int": bug })).error).toBe(bug);
  });
});

describe("deploying again", () => {
  test("skips what is deployed already and says so, and deploys the rest", async () => {
    const deployed = new Set<string>();
    const memory = {
      isCurrent: async ({ stack }: Stack) => deployed.has(stack),
      onDeployed: async ({ stack }: Stack) => void deployed.add(stack),
    };
    await deploy(system(), { "orders-int": failure("once") }, memory);
    const { applies, shown } = await deploy(system(), {}, memory);
    expect(applies.filter((line) => line.endsWith("ends"))).toEqual(["orders-int ends", "checkout-int ends"]);
    expect(shown).toMatch(/ledger-int: skipped/);
  });

  test("asks whether a stack is current only when what it needs is deployed, for a contract's value may change with that", async () => {
    const order: string[] = [];
    await deploy(
      system(),
      {},
      { isCurrent: async ({ stack }) => order.push(`${stack}?`) < 0, onDeployed: async ({ stack }) => void order.push(stack) },
    );
    expect(order.indexOf("ledger-int")).toBeLessThan(order.indexOf("orders-int?"));
  });
});

describe("the working copy of a stack", () => {
  test("leaves the artifact as it is, backend override and all", async () => {
    const [stack] = stacksOf({ "orders-int": [] }) as [Stack];
    const backend = { local: { path: "elsewhere" } };
    const workFolder = temporaryFolder();
    await deploy([stack], {}, { workFolder, backendOverride: () => backend });
    expect(JSON.parse(readFileSync(join(workFolder, "orders-int/backend_override.tf.json"), "utf8"))).toEqual({ terraform: { backend } });
    expect(existsSync(join(stack.folder, "backend_override.tf.json"))).toBe(false);
  });

  test("loses the zips that the artifact no longer has, and keeps what Terraform made", () => {
    const [stack] = stacksOf({ "orders-int": [] }) as [Stack];
    const work = temporaryFolder();
    writeFiles(join(work, "orders-int"), { "lambdas/gone.zip": "", ".terraform/providers": "" });
    const folder = workingCopy(stack, work);
    expect(existsSync(join(folder, "lambdas/gone.zip"))).toBe(false);
    expect(existsSync(join(folder, ".terraform/providers"))).toBe(true);
  });
});
