import * as z from "zod";
import { lazyEnvironment, parse, withOutcome } from "../../../shared/runtime/handler";
import { captureLogs } from "../../../testing/logs";

const logs = captureLogs();

describe("the environment variables of a handler", () => {
  const Variables = z.object({ FIRST_TABLE: z.string(), SECOND_TABLE: z.string().min(3), LIMIT: z.coerce.number().default(5) });
  afterEach(() => {
    delete process.env.FIRST_TABLE;
    delete process.env.SECOND_TABLE;
  });

  test("are looked at with the first event, not at load, and all that are missing are named at once", () => {
    const variables = lazyEnvironment(Variables);
    expect(variables).toThrow(/^environment variables: FIRST_TABLE: .*; SECOND_TABLE: /);
  });

  test("are named when they are wrong", () => {
    process.env.FIRST_TABLE = "first";
    process.env.SECOND_TABLE = "";
    expect(lazyEnvironment(Variables)).toThrow(/^environment variables: SECOND_TABLE: /);
  });

  test("that were missing may come", () => {
    const variables = lazyEnvironment(Variables);
    expect(variables).toThrow();
    Object.assign(process.env, { FIRST_TABLE: "first", SECOND_TABLE: "second" });
    expect(variables()).toEqual({ FIRST_TABLE: "first", SECOND_TABLE: "second", LIMIT: 5 });
  });

  test("are only those that its schema declares", () => {
    process.env.FIRST_TABLE = "first";
    expect(lazyEnvironment(z.object({ FIRST_TABLE: z.string() }))()).toEqual({ FIRST_TABLE: "first" });
    expect(lazyEnvironment(undefined)()).toEqual({});
  });
});

describe("what does not fit", () => {
  const refusal = (schema: z.ZodType, value: unknown) => () => parse(schema, value, (problems) => new Error(problems.join("; ")));
  const Order = z.object({ items: z.array(z.object({ sku: z.string() })) });

  test("is named by its place, however deep", () => {
    expect(refusal(Order, { items: [{ sku: "book" }, { sku: 1 }] })).toThrow(/^items\.1\.sku: /);
  });

  test("is called the whole when no field is to blame", () => {
    expect(refusal(Order, "text")).toThrow(/^\(the whole value\): /);
  });
});

describe("the outcome of an event", () => {
  test("goes to the caller as it is, be it a result or an error", async () => {
    const error = new Error("no more disk");
    expect(await withOutcome("queue", "id-1", async () => "result")).toBe("result");
    await expect(withOutcome("queue", "id-1", () => Promise.reject(error))).rejects.toBe(error);
  });

  test("is in the log after what the handler logged itself, all under one correlation id", async () => {
    await withOutcome("queue", "id-1", async (logger) => logger.info("on the way"));
    expect(logs.map(({ message, correlation_id }) => [message, correlation_id])).toEqual([
      ["on the way", "id-1"],
      ["handled", "id-1"],
    ]);
  });

  test("has a reason in the log whatever was thrown, and where it was thrown", async () => {
    await expect(withOutcome("queue", "id-1", () => Promise.reject("just text"))).rejects.toBe("just text");
    await expect(withOutcome("queue", "id-1", () => Promise.reject(new TypeError("no more disk")))).rejects.toThrow();
    expect(logs).toMatchObject([
      { message: "failed", reason: "just text" },
      { message: "failed", reason: "no more disk", error: { name: "TypeError", stack: expect.stringContaining("handler.test.ts") } },
    ]);
  });
});
