import { connect, type Server } from "../../../scripts/terraform/hcp";
import {
  bookmarkFile,
  bookmarkIn,
  configurationOf,
  discardRun,
  isRunId,
  type Run,
  readRun,
  requireRun,
  shownPlanOf,
} from "../../../scripts/terraform/hcp-runs";
import { type FakeHcp, fakeHcp, runDocument } from "../../harness/fake-hcp";

let hcp: FakeHcp;
let server: Server;
beforeEach(async () => {
  hcp = fakeHcp({ "runs/run-1": { body: runDocument() } });
  server = await connect("app.terraform.io");
});
afterEach(() => jest.restoreAllMocks());

const RUN: Run = {
  id: "run-1",
  configurationVersion: "cv-1",
  workspace: "shop-orders-int",
  plan: "plan-1",
  status: "planned_and_saved",
  isConfirmable: true,
  hasChanges: true,
  createdAt: "2026-11-01T09:30:00Z",
};

describe("a bookmark", () => {
  const bookmark = { run: "run-8A1C", hostname: "app.terraform.io" };

  test("has the bytes that Terraform writes", () => {
    expect(bookmarkFile(bookmark).toString()).toBe('{"remote_plan_format":1,"run_id":"run-8A1C","hostname":"app.terraform.io"}');
    expect(bookmarkIn(bookmarkFile(bookmark))).toEqual(bookmark);
  });

  test.each([
    "PK\u0003\u0004",
    "",
    "{",
    "{}",
    '{"remote_plan_format":2,"run_id":"run-1","hostname":"h"}',
    '{"remote_plan_format":1,"run_id":"run-1"}',
    '{"remote_plan_format":1,"run_id":"run-1/../../x","hostname":"h"}',
  ])("is nothing else: %j", (text) => {
    expect(bookmarkIn(Buffer.from(text))).toBeUndefined();
  });

  test("names a run by an id that can be a part of an address", () => {
    expect(["run-8A1C", "run-", "run-1/x", "ws-1", ""].map(isRunId)).toEqual([true, false, false, false, false]);
  });
});

describe("a run", () => {
  test("has its workspace, its configuration and its status", async () => {
    expect(await readRun(server, "run-1")).toEqual(RUN);
    expect(hcp.requests).toEqual(["GET runs/run-1?include=workspace"]);
    hcp.answers["runs/run-1"] = { body: runDocument({ status: "discarded", "has-changes": false, actions: { "is-confirmable": false } }) };
    expect(await readRun(server, "run-1")).toMatchObject({ status: "discarded", hasChanges: false, isConfirmable: false });
  });

  test("that does not exist is undefined, or an error", async () => {
    expect(await readRun(server, "run-2")).toBeUndefined();
    await expect(requireRun(server, "run-2")).rejects.toThrow("app.terraform.io has no run run-2, or your token may not see it. Nothing");
  });

  test("of which the server says something else is an error", async () => {
    hcp.answers["runs/run-1"] = { status: 503 };
    await expect(readRun(server, "run-1")).rejects.toThrow(
      "app.terraform.io answered 503 when it was asked for the run run-1. Nothing was",
    );
    hcp.answers["runs/run-1"] = { body: { data: { id: "run-1" } } };
    await expect(readRun(server, "run-1")).rejects.toThrow("gave an answer that this project does not know when it was asked for the run");
    hcp.answers["runs/run-1"] = { status: 401 };
    await expect(readRun(server, "run-1")).rejects.toThrow("app.terraform.io rejected your token. Get a new one: terraform login");
  });

  test("has a plan without sensitive values, for which nobody needs to be an administrator", async () => {
    hcp.answers["plans/plan-1/json-output-redacted"] = { body: { resource_changes: [] } };
    expect(await shownPlanOf(server, RUN)).toEqual({ resource_changes: [], isRedacted: true });
    expect(hcp.requests).toEqual(["GET plans/plan-1/json-output-redacted"]);
    hcp.answers = {};
    await expect(shownPlanOf(server, RUN)).rejects.toThrow("answered 404 when it was asked for the plan of the run run-1");
  });

  test("has the configuration that was uploaded for it", async () => {
    hcp.answers["configuration-versions/cv-1/download"] = { body: Buffer.from([31, 139, 255]) };
    expect(await configurationOf(server, RUN)).toEqual(Buffer.from([31, 139, 255]));
    hcp.answers = {};
    await expect(configurationOf(server, RUN)).rejects.toThrow(
      "answered 404 when it was asked for the configuration cv-1 of the run run-1",
    );
  });

  test("can be discarded", async () => {
    hcp.answers["runs/run-1/actions/discard"] = {};
    await discardRun(server, RUN);
    expect(hcp.requests).toEqual(["POST runs/run-1/actions/discard"]);
    hcp.answers["runs/run-1/actions/discard"] = { status: 409 };
    await expect(discardRun(server, RUN)).rejects.toThrow(
      "answered 409 when the run run-1 was to be discarded. Discard it in the browser.",
    );
  });
});
