import { basename } from "node:path";
import type { Stack } from "../../../scripts/artifact/artifact";
import type { Plan } from "../../../scripts/terraform/plan";
import { planStacks, requirePlans } from "../../../scripts/terraform/planning";
import { type Terraform, TerraformError } from "../../../scripts/terraform/terraform";
import { plannedChange, planWith } from "../../harness/plans";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

beforeEach(() => {
  jest.spyOn(process.stdout, "write").mockReturnValue(true);
  jest.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => jest.restoreAllMocks());

const PRIVATE = planWith([plannedChange("update")]);
const PUBLISHING = planWith([plannedChange("update", { type: "aws_ssm_parameter" })]);
const missing = (domain: string) =>
  new TerraformError([{ summary: `reading SSM Parameter (/shop/int/${domain}/v1/arn): couldn't find resource`, detail: "" }]);

const stack = (id: string, needs: string[]): Stack => stackOf(id, needs, { folder: temporaryFolder({ "cdk.tf.json": "{}" }) });
const shared = stack("shared-int", []);
const ledger = stack("ledger-int", ["shared-int"]);
const orders = stack("orders-int", ["shared-int", "ledger-int"]);
const checkout = stack("checkout-int", ["orders-int"]);

/** Plans with a fake Terraform that has these results, by stack. Every other plan changes a queue. */
async function plan(stacks: Stack[], results: Record<string, Plan | Error>) {
  const terraform = {
    init: async () => {},
    plan: async (folder: string) => {
      const result = results[basename(folder)] ?? PRIVATE;
      if (result instanceof Error) throw result;
      return result;
    },
  } as unknown as Terraform;
  const plans = await planStacks(stacks, { terraform, workFolder: temporaryFolder() });
  requirePlans(plans);
  const { planned, later } = plans;
  return { planned: [...planned.keys()], later: Object.fromEntries(later) };
}

test("stacks whose contracts exist and do not change are all planned", async () => {
  expect(await plan([shared, ledger, orders], {})).toEqual({ planned: ["shared-int", "ledger-int", "orders-int"], later: {} });
});

test("a stack whose contracts are published by the same deployment is planned later, and so is a stack that needs it", async () => {
  const results = { "ledger-int": PUBLISHING, "orders-int": missing("ledger"), "checkout-int": missing("orders") };
  expect(await plan([checkout, orders, ledger, shared], results)).toEqual({
    planned: ["shared-int", "ledger-int"],
    later: { "orders-int": ["ledger-int"], "checkout-int": ["orders-int"] },
  });
});

test("a stack whose contracts change is planned later, because its plan has the old values", async () => {
  expect(await plan([ledger, orders], { "ledger-int": PUBLISHING })).toEqual({
    planned: ["ledger-int"],
    later: { "orders-int": ["ledger-int"] },
  });
});

test("a missing contract of a stack that is not deployed now is an error that names that stack", async () => {
  const error = await plan([orders], { "orders-int": missing("ledger") }).catch((thrown) => thrown);
  expect(error.name).toBe("UserError");
  expect(error.message).toMatch(/orders-int cannot be planned:[\s\S]*npm run deploy -- ledger-int[\s\S]*Nothing was changed/);
});

test("every stack that cannot be planned for another reason is in the error", async () => {
  const results = {
    "ledger-int": new TerraformError([{ summary: "no", detail: "" }]),
    "orders-int": new TerraformError([{ summary: "never", detail: "" }]),
  };
  const error = await plan([shared, ledger, orders], results).catch((thrown) => thrown);
  expect(error.message).toMatch(/ledger-int cannot be planned:\n {2}no/);
  expect(error.message).toMatch(/orders-int cannot be planned:\n {2}never/);
});

test("an error that is not Terraform's is not hidden, because it is a bug", async () => {
  await expect(plan([shared], { "shared-int": new TypeError("bug") })).rejects.toThrow(TypeError);
});
