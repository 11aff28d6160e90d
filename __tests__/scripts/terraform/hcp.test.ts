import { checkWorkspaces } from "../../../scripts/terraform/hcp";
import { temporaryFolder } from "../../harness/temporary-folder";

// Node.js reads the real environment, which a test does not change.
jest.mock("node:os", () => ({ ...jest.requireActual("node:os"), homedir: () => process.env.HOME }));

const TOKEN = "token-of-the-team";
const environmentAtStart = { ...process.env };

/** The answers of a server by the path of the request. */
let answers: Record<string, { status?: number; body?: object }>;
/** The requests that the server got. */
let requests: { url: string; authorization: string | null }[];

beforeEach(() => {
  requests = [];
  answers = {
    "/.well-known/terraform.json": { body: { "tfe.v2": "/api/v2/" } },
    "/api/v2/organizations/team/workspaces/shop-orders-int": {},
    "/api/v2/organizations/team/workspaces/shop-ledger-int": {},
  };
  process.env = { HOME: temporaryFolder(), TF_TOKEN_app_terraform_io: TOKEN };
  jest.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = new URL(String(input));
    requests.push({ url: url.href, authorization: new Headers(init?.headers).get("authorization") });
    const { status = 200, body = {} } = answers[url.pathname] ?? { status: 404 };
    return new Response(JSON.stringify(body), { status });
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = environmentAtStart;
});

function stackWith(terraform: object) {
  return { folder: temporaryFolder({ "cdk.tf.json": JSON.stringify({ terraform }) }) };
}
const inWorkspace = (name: string, hostname = "app.terraform.io") =>
  stackWith({ cloud: { hostname, organization: "team", workspaces: { name } } });
const orders = inWorkspace("shop-orders-int");
const ledger = inWorkspace("shop-ledger-int");

test("workspaces that exist are accepted, and the token goes to their server only as a header", async () => {
  await checkWorkspaces([orders, ledger]);
  expect(requests).toEqual([
    { url: "https://app.terraform.io/.well-known/terraform.json", authorization: null },
    {
      url: "https://app.terraform.io/api/v2/organizations/team/workspaces/shop-orders-int?include=locked_by",
      authorization: `Bearer ${TOKEN}`,
    },
    {
      url: "https://app.terraform.io/api/v2/organizations/team/workspaces/shop-ledger-int?include=locked_by",
      authorization: `Bearer ${TOKEN}`,
    },
  ]);
});

test("workspaces that Terraform would create are an error that lists all of them and says who creates them", async () => {
  answers = { "/.well-known/terraform.json": { body: { "tfe.v2": "/api/v2/" } } };
  const error = checkWorkspaces([orders, ledger]);
  await expect(error).rejects.toThrow("does not have these workspaces, or your token may not see them: shop-orders-int, shop-ledger-int.");
  await expect(error).rejects.toThrow("Nothing was changed.\nCreate them first: npx cdktf deploy workspaces (docs/hcp.md).");
});

test("workspaces that somebody has locked are an error that says by whom, and why or since when", async () => {
  const user = { id: "user-1", type: "users", attributes: { username: "ann" } };
  const run = { id: "run-1", type: "runs", attributes: { "created-at": "2026-11-01T09:30:00Z" } };
  const locked = (reason: string, holder: object) => ({
    body: { data: { attributes: { locked: true, "locked-reason": reason } }, included: [holder] },
  });
  answers["/api/v2/organizations/team/workspaces/shop-orders-int"] = locked("maintenance\u001b[2J", user);
  answers["/api/v2/organizations/team/workspaces/shop-ledger-int"] = locked("", run);
  const error = checkWorkspaces([orders, ledger]);
  await expect(error).rejects.toThrow("Nothing was changed. Wait until these locks are released:");
  await expect(error).rejects.toThrow("  shop-orders-int is locked by ann (maintenance");
  await expect(error).rejects.not.toThrow("\u001b");
  await expect(error).rejects.toThrow("  shop-ledger-int is locked by the run run-1 since 2026-11-01T09:30:00Z");
});

test("a stack with another kind of state asks no server", async () => {
  process.env = { HOME: temporaryFolder() };
  await checkWorkspaces([stackWith({ backend: { local: {} } }), stackWith({ backend: { s3: {} } })]);
  expect(requests).toEqual([]);
});

describe("the token", () => {
  test.each<[string, NodeJS.ProcessEnv, string]>([
    ["the variable for a host name with a hyphen", { TF_TOKEN_tfe__eu_example_com: TOKEN }, "tfe-eu.example.com"],
    [
      "the file of terraform login",
      { HOME: temporaryFolder({ ".terraform.d/credentials.tfrc.json": `{"credentials":{"tfe.example.com":{"token":"${TOKEN}"}}}` }) },
      "tfe.example.com",
    ],
    [
      "the CLI configuration in the home folder",
      {
        HOME: temporaryFolder({
          ".terraformrc": `credentials "a.example.com" {\n token = "no"\n}\ncredentials "b.example.com" {\n token = "${TOKEN}"\n}`,
        }),
      },
      "b.example.com",
    ],
    [
      "the CLI configuration that the shell names",
      { TF_CLI_CONFIG_FILE: `${temporaryFolder({ terraformrc: `credentials "tfe.example.com" { token = "${TOKEN}" }` })}/terraformrc` },
      "tfe.example.com",
    ],
  ])("is found in %s", async (_, environment, hostname) => {
    process.env = { HOME: temporaryFolder(), ...environment };
    await checkWorkspaces([inWorkspace("shop-orders-int", hostname)]);
    expect(requests.at(-1)?.authorization).toBe(`Bearer ${TOKEN}`);
  });

  test("that is missing is an error with the command and the variable that give it", async () => {
    process.env = { HOME: temporaryFolder() };
    const text = "There is no token for tfe-eu.example.com. Run: terraform login tfe-eu.example.com (or set TF_TOKEN_tfe__eu_example_com).";
    await expect(checkWorkspaces([inWorkspace("shop-orders-int", "tfe-eu.example.com")])).rejects.toThrow(text);
  });

  test("that the server rejects is an error that does not contain it", async () => {
    answers["/api/v2/organizations/team/workspaces/shop-orders-int"] = { status: 401 };
    const error = await checkWorkspaces([orders]).catch(({ message }: Error) => message);
    expect(error).toContain("app.terraform.io rejected your token. Get a new one: terraform login app.terraform.io.");
    expect(error).not.toContain(TOKEN);
  });
});

test("a host that is no such server is an error with the address that was tried", async () => {
  answers = {};
  await expect(checkWorkspaces([orders])).rejects.toThrow("https://app.terraform.io/.well-known/terraform.json names no tfe.v2");
});

test("a server that fails, or that cannot be reached, is an error, and not a missing workspace", async () => {
  answers["/api/v2/organizations/team/workspaces/shop-orders-int"] = { status: 503 };
  await expect(checkWorkspaces([orders])).rejects.toThrow("answered 503 when it was asked for the workspace shop-orders-int");
  jest.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") }));
  await expect(checkWorkspaces([orders])).rejects.toThrow("app.terraform.io cannot be reached: connect ECONNREFUSED. Nothing was changed.");
});
