import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { HttpProblem, httpHandler } from "../../../shared/runtime/http";
import { type HttpRequest, type HttpResponse, request } from "../../../testing/http-events";
import { idempotencyStore } from "../../../testing/idempotency-store";
import { captureLogs } from "../../../testing/logs";

captureLogs();
const { records, dynamodb } = idempotencyStore();

/** The effect of the handler. A test can replace it. */
const effect = jest.fn(async (): Promise<object> => ({ run: effect.mock.calls.length }));
beforeEach(() => effect.mockClear());

const handler = httpHandler({ body: z.object({ name: z.string() }), idempotent: true }, async () => ({
  statusCode: 201,
  body: await effect(),
}));
const send = (key: string | undefined, changes: HttpRequest = {}): Promise<HttpResponse> =>
  request(handler, { body: { name: "one" }, headers: key === undefined ? {} : { "idempotency-key": key }, ...changes });

describe("a request with an Idempotency-Key", () => {
  test("that is repeated has no second effect and gets the first response", async () => {
    const first = await send("key-1");
    const second = await send("key-1");
    expect(effect).toHaveBeenCalledTimes(1);
    expect([second.status, second.body]).toEqual([first.status, first.body]);
  });

  test("gets its own response for each key", async () => {
    expect([(await send("key-1")).body, (await send("key-2")).body]).toEqual([{ run: 1 }, { run: 2 }]);
  });

  test("that is repeated with another body gets 422", async () => {
    await send("key-1");
    expect(await send("key-1", { body: { name: "two" } })).toMatchObject({ status: 422, body: { title: "Unprocessable Content" } });
    expect(effect).toHaveBeenCalledTimes(1);
  });

  test("that is sent to another route is another request", async () => {
    await send("key-1");
    expect((await send("key-1", { path: "/others" })).body).toEqual({ run: 2 });
  });

  test("that another caller sends is another request with its own response", async () => {
    await send("key-1", { caller: "one" });
    expect((await send("key-1", { caller: "two" })).body).toEqual({ run: 2 });
  });

  test("that is repeated with another query gets 422", async () => {
    await send("key-1", { query: "dry=no" });
    expect((await send("key-1", { query: "dry=yes" })).status).toBe(422);
  });

  test("that is repeated while the first is running gets 409", async () => {
    let finish = (_: object) => {};
    effect.mockReturnValueOnce(new Promise((resolve) => (finish = resolve)));
    const first = send("key-1");
    while (records.size === 0) await new Promise(setImmediate);
    const second = await send("key-1");
    finish({});
    expect([(await first).status, second.status, second.body.title]).toEqual([201, 409, "Conflict"]);
  });

  test.each([
    ["fails", new Error("disk full"), 500],
    ["throws an HttpProblem", new HttpProblem(404, "Not Found", "Thing 1 was not found."), 404],
  ])("can be repeated when the handler %s", async (_, error, status) => {
    effect.mockRejectedValueOnce(error);
    expect((await send("key-1")).status).toBe(status);
    expect((await send("key-1")).status).toBe(201);
  });

  test("that is invalid can be corrected and sent again with the same key", async () => {
    expect((await send("key-1", { body: { name: 1 } })).status).toBe(400);
    expect((await send("key-1")).status).toBe(201);
  });

  test.each(["", "two words", "x".repeat(129)])("in an invalid format gets 400: %j", async (key) => {
    expect((await send(key)).status).toBe(400);
    expect(effect).not.toHaveBeenCalled();
  });

  test("has no effect when the idempotency table cannot be read", async () => {
    dynamodb.on(PutItemCommand).rejects(new Error("throttled"));
    dynamodb.on(GetItemCommand).rejects(new Error("throttled"));
    expect((await send("key-1")).status).toBe(500);
    expect(effect).not.toHaveBeenCalled();
  });

  test("gets equal responses when the body has values that JSON omits or converts to text", async () => {
    effect.mockResolvedValueOnce({ run: 1, note: undefined, at: new Date(0) });
    const first = await send("key-1");
    const second = await send("key-1");
    expect(first).toMatchObject({ status: 201, body: { run: 1, at: "1970-01-01T00:00:00.000Z" } });
    expect(second.body).toEqual(first.body);
  });
});

test("a request without an Idempotency-Key has an effect each time", async () => {
  await send(undefined);
  await send(undefined);
  expect(effect).toHaveBeenCalledTimes(2);
});

test("a handler that is not idempotent ignores the Idempotency-Key", async () => {
  const plain = httpHandler({}, async () => ({ statusCode: 200, body: await effect() }));
  await request(plain, { headers: { "idempotency-key": "key-1" } });
  await request(plain, { headers: { "idempotency-key": "key-1" } });
  expect(effect).toHaveBeenCalledTimes(2);
});

test("the same Idempotency-Key with another path parameter is another request", async () => {
  const rename = httpHandler({ path: z.object({ id: z.string() }), idempotent: true }, async ({ path }) => ({
    statusCode: 200,
    body: path,
  }));
  const sendTo = (id: string) =>
    request(rename, { path: "/things/{id}", pathParameters: { id }, body: {}, headers: { "idempotency-key": "key-1" } });
  await sendTo("one");
  expect((await sendTo("two")).body).not.toEqual({ id: "one" });
});
