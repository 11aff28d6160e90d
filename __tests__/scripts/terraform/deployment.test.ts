import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Stack, workingCopy } from "../../../scripts/artifact/artifact";
import type { Danger } from "../../../scripts/terraform/dangers/danger";
import { type DeploymentOptions, deployStacks } from "../../../scripts/terraform/deployment";
import type { Plan } from "../../../scripts/terraform/plan";
import { type ApplyOptions, type Terraform, TerraformError } from "../../../scripts/terraform/terraform";
import { UserError } from "../../../shared/errors";
import { plannedChange, planWith } from "../../harness/plans";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder, writeFiles } from "../../harness/temporary-folder";

let output: jest.SpyInstance;
beforeEach(() => {
  output = jest.spyOn(process.stdout, "write").mockReturnValue(true);
  jest.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => jest.restoreAllMocks());

/** Stacks by id, each with the ids of the stacks that it needs. They have folders, so that they can be copied. */
function stacksOf(needs: Record<string, string[]>): Stack[] {
  return Object.entries(needs).map(([id, needed]) => stackOf(id, needed, { folder: temporaryFolder({ "cdk.tf.json": "{}" }) }));
}

/** A foundation, a chain of three domains on it, and a domain beside the chain. */
const system = () =>
  stacksOf({
    "shared-int": [],
    "ledger-int": ["shared-int"],
    "orders-int": ["shared-int", "ledger-int"],
    "checkout-int": ["orders-int"],
    "reports-int": ["shared-int"],
  });

/**
 * Deploys with a fake Terraform.
 * @param failing errors by the stack whose apply throws them, after it has published its contracts or before
 * @returns the beginning, the publishing and the end of every apply, in order; the error of `deployStacks`; and everything that was printed
 */
async function deploy(
  stacks: Stack[],
  failing: Record<string, Error | { afterPublishing: Error }> = {},
  options: Partial<DeploymentOptions> = {},
  plan?: Plan,
) {
  const applies: string[] = [];
  const inits: string[] = [];
  const terraform = {
    init: async (folder: string) => void inits.push(basename(folder)),
    plan: async () => plan,
    apply: async (folder: string, { onPublished }: ApplyOptions) => {
      const stack = basename(folder);
      applies.push(`${stack} begins`);
      await sleep(2);
      const error = failing[stack];
      if (error instanceof Error) throw error;
      applies.push(`${stack} publishes`);
      onPublished?.();
      await sleep(10);
      if (error) throw error.afterPublishing;
      applies.push(`${stack} ends`);
      return 3;
    },
  } as unknown as Terraform;
  const error = await deployStacks(stacks, { terraform, workFolder: temporaryFolder(), ...options }).catch((thrown) => thrown);
  return { applies, inits, error, shown: output.mock.calls.join("") };
}

const failure = (summary: string, detail = "") => new TerraformError([{ summary, detail }]);

describe("a stack that is planned only now", () => {
  const planOf = (existing: number): Plan => planWith([plannedChange("create")], { existing });
  const refuse = async () => {
    throw new UserError("its state is in another place");
  };

  test("is checked before it is created from nothing, and if the check fails, so does the stack, and not the others", async () => {
    const stacks = stacksOf({ "shared-int": [], "ledger-int": [] });
    const checkNew = async ({ stack }: Stack) => {
      if (stack === "ledger-int") await refuse();
    };
    const { applies, error } = await deploy(stacks, {}, { notAccepted: () => [], checkNew }, planOf(0));
    expect(error.message).toContain("ledger-int failed:\n  its state is in another place");
    expect(applies).toContain("shared-int ends");
    expect(applies).not.toContain("ledger-int begins");
  });

  test("is not checked if it exists already", async () => {
    const { applies } = await deploy(stacksOf({ "shared-int": [] }), {}, { notAccepted: () => [], checkNew: refuse }, planOf(3));
    expect(applies).toContain("shared-int ends");
  });
});

describe("deployed stacks", () => {
  test("each begin after all the stacks that they need have published their contracts", async () => {
    const stacks = system();
    const { applies, error } = await deploy(stacks);
    expect(error).toBeUndefined();
    expect(applies).toHaveLength(3 * stacks.length);
    for (const { stack, needs } of stacks)
      for (const needed of needs) expect(applies.indexOf(`${needed} publishes`)).toBeLessThan(applies.indexOf(`${stack} begins`));
  });

  test("do not wait for the end of the stacks that they need", async () => {
    const { applies } = await deploy(system());
    expect(applies.indexOf("orders-int begins")).toBeLessThan(applies.indexOf("ledger-int ends"));
  });

  test("wait for the stacks that they need in whatever order they are given", async () => {
    const { applies, error } = await deploy(system().reverse());
    expect(error).toBeUndefined();
    expect(applies.indexOf("shared-int publishes")).toBe(1);
    expect(applies.indexOf("ledger-int publishes")).toBeLessThan(applies.indexOf("orders-int begins"));
    expect(applies.indexOf("orders-int publishes")).toBeLessThan(applies.indexOf("checkout-int begins"));
  });

  test("run side by side if none needs the other", async () => {
    const { applies } = await deploy(system());
    expect(applies.indexOf("reports-int begins")).toBeLessThan(applies.indexOf("ledger-int ends"));
    expect(applies.indexOf("ledger-int begins")).toBeLessThan(applies.indexOf("reports-int ends"));
  });

  test("can need a stack that was deployed earlier and is not deployed now", async () => {
    const [orders] = system().filter(({ stack }) => stack === "orders-int") as [Stack];
    const { applies, error } = await deploy([orders]);
    expect(error).toBeUndefined();
    expect(applies).toContain("orders-int ends");
  });

  test("are all deployed in a chain that is longer than the number of stacks that run at the same time", async () => {
    const chain = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`d${at}-int`, at === 0 ? [] : [`d${at - 1}-int`]]));
    const { applies } = await deploy(stacksOf(chain).reverse());
    expect(applies.at(-1)).toBe("d19-int ends");
  });

  test("add no listener for Ctrl-C: the command handles it, and lets Terraform finish", async () => {
    const before = process.listenerCount("SIGINT");
    let meanwhile: number | undefined;
    const onDeployed = async () => {
      meanwhile = process.listenerCount("SIGINT");
    };
    await deploy(system(), {}, { onDeployed });
    expect(meanwhile).toBe(before);
  });

  test("are at most eight at the same time, because Terraform uses a processor while it starts", async () => {
    const { applies } = await deploy(stacksOf(Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`d${at}-int`, []]))));
    let running = 0;
    const ends = applies.filter((line) => !line.endsWith("publishes"));
    const most = Math.max(...ends.map((line) => (running += line.endsWith("begins") ? 1 : -1)));
    expect(most).toBe(8);
  });
});

