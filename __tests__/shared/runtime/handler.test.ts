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

  test("are read at the first event, not when the file is loaded, and one error names all that are missing", () => {
    const variables = lazyEnvironment(Variables);
    expect(variables).toThrow(
      /^Environment variables are missing or invalid: FIRST_TABLE: .*; SECOND_TABLE: .*\. Set them on the function in stack\.ts\.$/,
    );
  });

  test("are named when they are invalid", () => {
    process.env.FIRST_TABLE = "first";
    process.env.SECOND_TABLE = "";
    expect(lazyEnvironment(Variables)).toThrow(/^Environment variables are missing or invalid: SECOND_TABLE: /);
  });

  test("that were missing are read again at the next event", () => {
    const variables = lazyEnvironment(Variables);
    expect(variables).toThrow();
    Object.assign(process.env, { FIRST_TABLE: "first", SECOND_TABLE: "second" });
    expect(variables()).toEqual({ FIRST_TABLE: "first", SECOND_TABLE: "second", LIMIT: 5 });
  });

  test("are only those that the schema declares", () => {
    process.env.FIRST_TABLE = "first";
    expect(lazyEnvironment(z.object({ FIRST_TABLE: z.string() }))()).toEqual({ FIRST_TABLE: "first" });
    expect(lazyEnvironment(undefined)()).toEqual({});
  });
});

describe("a value that does not match its schema", () => {
  const refusal = (schema: z.ZodType, value: unknown) => () => parse(schema, value, (problems) => new Error(problems.join("; ")));
  const Order = z.object({ items: z.array(z.object({ sku: z.string() })) });

  test("makes an error that names the path of each invalid field", () => {
    expect(refusal(Order, { items: [{ sku: "book" }, { sku: 1 }] })).toThrow(/^items\.1\.sku: /);
  });

  test("makes an error about the whole value when no single field is invalid", () => {
    expect(refusal(Order, "text")).toThrow(/^\(the whole value\): /);
  });
});

describe("the outcome of an event", () => {
  test("is passed on unchanged, both a result and an error", async () => {
    const error = new Error("disk full");
    expect(await withOutcome("queue", "id-1", async () => "result")).toBe("result");
    await expect(withOutcome("queue", "id-1", () => Promise.reject(error))).rejects.toBe(error);
  });

  test("is logged after the lines of the handler, all with the same correlation id", async () => {
    await withOutcome("queue", "id-1", async (logger) => logger.info("in progress"));
    expect(logs.map(({ message, correlation_id }) => [message, correlation_id])).toEqual([
      ["in progress", "id-1"],
      ["handled", "id-1"],
    ]);
  });

  test("is logged with a reason for every thrown value, and with the stack trace of an error", async () => {
    await expect(withOutcome("queue", "id-1", () => Promise.reject("only text"))).rejects.toBe("only text");
    await expect(withOutcome("queue", "id-1", () => Promise.reject(new TypeError("disk full")))).rejects.toThrow();
    expect(logs).toMatchObject([
      { message: "failed", reason: "only text" },
      { message: "failed", reason: "disk full", error: { name: "TypeError", stack: expect.stringContaining("handler.test.ts") } },
    ]);
  });
});
