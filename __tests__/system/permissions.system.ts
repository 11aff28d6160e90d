import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { IAM } from "@aws-sdk/client-iam";
import config from "../../project.config";
import { triggerSchedulesNow } from "../../scripts/local/schedules";
import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
import { loadProject } from "../../shared/stack/config";
import { findDomains } from "../../shared/synth/domains";
import { deployedLambda } from "../harness/deployed-lambda";
import { eventually } from "../harness/eventually";
import { queueHands } from "../harness/queue-hands";
import { newOrder, runningSystem } from "../harness/running-system";
import { stackProps, testApp } from "../harness/synth";

/** A call of `allow` in a domain's `stack.ts`. */
interface Allow {
  domain: string;
  lambda: string;
  actions: string[];
}

/** Every call of `allow` in `domains/`. */
function allowsOfTheSample(): Allow[] {
  const allows: Allow[] = [];
  const allow = jest.spyOn(NodejsFunction.prototype, "allow").mockImplementation(function (this: NodejsFunction, actions) {
    allows.push({ domain: DomainStack.of(this).domain, lambda: this.node.id, actions });
    return this;
  });
  const app = testApp();
  for (const { name, Stack } of findDomains(app, join(__dirname, "../../domains"), loadProject(config))) new Stack(app, name, stackProps());
  allow.mockRestore();
  return allows;
}

const { run, stacks, settings, addressOf, deadLetterQueueOf, functionOf, logLines, redrive, request, triggers } = runningSystem();
const iam = new IAM(settings);
/** They delete the one-off schedules that triggered the lambdas of schedules. */
const deletions: (() => Promise<void>)[] = [];

/** Removes the statement with these actions from the deployed policy of a lambda's role. @returns a function that restores it */
async function removeStatement({ domain, lambda, actions }: Allow): Promise<() => Promise<unknown>> {
  // The execution role of a lambda has the name of its function.
  const RoleName = functionOf(domain, lambda);
  const { PolicyNames: [PolicyName] = [] } = await iam.listRolePolicies({ RoleName });
  const { PolicyDocument = "" } = await iam.getRolePolicy({ RoleName, PolicyName });
  const document = decodeURIComponent(PolicyDocument);
  const policy: { Statement: { Action: string | string[] }[] } = JSON.parse(document);
  const Statement = policy.Statement.filter(({ Action }) => [Action].flat().sort().join() !== [...actions].sort().join());
  expect(Statement).toHaveLength(policy.Statement.length - 1);
  await iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument: JSON.stringify({ ...policy, Statement }) });
  return () => iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument: document });
}

/** Sends an event that the lambda handles, with this correlation id: a request to its route, its schedule, or an order. */
async function send({ domain, lambda }: Allow, correlationId: string): Promise<void> {
  const headers = { "x-correlation-id": correlationId };
  const schedules = triggers().filter(({ kind, stack }) => kind === "schedule" && stack.domain === domain);
  if (schedules.length > 0) deletions.push(await triggerSchedulesNow(run, schedules, { correlationId }));
  else if (lambda === "read-status") await request("GET", `/orders/${randomUUID()}`, { headers });
  else await request("POST", "/orders", { body: newOrder(), headers });
}

/** Brings back the events that failed, as an operator does when the cause is fixed. */
async function redriveAll(): Promise<void> {
  const commands = stacks.filter((stack) => stack.triggers.length > 0).map(({ stack }) => redrive(stack, "--yes"));
  for (const { exitCode, output } of await Promise.all(commands)) {
    if (exitCode !== 0) throw new Error(output);
  }
}

/** As deployed, a message on which record-order failed would come back minutes later, in the middle of other tests. */
let restoreVisibility: () => Promise<void>;
beforeAll(async () => {
  restoreVisibility = await queueHands(settings, { queueUrl: addressOf("orders"), deadLetterQueue: deadLetterQueueOf("orders") }).hideFor(
    1,
  );
});

afterAll(async () => {
  await restoreVisibility();
  await Promise.all(deletions.map((deleteSchedules) => deleteSchedules()));
  await redriveAll();
});

const allows = allowsOfTheSample();

test("every permission that a stack.ts of the sample gives to a lambda is tried", () => {
  const sources = stacks.map(({ domain }) => join(__dirname, `../../domains/${domain}/stack.ts`)).filter(existsSync);
  const calls = sources.flatMap((file) => readFileSync(file, "utf8").match(/\.(allow|grantRead)\(/g) ?? []);
  expect(allows).toHaveLength(calls.length);
});

test.each(allows.map((allow) => [allow.domain, allow.lambda, allow.actions.join(", "), allow] as const))(
  "%s/%s without the permission for %s fails and says so, and handles the next event when the permission is back",
  async (domain, lambda, _, allow) => {
    const lineOf = (correlationId: string, messages: string[]) =>
      eventually(`line ${messages.join(" or ")} of ${lambda}`, async () => {
        return (await logLines(domain, lambda, correlationId)).find(({ message }) => messages.includes(message));
      });
    const code = deployedLambda(settings, functionOf(domain, lambda));
    // A new version does not have the secrets that an earlier invocation has read.
    if (allow.actions.includes("ssm:GetParameter")) await code.wrap("handler");
    const restorePolicy = await removeStatement(allow);
    try {
      const refused = `refused-${randomUUID()}`;
      await send(allow, refused);
      const { reason } = await lineOf(refused, ["failed"]);
      expect(reason).toMatch(/not authorized to perform/);
      expect(allow.actions.some((action) => reason.includes(action))).toBe(true);
    } finally {
      await restorePolicy();
      await code.restore();
    }
    const allowed = `allowed-${randomUUID()}`;
    await send(allow, allowed);
    // The lambda that reads an order refuses a request for one that does not exist: it was allowed to look.
    await lineOf(allowed, ["handled", "refused"]);
  },
);
