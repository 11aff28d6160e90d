/** What a server answers to a request. */
export interface FakeAnswer {
  /** @default 200 */
  status?: number;
  /** An object is sent as JSON. */
  body?: object | Buffer;
}

/** A server in place of HCP Terraform, for tests without Terraform. It has a token for app.terraform.io. */
export interface FakeHcp {
  /** Its answers by the path of the request, behind `/api/v2/`. A path without one is not found. */
  answers: Record<string, FakeAnswer>;
  /** The requests that it got: `GET runs/run-1?include=workspace`. */
  requests: string[];
}

const API = "/api/v2/";

/** Replaces `fetch` by a server. The test restores all mocks. */
export function fakeHcp(answers: FakeHcp["answers"]): FakeHcp {
  const hcp: FakeHcp = { answers, requests: [] };
  process.env.TF_TOKEN_app_terraform_io = "token-of-the-team";
  jest.spyOn(globalThis, "fetch").mockImplementation(async (input, { method = "GET" } = {}) => {
    const { pathname, search } = new URL(String(input));
    if (pathname === "/.well-known/terraform.json") return new Response(JSON.stringify({ "tfe.v2": API }));
    const path = pathname.slice(API.length);
    hcp.requests.push(`${method} ${path}${search}`);
    const { status = 200, body = {} } = hcp.answers[path] ?? { status: 404 };
    return new Response(Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body), { status });
  });
  return hcp;
}

/** The document of the run `run-1` in the workspace `shop-orders-int`. @param attributes replace the others */
export function runDocument(attributes: object = {}): object {
  const relation = (type: string, id: string) => ({ data: { type, id } });
  return {
    data: {
      id: "run-1",
      type: "runs",
      attributes: {
        status: "planned_and_saved",
        "has-changes": true,
        "created-at": "2026-11-01T09:30:00Z",
        actions: { "is-confirmable": true },
        ...attributes,
      },
      relationships: {
        workspace: relation("workspaces", "ws-1"),
        plan: relation("plans", "plan-1"),
        "configuration-version": relation("configuration-versions", "cv-1"),
      },
    },
    included: [{ id: "ws-1", type: "workspaces", attributes: { name: "shop-orders-int" } }],
  };
}
