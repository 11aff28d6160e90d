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

  test("are read with the first event and not at load time, and every missing one is named at once", () => {
    const variables = lazyEnvironment(Variables);
    expect(variables).toThrow(/^environment variables that are missing or invalid: FIRST_TABLE: .*; SECOND_TABLE: /);
  });

  test("are named when they are invalid", () => {
    process.env.FIRST_TABLE = "first";
    process.env.SECOND_TABLE = "";
    expect(lazyEnvironment(Variables)).toThrow(/^environment variables that are missing or invalid: SECOND_TABLE: /);
  });

  test("can be set later, and are then read", () => {
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

describe("a value that does not match its schema", () => {
  const refusal = (schema: z.ZodType, value: unknown) => () => parse(schema, value, (problems) => new Error(problems.join("; ")));
  const Order = z.object({ items: z.array(z.object({ sku: z.string() })) });

  test("is named by its path at any depth", () => {
    expect(refusal(Order, { items: [{ sku: "book" }, { sku: 1 }] })).toThrow(/^items\.1\.sku: /);
  });

  test("is named as a whole when the problem is in no single field", () => {
    expect(refusal(Order, "text")).toThrow(/^\(the whole value\): /);
  });
});

describe("the outcome of an event", () => {
  test("goes to the caller unchanged, whether it is a result or an error", async () => {
    const error = new Error("no more disk");
    expect(await withOutcome("queue", "id-1", async () => "result")).toBe("result");
    await expect(withOutcome("queue", "id-1", () => Promise.reject(error))).rejects.toBe(error);
  });

  test("is logged after the handler's own lines, with the same correlation id", async () => {
    await withOutcome("queue", "id-1", async (logger) => logger.info("on the way"));
    expect(logs.map(({ message, correlation_id }) => [message, correlation_id])).toEqual([
      ["on the way", "id-1"],
      ["handled", "id-1"],
    ]);
  });

  test("has a reason and a place in the log, whatever was thrown", async () => {
    await expect(withOutcome("queue", "id-1", () => Promise.reject("just text"))).rejects.toBe("just text");
    await expect(withOutcome("queue", "id-1", () => Promise.reject(new TypeError("no more disk")))).rejects.toThrow();
    expect(logs).toMatchObject([
      { message: "failed", reason: "just text" },
      { message: "failed", reason: "no more disk", error: { name: "TypeError", stack: expect.stringContaining("handler.test.ts") } },
    ]);
  });
});
