import * as z from "zod";
import { HttpProblem, httpHandler } from "../../../shared/runtime/http";
import { request } from "../../../testing/http-events";
import { captureLogs } from "../../../testing/logs";

const logs = captureLogs();

const Thing = z.object({ name: z.string(), size: z.int().max(10) });
const echo = httpHandler({ body: Thing }, async ({ body }) => ({ statusCode: 201, body }));
const withPath = httpHandler({ path: z.object({ id: z.uuid() }) }, async ({ path }) => ({ statusCode: 200, body: path }));
const empty = httpHandler({}, async () => ({ statusCode: 200, body: {} }));
const throwing = (error: unknown) =>
  httpHandler({}, async () => {
    throw error;
  });
const thing = { name: "one", size: 1 };

describe("a body", () => {
  test("that matches its schema is passed to the handler, and the response is JSON", async () => {
    const { status, headers, body } = await request(echo, { body: thing });
    expect([status, headers["content-type"], body]).toEqual([201, "application/json", thing]);
  });

  test("can be base64 text, as API Gateway sends a binary body", async () => {
    const body = Buffer.from(JSON.stringify({ name: "größe", size: 1 })).toString("base64");
    expect(await request(echo, { body, isBase64Encoded: true })).toMatchObject({ status: 201, body: { name: "größe" } });
  });

  test.each(["{", "", "name=one", undefined])("that is not JSON gets 400: %j", async (body) => {
    expect(await request(echo, { body })).toMatchObject({
      status: 400,
      body: { title: "Bad Request", detail: "The request body is not valid JSON." },
    });
  });

  test("that does not match its schema gets 400, with each invalid field in errors", async () => {
    const { status, body } = await request(echo, { body: { size: 11 } });
    expect(status).toBe(400);
    expect(body.errors).toEqual([expect.stringMatching(/^name: /), expect.stringMatching(/^size: .*10/)]);
  });

  test.each([["null"], ["[]"], ['"text"']])("that is JSON but not an object gets 400: %s", async (body) => {
    expect((await request(echo, { body })).status).toBe(400);
  });

  test("can have up to 256 KiB in every encoding, and gets 413 above that", async () => {
    const ofBytes = (bytes: number) => JSON.stringify({ name: "é".repeat((bytes - 20) / 2), size: 1 });
    const largest = ofBytes(256 * 1024);
    expect(Buffer.byteLength(largest)).toBe(256 * 1024);
    expect((await request(echo, { body: largest })).status).toBe(201);
    expect((await request(echo, { body: Buffer.from(largest).toString("base64"), isBase64Encoded: true })).status).toBe(201);
    expect(await request(echo, { body: ofBytes(256 * 1024 + 2) })).toMatchObject({ status: 413, body: { title: "Content Too Large" } });
  });
});

describe("the path parameters", () => {
  test("are passed to the handler when they match their schema", async () => {
    const pathParameters = { id: "4f8b3c52-6f0e-4c6e-9f63-0d2a3a1f7b11" };
    expect(await request(withPath, { pathParameters })).toMatchObject({ status: 200, body: pathParameters });
  });

  test.each([[{ id: "one" }], [undefined]])(
    "get 400 when they do not match, with each invalid parameter in errors: %j",
    async (pathParameters) => {
      const { status, body } = await request(withPath, { pathParameters });
      expect([status, body.errors]).toEqual([400, [expect.stringMatching(/^id: /)]]);
    },
  );
});

describe("the correlation id", () => {
  test("of the request is in the response and in the log", async () => {
    const { headers } = await request(empty, { headers: { "x-correlation-id": "given-1" } });
    expect(headers["x-correlation-id"]).toBe("given-1");
    expect(logs).toMatchObject([{ message: "handled", correlation_id: "given-1", trigger: "http-api" }]);
  });

  test.each(["", "two words", "line\nbreak", '"}', "<script>", "x".repeat(129)])(
    "is replaced when its format is unsafe: %j",
    async (unsafe) => {
      const { status, headers } = await request(empty, { headers: { "x-correlation-id": unsafe } });
      expect(status).toBe(200);
      expect(headers["x-correlation-id"]).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test("is generated for each request that has none", async () => {
    const ids = [await request(empty), await request(empty)].map(({ headers }) => headers["x-correlation-id"]);
    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test("is passed to the handler", async () => {
    const handler = httpHandler({}, async (_, { correlationId }) => ({ statusCode: 200, body: { correlationId } }));
    const { body } = await request(handler, { headers: { "x-correlation-id": "given-1" } });
    expect(body).toEqual({ correlationId: "given-1" });
  });
});

describe("an error", () => {
  test("that a handler throws as an HttpProblem is a problem detail with its status and the correlation id", async () => {
    const problem = new HttpProblem(404, "Not Found", "Thing 1 was not found.");
    const { status, headers, body } = await request(throwing(problem), { headers: { "x-correlation-id": "given-1" } });
    expect(status).toBe(404);
    expect(headers).toMatchObject({ "content-type": "application/problem+json", "x-correlation-id": "given-1" });
    expect(body).toEqual({
      type: "about:blank",
      status: 404,
      title: "Not Found",
      detail: "Thing 1 was not found.",
      correlationId: "given-1",
    });
  });

  test.each([[new TypeError("the secret is s3cr3t")], ["s3cr3t"]])(
    "of any other kind is a 500 response without its message: %p",
    async (error) => {
      const answer = await request(throwing(error), { headers: { "x-correlation-id": "given-1" } });
      expect(answer).toMatchObject({ status: 500, headers: { "content-type": "application/problem+json" } });
      expect(JSON.stringify(answer)).not.toMatch(/s3cr3t|TypeError|\.ts/);
      expect(answer.body.detail).toContain("given-1");
    },
  );

  test("is logged with the reason and the correlation id", async () => {
    await request(throwing(new Error("disk full")), { headers: { "x-correlation-id": "given-1" } });
    expect(logs).toMatchObject([{ message: "failed", reason: "disk full", correlation_id: "given-1", trigger: "http-api" }]);
  });

  test("about a missing environment variable is a 500 response that does not name the variable", async () => {
    const handler = httpHandler({ environment: z.object({ NOT_GIVEN: z.string() }) }, async () => ({ statusCode: 200, body: {} }));
    const { status, body } = await request(handler);
    expect([status, JSON.stringify(body)]).toEqual([500, expect.not.stringContaining("NOT_GIVEN")]);
    expect(logs[0]?.reason).toContain("NOT_GIVEN");
  });
});

test("a status below 500 is logged as a warning, and 500 as an error", async () => {
  await request(throwing(new HttpProblem(404, "Not Found", "Thing 1 was not found.")));
  await request(throwing(new Error("broken")));
  expect(logs.map(({ level, message }) => [level, message])).toEqual([
    ["WARN", "refused"],
    ["ERROR", "failed"],
  ]);
});
