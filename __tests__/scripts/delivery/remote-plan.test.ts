import { execFileSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "../../../scripts/artifact/contents";
import { type Found, requireSamePlan } from "../../../scripts/delivery/plan-checks";
import { type PlanContext, type SavedPlan, sha256 } from "../../../scripts/delivery/plan-record";
import { contextFiles, discardRemotePlan, locationOfRun, readRemotePlan, runIn, runOf } from "../../../scripts/delivery/remote-plan";
import { type FakeHcp, fakeHcp, runDocument } from "../../harness/fake-hcp";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

const CLOUD = { cloud: { hostname: "app.terraform.io", organization: "team", workspaces: { name: "shop-orders-int" } } };
const CONTEXT: PlanContext = {
  stack: "orders-int",
  account: "111111111111",
  region: "eu-west-1",
  commit: "3f2a91bd",
  isDirty: false,
  terraform: "1.11.4",
  state: { serial: 5 },
  contractValues: { "/shop/int/shared/v1/arn": "arn:shared" },
};
const LOCK = "lock\n";
const UPLOAD = {
  "cdk.tf.json": JSON.stringify({ terraform: CLOUD, resource: { aws_sqs_queue: { x: {} } } }),
  "domain.json": "{}",
  "lambdas/place.zip": "zip",
  ".terraform.lock.hcl": LOCK,
};
const BOOKMARK = '{"remote_plan_format":1,"run_id":"run-1","hostname":"app.terraform.io"}';

/** The stack in the artifact. @param files replace the others */
const stackWith = (files: Record<string, string> = {}) => stackOf("orders-int", [], { folder: temporaryFolder({ ...UPLOAD, ...files }) });
const orders = stackWith();

/** A folder as Terraform uploads it. */
function archive(files: Record<string, string>, change = (_folder: string) => {}): Buffer {
  const folder = temporaryFolder(files);
  change(folder);
  return execFileSync("tar", ["-czf", "-", "-C", folder, "."]);
}

const updated = {
  address: "aws_sqs_queue.x",
  mode: "managed",
  type: "aws_sqs_queue",
  change: {
    actions: ["update"],
    before: { delay_seconds: 5, policy: null },
    after: { delay_seconds: 6, policy: null },
    after_unknown: {},
    before_sensitive: { policy: true },
    after_sensitive: { policy: true },
  },
};

let hcp: FakeHcp;
const upload = (body: Buffer) => {
  hcp.answers["configuration-versions/cv-1/download"] = { body };
};
beforeEach(() => {
  hcp = fakeHcp({ "runs/run-1": { body: runDocument() }, "plans/plan-1/json-output-redacted": { body: { resource_changes: [updated] } } });
  upload(archive({ ...UPLOAD, ...contextFiles(CONTEXT) }));
});
afterEach(() => jest.restoreAllMocks());

test("a location names a run, or does not", () => {
  expect(locationOfRun({ id: "run-1", configurationVersion: "cv-1" })).toBe("hcp://run-1");
  expect(["hcp://run-1", "hcp://run-1/x", "hcp://", ".deploy/plans/orders-int/", "s3://bucket/run-1"].map(runIn)).toEqual([
    "run-1",
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

describe("a plan that is read from the server", () => {
  test("is the bookmark of its run, with the record that the machine which planned has", async () => {
    const { record, plan, lockFile } = await readRemotePlan(orders, "run-1");
    expect([plan.toString(), lockFile.toString()]).toEqual([BOOKMARK, LOCK]);
    expect(record).toEqual({
      ...CONTEXT,
      workspace: "shop-orders-int",
      fingerprint: fingerprint(orders),
      lockFile: sha256(LOCK),
      run: { id: "run-1", configurationVersion: "cv-1" },
      plan: sha256(BOOKMARK),
      plannedAt: "2026-11-01T09:30:00Z",
      summary: {
        changes: [expect.objectContaining({ attributes: ["delay_seconds", "policy"], values: { delay_seconds: "5 → 6" } })],
        dangers: [{ name: "aws_sqs_queue.x", kind: "permissions", text: "policy is sensitive and not shown, so it may allow more" }],
        existing: 1,
        isEmpty: false,
        reasons: [],
      },
    });
  });

  test("has the fingerprint of what was uploaded, whatever the working copy has beside the stack", async () => {
    upload(archive({ ...UPLOAD, ...contextFiles(CONTEXT), "deploy.tfplan": BOOKMARK, ".terraform/modules/modules.json": "{}" }));
    expect((await readRemotePlan(orders, "run-1")).record.fingerprint).toBe(fingerprint(orders));
    const { ".terraform.lock.hcl": _, ...withoutLock } = UPLOAD;
    const unlocked = stackOf("orders-int", [], { folder: temporaryFolder(withoutLock) });
    expect((await readRemotePlan(unlocked, "run-1")).record.fingerprint).toBe(fingerprint(unlocked));
  });

  test.each<[string, Record<string, string>]>([
    ["another zip", { "lambdas/place.zip": "other" }],
    ["another resource", { "cdk.tf.json": JSON.stringify({ terraform: CLOUD, resource: {} }) }],
    ["another lock file", { ".terraform.lock.hcl": "other" }],
    ["one more file", { "more.tf.json": "{}" }],
  ])("has another fingerprint with %s", async (_, files) => {
    upload(archive({ ...UPLOAD, ...contextFiles(CONTEXT), ...files }));
    expect((await readRemotePlan(orders, "run-1")).record.fingerprint).not.toBe(fingerprint(orders));
  });

  test("is empty if its run is", async () => {
    hcp.answers["runs/run-1"] = { body: runDocument({ status: "planned_and_finished", "has-changes": false, actions: {} }) };
    const { summary } = (await readRemotePlan(orders, "run-1")).record;
    expect(summary).toEqual({ changes: [], dangers: [], existing: 0, isEmpty: true, reasons: [] });
  });

  test.each<[string, () => Buffer]>([
    ["was not started by npm run plan", () => archive(UPLOAD)],
    ["was not started by npm run plan", () => archive(contextFiles(CONTEXT))],
    ["has a configuration that cannot be unpacked", () => Buffer.from("no archive")],
    ["has links in its configuration", () => archive(UPLOAD, (folder) => symlinkSync("cdk.tf.json", join(folder, "more.tf.json")))],
  ])("whose run %s is an error", async (problem, body) => {
    upload(body());
    const text = `orders-int: the run run-1 ${problem}. Nothing was changed. Plan again: npm run plan -- orders-int`;
    await expect(readRemotePlan(orders, "run-1")).rejects.toThrow(text);
  });

  test("whose run is not there, or whose stack is not on a server, is an error", async () => {
    await expect(readRemotePlan(orders, "run-2")).rejects.toThrow(
      "the run run-2 is not on app.terraform.io, or your token may not see it.",
    );
    const local = stackWith({ "cdk.tf.json": JSON.stringify({ terraform: { backend: { local: {} } } }) });
    await expect(readRemotePlan(local, "run-1")).rejects.toThrow("the run run-1 is on a server, but the state of this stack is not.");
  });
});

describe("an apply of a run", () => {
  const OUTCOME = { checkout: { commit: CONTEXT.commit, changed: [] }, expected: {} };

  /** Checks a plan against the stack, and what the server now says of its run. @param changes replace what is found */
  async function check(saved: SavedPlan, changes: Partial<Found> = {}): Promise<string> {
    const { terraform, state, contractValues } = CONTEXT;
    const run = await runOf(saved, orders);
    const own = { stack: orders, workspace: "shop-orders-int", fingerprint: fingerprint(orders), terraform, state, contractValues, run };
    try {
      requireSamePlan(saved, { ...OUTCOME, ...own, ...changes });
      return "accepted";
    } catch (error) {
      return (error as Error).message;
    }
  }
  const savedPlan = () => readRemotePlan(orders, "run-1");

  test("is accepted while the run waits for it, and if the run has nothing to apply", async () => {
    expect(await check(await savedPlan())).toBe("accepted");
    hcp.answers["runs/run-1"] = { body: runDocument({ status: "planned_and_finished", "has-changes": false, actions: {} }) };
    expect(await check(await savedPlan())).toBe("accepted");
  });

  test.each(["discarded", "applied", "planned_and_saved"])("is refused if the run is %s, and nobody can confirm it", async (status) => {
    const saved = await savedPlan();
    hcp.answers["runs/run-1"] = { body: runDocument({ status, actions: { "is-confirmable": false } }) };
    const text = await check(saved);
    expect(text).toContain("orders-int: the plan is not applied, because it was made for something else. Nothing was changed.");
    expect(text).toContain(`  the status of the run: planned with planned_and_saved, but it is ${status}`);
  });

  test("is refused if the run, its configuration or its workspace is another one", async () => {
    const { record, ...files } = await savedPlan();
    const withRun = (run: SavedPlan["record"]["run"]) => check({ ...files, record: { ...record, run } });
    expect(await withRun({ id: "run-2", configurationVersion: "cv-1" })).toContain("the run: planned with run-2, but it is run-1");
    expect(await withRun({ id: "run-1", configurationVersion: "cv-2" })).toContain(
      "the configuration version of the run: planned with cv-2, but it is cv-1",
    );
    expect(await withRun(undefined)).toContain("the run: planned with none, but it is run-1");
    const other = await check({ ...files, record: { ...record, workspace: "shop-orders-live" } });
    expect(other).toContain("the workspace of the run: planned with shop-orders-live, but it is shop-orders-int");
  });

  test("is refused if the run is not there, or on another server", async () => {
    const saved = await savedPlan();
    hcp.answers["runs/run-1"] = { status: 404 };
    expect(await check(saved)).toContain("the run: planned with run-1, but it is not on the server, or your token may not see it");
    hcp.answers["runs/run-1"] = { body: runDocument() };
    const plan = Buffer.from(BOOKMARK.replace("app.terraform.io", "tfe.example.com"));
    const elsewhere = await check({ ...saved, plan, record: { ...saved.record, plan: sha256(plan) } });
    expect(elsewhere).toContain("the server: planned with tfe.example.com, but it is app.terraform.io");
  });

  test("is refused if the artifact is another one than what was uploaded", async () => {
    writeFileSync(join(orders.folder, "more.tf.json"), "{}");
    expect(await check(await savedPlan())).toContain("the artifact: planned with");
  });
});

test("a run of a pull request is discarded, if somebody could apply it", async () => {
  hcp.answers["runs/run-1/actions/discard"] = {};
  const saved = await readRemotePlan(orders, "run-1");
  await discardRemotePlan(orders, saved);
  expect(hcp.requests.at(-1)).toBe("POST runs/run-1/actions/discard");
  hcp.requests = [];
  await discardRemotePlan(orders, { ...saved, record: { ...saved.record, summary: { ...saved.record.summary, isEmpty: true } } });
  await discardRemotePlan(orders, { ...saved, record: { ...saved.record, run: undefined } });
  expect(hcp.requests).toEqual([]);
});
