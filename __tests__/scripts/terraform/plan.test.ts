import { existingResources, plannedChanges, publishes, type ShownPlan } from "../../../scripts/terraform/plan";
import { planWith } from "../../harness/plans";

type Resource = NonNullable<ShownPlan["resource_changes"]>[number];

/** A change of one resource, as `terraform show -json` describes it. */
function shown(actions: string[], change: Partial<Resource["change"]> = {}, resource: Partial<Resource> = {}): ShownPlan {
  const whole = { actions, before: {}, after: {}, after_unknown: {}, ...change };
  return { resource_changes: [{ address: "aws_sqs_queue.placed", mode: "managed", type: "aws_sqs_queue", ...resource, change: whole }] };
}

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

test("in a redacted plan, an attribute that is sensitive counts as changed, because both of its values are left out", () => {
  const change = {
    before: { delay: 5, value: null, url: "a" },
    after: { delay: 5, value: null, url: "a" },
    before_sensitive: { value: true, gone: [true] },
    after_sensitive: { parts: [false] },
  };
  expect(plannedChanges({ ...shown(["update"], change), isRedacted: true })).toMatchObject([{ attributes: ["gone", "value"], values: {} }]);
  expect(plannedChanges(shown(["update"], change))).toMatchObject([{ attributes: [] }]);
});

test("a replacement names the attributes that cannot be changed, each once", () => {
  const replace_paths = [["key", 0, "name"], ["key", 1], ["hash_key"]];
  expect(plannedChanges(shown(["delete", "create"], { replace_paths }))).toMatchObject([{ replacedFor: ["hash_key", "key"] }]);
});

test("the resources of a state are those that the plan found, and those that are gone from AWS", () => {
  const kept = shown(["update"]).resource_changes ?? [];
  const created = shown(["create"], { before: null }).resource_changes ?? [];
  const gone = shown(["delete"], { after: null }).resource_changes ?? [];
  expect(existingResources({ resource_changes: [...kept, ...created] })).toBe(1);
  expect(existingResources({ resource_changes: created, resource_drift: [...gone, ...kept] })).toBe(1);
});

test("a plan publishes by its SSM parameters", () => {
  const queue = plannedChanges(shown(["update"]));
  const parameter = plannedChanges(shown(["update"], {}, { type: "aws_ssm_parameter" }));
  expect([publishes(planWith(queue)), publishes(planWith(parameter))]).toEqual([false, true]);
});

test("the values of an attribute are those that fit in a line, and never secret ones or the environment of a lambda", () => {
  const change = {
    before: { delay: 5, policy: "x".repeat(50), key: "old", environment: "old", url: "a" },
    after: { delay: 6, policy: "y".repeat(50), key: "new", environment: "new", url: null },
    after_unknown: { url: true },
    before_sensitive: {},
    after_sensitive: { key: true },
  };
  expect(plannedChanges(shown(["update"], change))).toMatchObject([{ values: { delay: "5 → 6" } }]);
  const { after_sensitive: _, ...unmarked } = change;
  expect(plannedChanges(shown(["update"], unmarked))).toMatchObject([{ values: {} }]);
});
