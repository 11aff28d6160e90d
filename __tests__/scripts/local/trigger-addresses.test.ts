import { deployedTriggers, localApiUrl } from "../../../scripts/local/trigger-addresses";
import type { Terraform } from "../../../scripts/terraform/terraform";
import type { TriggerDescription } from "../../../shared/stack-description";
import { stackOf } from "../../harness/stacks";

const run = { id: "run", endpoint: "http://127.0.0.1:4999" };

/** The address of a trigger whose stack has these outputs. */
async function addressOf(kind: TriggerDescription["kind"], outputs: Record<string, string>): Promise<string | undefined> {
  const trigger = { id: "placed", kind, lambdas: [], deadLetterQueues: [], output: "placed_address" };
  const terraform = { outputs: async () => outputs } as Partial<Terraform> as Terraform;
  const [deployed] = await deployedTriggers(run, [stackOf("orders-int", [], { triggers: [trigger] })], terraform);
  return deployed?.address;
}

test("an HTTP API is reached through the endpoint of the local AWS, not through the host name that it reports", () => {
  const url = localApiUrl(run, "https://abc123.execute-api.eu-west-1.amazonaws.com");
  expect(url).toBe("http://127.0.0.1:4999/_aws/execute-api/abc123");
});

test("an HTTP API with a custom domain name is reached through its own endpoint", async () => {
  const outputs = {
    placed_address: "https://api.example.com",
    placed_address_endpoint: "https://abc123.execute-api.eu-west-1.amazonaws.com",
  };
  expect(await addressOf("http-api", outputs)).toBe("http://127.0.0.1:4999/_aws/execute-api/abc123");
});

test("the address of any other trigger is its Terraform output", async () => {
  expect(await addressOf("queue", { placed_address: "http://127.0.0.1:4999/1/placed" })).toBe("http://127.0.0.1:4999/1/placed");
});

test.each(["http-api", "schedule"] as const)(
  "a missing address of a trigger of kind %s is an error that names the trigger",
  async (kind) => {
    await expect(addressOf(kind, {})).rejects.toThrow(/^orders-int\/placed: .*no output "placed_address".*npm run local/);
  },
);