describe("a stack that fails", () => {
  const failing = { "ledger-int": failure("no room for the table", "quota of 1") };

  test("does not stop the stacks that do not need it", async () => {
    const { applies } = await deploy(system(), failing);
    expect(applies).toContain("reports-int ends");
  });

  test("after it has published its contracts is reported, and the stacks that need it are deployed", async () => {
    const { applies, error } = await deploy(system(), { "ledger-int": { afterPublishing: failure("no room for the alarm") } });
    expect(error.message).toMatch(/ledger-int failed:\s+no room for the alarm/);
    expect(error.message).not.toMatch(/not started/);
    expect(applies).toContain("checkout-int ends");
  });

  test("stops the stacks that need it, directly or through others, and the error names them", async () => {
    const { applies, error } = await deploy(system(), failing);
    expect(applies.filter((line) => /orders|checkout/.test(line))).toEqual([]);
    expect(error.message).toMatch(/orders-int was not started: it needs ledger-int/);
    expect(error.message).toMatch(/checkout-int was not started: it needs orders-int/);
  });

  test.each([
    "EntityAlreadyExists: Role with name shop-orders-int-record-order exists",
    "InvalidGroup.Duplicate: security group already exists for this VPC",
  ])("because a resource exists in AWS but not in the state (%s) names the page that explains how to import it", async (summary) => {
    const { error } = await deploy(system(), { "ledger-int": failure(summary) });
    expect(error.message).toMatch(/exists in AWS, but not in the state of ledger-int\. docs\/errors\.md explains/);
    expect((await deploy(system(), failing)).error.message).not.toMatch(/docs/);
  });

  test("is named in the error with Terraform's own message, and a stack that succeeded is not", async () => {
    const { error } = await deploy(system(), { ...failing, "reports-int": failure("bad schedule") });
    expect(error.name).toBe("UserError");
    expect(error.message).toMatch(/ledger-int failed:\s+no room for the table\s+quota of 1/);
    expect(error.message).toMatch(/reports-int failed:\s+bad schedule/);
    expect(error.message).not.toMatch(/shared-int/);
  });

  test("because a contract is not published names the stack to deploy first", async () => {
    const reading = failure("reading SSM Parameter (/shop/int/ledger/v1/arn): couldn't find resource");
    const [orders] = system().filter(({ stack }) => stack === "orders-int") as [Stack];
    const { error } = await deploy([orders], { "orders-int": reading });
    expect(error.message).toContain(reading.message);
    expect(error.message).toMatch(/first.*npm run deploy -- ledger-int/);
    expect(error.message).not.toMatch(/deploy -- .*shared-int/);
  });

  test("because another parameter is missing names no stack to deploy first", async () => {
    const [orders] = system().filter(({ stack }) => stack === "orders-int") as [Stack];
    const { error } = await deploy([orders], { "orders-int": failure("reading SSM Parameter (/aws/service/ami): couldn't find resource") });
    expect(error.message).not.toMatch(/deploy .*first/i);
  });

  test("with an error that is not Terraform's rejects with that error, because it is a bug", async () => {
    const bug = new TypeError("undefined is not a function");
    expect((await deploy(system(), { "ledger-int": bug })).error).toBe(bug);
  });
});

