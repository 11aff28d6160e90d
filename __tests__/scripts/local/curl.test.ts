import { runProcess } from "../../../scripts/cli/process";
import { curlCommand } from "../../../scripts/local/curl";
import { fakeProgram, pathWith } from "../../harness/fake-program";

const url = "http://127.0.0.1:4999/orders";

/** The arguments that curl receives when a shell runs the command. */
async function argumentsOf(command: string): Promise<string[]> {
  const { folder } = fakeProgram("curl", `printf '%s\\n' "$@"`);
  const { stdout } = await runProcess("sh", ["-c", command], { env: { ...process.env, PATH: pathWith(folder) } });
  return stdout.trimEnd().split("\n");
}

test("the curl command sends the method, the headers and the body of the sample", async () => {
  const command = curlCommand(url, { method: "POST", path: "/orders", headers: { "x-shop": "1" }, body: { a: 1 } }, { "x-account": "2" });
  expect(command).toBe(`curl -i -X POST ${url} -H 'content-type: application/json' -H 'x-account: 2' -H 'x-shop: 1' -d '{"a":1}'`);
});

test("the curl command of a sample without a body sends no body", () => {
  expect(curlCommand(url, { method: "GET", path: "/orders" })).toBe(`curl -i -X GET ${url} -H 'content-type: application/json'`);
});

test("the curl command passes quotes and dollar signs through the shell unchanged", async () => {
  const body = { name: `O'Hara "$HOME"` };
  const received = await argumentsOf(curlCommand(url, { method: "POST", path: "/orders", body }));
  expect(received.at(-1)).toBe(JSON.stringify(body));
});
