import { request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";
import { type OwnEmulator, startOwnEmulator } from "../harness/own-emulator";
import browserRequests from "./browser-requests.json";

let emulator: OwnEmulator;
beforeAll(async () => {
  emulator = await startOwnEmulator();
}, 60_000);
afterAll(() => emulator.stop());

/** Sends a request with exactly these headers: fetch does not let a program choose Host. */
function status(headers: Record<string, string>, { path = "/_ministack/health", method = "GET" } = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: "127.0.0.1", port: emulator.port, path, method, headers, setHost: !("Host" in headers) });
    sent.on("error", reject).on("response", (response) => resolve(response.resume().statusCode));
    sent.end();
  });
}

const EVIL = "https://evil.example";
const API = { path: "/_aws/execute-api/0123abcd/orders" };

test.each(["127.0.0.1:4566", "localhost:4566", "[::1]:4566", "bucket.s3.localhost:4566", "LOCALHOST"])(
  "a request to %s is answered",
  async (Host) => {
    expect(await status({ Host })).toBe(200);
  },
);

test.each([
  "evil.example",
  "evil.example:4566",
  "127.0.0.1.evil.example",
  "localhost.evil.example",
  "evil.example#@127.0.0.1",
  "127.0.0.1@evil.example",
  "10.0.0.1",
  "",
])("a request to the host %j is refused, because a page can give its own host name this machine's address", async (Host) => {
  expect(await status({ Host })).toBe(403);
});

test.each([
  ["of another site", { Origin: EVIL }],
  ["without an origin of its own, such as a sandboxed frame", { Origin: "null" }],
  ["of another program of this machine", { Origin: "http://localhost:3000" }],
  ["that hides its origin", { "Sec-Fetch-Site": "cross-site" }],
  ["that sends a form", { Origin: EVIL, "Content-Type": "text/plain" }],
  ["that the local AWS itself serves, such as an object in a bucket", { Origin: "http://127.0.0.1:4566", "Sec-Fetch-Site": "same-origin" }],
])("a request from a web page %s is refused", async (_, headers) => {
  expect(await status(headers as Record<string, string>)).toBe(403);
  expect(await status(headers as Record<string, string>, { path: "/", method: "POST" })).toBe(403);
  expect(await status({ ...(headers as Record<string, string>), "Access-Control-Request-Method": "POST" }, { method: "OPTIONS" })).toBe(
    403,
  );
});

test("an address that the developer types into a browser is answered", async () => {
  expect(await status({ "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate" })).toBe(200);
});

test.each(["prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip"])(
  "an address that a page has the browser load in advance (%s) is refused, although it looks like an address that was typed",
  async (purpose) => {
    const headers = { "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Purpose": purpose };
    expect(await status(headers)).toBe(403);
    expect(await status({ ...headers, "Sec-Fetch-Site": "same-site" }, API)).toBe(403);
  },
);

test("a page of this machine does not reach MiniStack's own addresses by the host name of an API", async () => {
  const headers = { Host: "0123abcd.execute-api.localhost:4566", Origin: "http://localhost:3000" };
  expect(await status(headers, { path: "/_ministack/reset", method: "POST" })).toBe(403);
});

test("a page of this machine does not reach an HTTP API that does not exist, because that would be another service", async () => {
  expect(await status({ Origin: "http://localhost:3000", "Sec-Fetch-Site": "cross-site" }, API)).toBe(403);
});

test("a page of another site does not reach an HTTP API", async () => {
  expect(await status({ Origin: EVIL, "Sec-Fetch-Site": "cross-site" }, API)).toBe(403);
});

/**
 * What Chromium 156 sent for a page that tries to reach the local AWS in every way that a page has, with all headers. The page was
 * served from the names and ports in `origin` and `referer`.
 */
test.each(browserRequests.map((request) => [request.by, request.from, request] as const))(
  "what a browser sends for %s, from %s, is refused before anything else looks at it",
  async (_, __, { method, path, headers, body }) => {
    const own = { ...headers, host: headers.host.replace("4566", String(emulator.port)) };
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = httpRequest({ host: "127.0.0.1", port: emulator.port, method, path, headers: own });
      sent.on("error", reject).on("response", async (response) => resolve(`${response.statusCode} ${await text(response)}`));
      sent.end(body);
    });
    // The answer to the handshake of a WebSocket has no body.
    expect(answer).toMatch("upgrade" in headers ? /^403 $/ : /^403 \{"message": "The local AWS /);
  },
);