describe("a second deploy", () => {
  test("skips the stacks that are current, says so, and deploys the others", async () => {
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

  test("starts nothing for the stacks that it skips", async () => {
    const { inits } = await deploy(system(), {}, { isCurrent: async ({ stack }) => stack !== "ledger-int" });
    expect(inits).toEqual(["ledger-int"]);
  });

  test("deploys a stack that was up to date, if the deployment of a stack that it needs changes a contract value", async () => {
    let askedForOrders = 0;
    const isCurrent = async ({ stack }: Stack) => stack === "orders-int" && ++askedForOrders === 1;
    const { applies } = await deploy(system(), {}, { isCurrent });
    expect(applies).toContain("orders-int begins");
  });
});

describe("a stack with a plan", () => {
  const danger: Danger = { name: "aws_sqs_queue.x", kind: "data", text: "destroys the queue and its messages" };
  const destroying = planWith([plannedChange("destroy")], { dangers: [danger] });

  /** Deploys one stack. @param later the plan that Terraform makes during the deployment */
  async function deployPlanned({ shown, later = destroying, isAccepted = false }: { shown?: Plan; later?: Plan; isAccepted?: boolean }) {
    const [stack] = stacksOf({ "orders-int": [] }) as [Stack];
    const applied: unknown[] = [];
    const terraform = {
      init: async () => {},
      plan: async () => later,
      apply: async (folder: string, { plan }: ApplyOptions) => applied.push([folder, plan]),
    } as unknown as Terraform;
    const plans = new Map(shown && [["orders-int", { stack, plan: shown }]]);
    const folders = new Map(shown && [["orders-int", "where it was planned"]]);
    const options = {
      terraform,
      workFolder: temporaryFolder(),
      plans,
      folders,
      notAccepted: ({ dangers }: Plan) => (isAccepted ? [] : dangers),
    };
    const error = await deployStacks([stack], options).catch((thrown) => thrown);
    return { applied, error };
  }

  test("that was shown gets exactly that plan, whatever it destroys", async () => {
    const { applied, error } = await deployPlanned({ shown: destroying });
    expect([applied, error]).toEqual([[["where it was planned", destroying]], undefined]);
  });

  test("that nobody has seen, and that is dangerous, fails with its dangers, and changes nothing", async () => {
    const { applied, error } = await deployPlanned({});
    expect(applied).toEqual([]);
    expect(error.message).toMatch(
      /orders-int failed:[\s\S]*aws_sqs_queue\.x {3}destroys the queue and its messages[\s\S]*how to accept it/,
    );
  });

  test("that nobody has seen is applied if it is harmless, or if its dangers were accepted", async () => {
    const harmless = planWith([plannedChange("update")]);
    expect((await deployPlanned({ later: harmless })).applied).toMatchObject([[expect.anything(), harmless]]);
    expect((await deployPlanned({ isAccepted: true })).applied).toMatchObject([[expect.anything(), destroying]]);
  });

  test("that is empty is not applied", async () => {
    expect((await deployPlanned({ shown: planWith([]) })).applied).toEqual([]);
  });
});

test("a stack whose state could not be saved fails with the command that saves it, and not with the advice to run the command again", async () => {
  const workFolder = temporaryFolder({ "ledger-int/errored.tfstate": "{}" });
  const { error } = await deploy(system(), { "ledger-int": failure("no space left on device") }, { workFolder });
  expect(error.message).toMatch(/ledger-int\/errored\.tfstate, and nowhere else/);
  expect(error.message).not.toMatch(/run the command again/);
  expect((await deploy(system(), { "ledger-int": failure("another reason") })).error.message).toMatch(/run the command again/);
});

describe("the working copy of a stack", () => {
  test("gets the backend override, and the artifact does not change", async () => {
    const [stack] = stacksOf({ "orders-int": [] }) as [Stack];
    const backend = { local: { path: "elsewhere" } };
    const workFolder = temporaryFolder();
    await deploy([stack], {}, { workFolder, backendOverride: () => backend });
    expect(JSON.parse(readFileSync(join(workFolder, "orders-int/backend_override.tf.json"), "utf8"))).toEqual({ terraform: { backend } });
    expect(existsSync(join(stack.folder, "backend_override.tf.json"))).toBe(false);
  });

  test("loses the zips that the artifact no longer has, and keeps Terraform's own files", () => {
    const [stack] = stacksOf({ "orders-int": [] }) as [Stack];
    const work = temporaryFolder();
    writeFiles(join(work, "orders-int"), { "lambdas/gone.zip": "", ".terraform/providers": "" });
    const folder = workingCopy(stack, work);
    expect(existsSync(join(folder, "lambdas/gone.zip"))).toBe(false);
    expect(existsSync(join(folder, ".terraform/providers"))).toBe(true);
  });
});
