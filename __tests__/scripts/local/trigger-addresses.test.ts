import { deployedTriggers, localApiUrl } from "../../../scripts/local/trigger-addresses";
import type { TriggerDescription } from "../../../shared/stack-description";
import { stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

const run = { id: "run", endpoint: "http://127.0.0.1:4999" };

const folderAtStart = process.cwd();
afterEach(() => process.chdir(folderAtStart));

/** The address of a trigger whose stack has these outputs in its local state, or no state at all. */
function addressOf(kind: TriggerDescription["kind"], outputs: Record<string, string> | "no state"): string | undefined {
  const values = Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value, type: "string" }]));
  const state = JSON.stringify({ version: 4, serial: 1, outputs: values });
  process.chdir(temporaryFolder(outputs === "no state" ? {} : { ".state/orders-int/local/terraform.tfstate": state }));
  const trigger = { id: "placed", kind, lambdas: [], deadLetterQueues: [], output: "placed_address" };
  const [deployed] = deployedTriggers(run, [stackOf("orders-int", [], { triggers: [trigger] })]);
  return deployed?.address;
}

test("an HTTP API is reached through the endpoint of the local AWS, not through the host name that it reports", () => {
  const url = localApiUrl(run, "https://abc123.execute-api.eu-west-1.amazonaws.com");
  expect(url).toBe("http://127.0.0.1:4999/_aws/execute-api/abc123");
});

test("an HTTP API with a custom domain name is reached through its own endpoint", () => {
  const outputs = {
    placed_address: "https://api.example.com",
    placed_address_endpoint: "https://abc123.execute-api.eu-west-1.amazonaws.com",
  };
  expect(addressOf("http-api", outputs)).toBe("http://127.0.0.1:4999/_aws/execute-api/abc123");
});

test("the address of any other trigger is its Terraform output", () => {
  expect(addressOf("queue", { placed_address: "http://127.0.0.1:4999/1/placed" })).toBe("http://127.0.0.1:4999/1/placed");
});

test.each([
  ["http-api", {}],
  ["schedule", {}],
  ["queue", "no state"],
] as const)("a missing address of a trigger (%s, outputs: %p) is an error that names the trigger", (kind, outputs) => {
  expect(() => addressOf(kind, outputs)).toThrow(/^orders-int\/placed: .*no output "placed_address".*npm run local/);
});
