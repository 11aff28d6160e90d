import { destructive, type Plan, type PlannedChange, plannedChanges, publishes, type ShownPlan } from "../../../scripts/terraform/plan";
import { describeChange, describeDestructive, describePlan } from "../../../scripts/terraform/plan-text";
import { stackOf } from "../../harness/stacks";

type Resource = NonNullable<ShownPlan["resource_changes"]>[number];

/** A change of one resource, as `terraform show -json` describes it. */
function shown(actions: string[], change: Partial<Resource["change"]> = {}, resource: Partial<Resource> = {}): ShownPlan {
  const whole = { actions, before: {}, after: {}, after_unknown: {}, ...change };
  return { resource_changes: [{ address: "aws_sqs_queue.placed", mode: "managed", type: "aws_sqs_queue", ...resource, change: whole }] };
}

const planOf = (changes: Plan["changes"], existing = 1): Plan => ({ file: "plan", changes, isEmpty: changes.length === 0, existing });
const planned = (plan: Plan) => ({ stack: stackOf("orders-int"), plan });

test.each([
  [["create"], "create"],
  [["update"], "update"],
  [["delete", "create"], "replace"],
  [["create", "delete"], "replace"],
  [["delete"], "destroy"],
  [["forget"], "forget"],
])("the actions %j of Terraform are the change %j", (actions, action) => {
  expect(plannedChanges(shown(actions))).toMatchObject([{ address: "aws_sqs_queue.placed", action }]);
});

test("a resource whose creation did not finish is created again, which destroys nothing", () => {
  const changes = plannedChanges(shown(["delete", "create"], {}, { action_reason: "replace_because_tainted" }));
  expect(changes).toMatchObject([{ action: "recreate" }]);
  expect(destructive(planOf(changes))).toEqual([]);
});

test("a resource that does not change, and a data source that is read, are no changes", () => {
  expect(plannedChanges(shown(["no-op"]))).toEqual([]);
  expect(plannedChanges(shown(["read"], {}, { mode: "data" }))).toEqual([]);
  expect(plannedChanges({})).toEqual([]);
});

test("an update names the attributes that change or that are known only afterwards, and no others", () => {
  const change = {
    before: { name: "a", tags: { x: "1" }, arn: "arn", parts: [] },
    after: { name: "a", tags: { x: "2" }, parts: [{}] },
    after_unknown: { arn: true, name: false, parts: [{ id: true }], tags: {} },
  };
  expect(plannedChanges(shown(["update"], change))).toMatchObject([{ attributes: ["arn", "parts", "tags"] }]);
});

test("a replacement names the attributes that cannot be changed, each once", () => {
  const replace_paths = [["key", 0, "name"], ["key", 1], ["hash_key"]];
  expect(plannedChanges(shown(["delete", "create"], { replace_paths }))).toMatchObject([{ replacedFor: ["hash_key", "key"] }]);
});

test("a plan is destructive by what it replaces and destroys, and publishes by its SSM parameters", () => {
  const [update] = plannedChanges(shown(["update"]));
  const [replace] = plannedChanges(shown(["delete", "create"]));
  const [destroy] = plannedChanges(shown(["delete"]));
  const [parameter] = plannedChanges(shown(["update"], {}, { type: "aws_ssm_parameter" }));
  if (!update || !replace || !destroy || !parameter) throw new Error("a change is missing");
  expect(destructive(planOf([update, replace, parameter, destroy]))).toEqual([replace, destroy]);
  expect([publishes(planOf([update, replace])), publishes(planOf([parameter]))]).toEqual([false, true]);
});

describe("the text of a plan", () => {
  const change = { address: "aws_sqs_queue.placed", type: "aws_sqs_queue", attributes: [], replacedFor: [] };
  const update: PlannedChange = { ...change, action: "update", attributes: ["tags"] };
  const replace: PlannedChange = { ...change, action: "replace", attributes: ["name"], replacedFor: ["name"] };
  const destroy: PlannedChange = { ...change, action: "destroy" };

  test("counts every kind of change, and lists what is neither replaced nor destroyed", () => {
    expect(describePlan(planned(planOf([update, replace, destroy, { ...change, action: "forget" }])))).toEqual([
      "  orders-int: 1 to update, 1 to replace, 1 to destroy, 1 to forget",
      "    ~   aws_sqs_queue.placed (tags)",
      "    .   aws_sqs_queue.placed: no longer managed, and not destroyed",
    ]);
  });

  test("has the replaced and destroyed resources in a list of their own, with the reason", () => {
    expect(describeDestructive(planned(planOf([update, replace, destroy])))).toEqual([
      "  orders-int",
      "    -/+ aws_sqs_queue.placed: replaced, because AWS cannot change name",
      "    -   aws_sqs_queue.placed: destroyed",
    ]);
    expect(describeDestructive(planned(planOf([update])))).toEqual([]);
  });

  test("of a stack that does not exist yet is one line", () => {
    expect(describePlan(planned(planOf([{ ...change, action: "create" }], 0)))).toEqual(["  orders-int: new, 1 to create"]);
  });

  test("says when nothing changes, and when only outputs change", () => {
    expect(describePlan(planned(planOf([])))).toEqual(["  orders-int: no changes"]);
    expect(describePlan(planned({ ...planOf([]), isEmpty: false }))).toEqual(["  orders-int: only outputs change"]);
  });

  test("never has a value of an attribute, because it can be secret", () => {
    const [secret] = plannedChanges(shown(["update"], { before: { value: "old-key" }, after: { value: "new-key" } }));
    expect(secret && describeChange(secret)).toBe("~   aws_sqs_queue.placed (value)");
  });
});
