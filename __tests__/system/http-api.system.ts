import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../harness/eventually";
import { newOrder, runningSystem } from "../harness/running-system";

const { request, ledgerEntry, ledgerEntriesOf, logLines } = runningSystem();

const recorded = (orderId: string) => eventually(`entry of ${orderId} in the ledger`, () => ledgerEntry(orderId));

describe("an order that is posted", () => {
  test("is in the ledger with the correlation id of the request", async () => {
    const correlationId = `test-${randomUUID()}`;
    const order = newOrder();
    const answer = await request("POST", "/orders", { body: order, headers: { "x-correlation-id": correlationId } });
    expect(answer.status).toBe(202);
    expect(answer.headers.get("x-correlation-id")).toBe(correlationId);
    expect(await recorded(answer.body.orderId)).toMatchObject({ ...order, correlationId, status: "recorded" });
  });

  test("gets a correlation id if it has none, and has it in the ledger", async () => {
    const answer = await request("POST", "/orders", { body: newOrder() });
    const correlationId = answer.headers.get("x-correlation-id");
    expect(correlationId).toBeTruthy();
    expect(await recorded(answer.body.orderId)).toMatchObject({ correlationId });
  });

  test("can be followed by its correlation id through the log of every lambda that handles it", async () => {
    const correlationId = `test-${randomUUID()}`;
    await request("POST", "/orders", { body: newOrder(), headers: { "x-correlation-id": correlationId } });
    for (const [domain, lambda] of [
      ["checkout", "place-order"],
      ["orders", "record-order"],
      ["ledger", "announce-entry"],
    ] as const) {
      const lines = await eventually(`line of ${lambda}`, () => logLines(domain, lambda, correlationId));
      expect(lines).toContainEqual(expect.objectContaining({ message: "handled", service: domain }));
    }
  });

  test("has a status that can be read", async () => {
    const { body } = await request("POST", "/orders", { body: newOrder() });
    await recorded(body.orderId);
    const answer = await request("GET", `/orders/${body.orderId}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ orderId: body.orderId, status: "recorded" });
  });
});

describe("an order that is posted twice with one Idempotency-Key", () => {
  test("is recorded once and gets the same response", async () => {
    const order = newOrder();
    const twice = { body: order, headers: { "idempotency-key": randomUUID() } };
    const first = await request("POST", "/orders", twice);
    const second = await request("POST", "/orders", twice);
    expect([second.status, second.body]).toEqual([first.status, first.body]);
    await recorded(first.body.orderId);
    // A second order would be in the ledger a moment later.
    await sleep(1500);
    expect(await ledgerEntriesOf(order.customer)).toHaveLength(1);
  });

  test("but with another body gets 422, and only the first order is recorded", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const first = await request("POST", "/orders", { body: newOrder(), headers });
    const other = newOrder();
    const second = await request("POST", "/orders", { body: other, headers });
    expect([first.status, second.status]).toEqual([202, 422]);
    await sleep(1500);
    expect(await ledgerEntriesOf(other.customer)).toEqual([]);
  });
});

describe("an invalid request", () => {
  const problem = (status: number) => ({ type: "about:blank", status, title: expect.any(String), detail: expect.any(String) });

  test("for an unknown order gets 404 and a problem detail with the order id", async () => {
    const orderId = randomUUID();
    const { status, headers, body } = await request("GET", `/orders/${orderId}`);
    expect(status).toBe(404);
    expect(headers.get("content-type")).toMatch("application/problem+json");
    expect(body).toMatchObject(problem(404));
    expect(body.detail).toContain(orderId);
  });

  test("with invalid fields gets 400 and a problem detail that names each of them", async () => {
    const { status, headers, body } = await request("POST", "/orders", { body: { items: [{ sku: "book", quantity: 0 }] } });
    expect(status).toBe(400);
    expect(headers.get("content-type")).toMatch("application/problem+json");
    expect(body).toMatchObject(problem(400));
    expect(body.errors).toEqual(
      expect.arrayContaining([expect.stringMatching(/^customer: /), expect.stringMatching(/^items\.0\.quantity: /)]),
    );
  });

  test("with a body that is not JSON gets 400", async () => {
    const { status, body } = await request("POST", "/orders", { body: '{"customer":' });
    expect(status).toBe(400);
    expect(body).toMatchObject(problem(400));
  });

  test("with a body of more than 256 KiB gets 413", async () => {
    const { status } = await request("POST", "/orders", { body: { ...newOrder(), note: "x".repeat(300 * 1024) } });
    expect(status).toBe(413);
  });

  test.each([
    ["GET", "/nowhere"],
    ["DELETE", "/orders"],
  ])("for the unknown route %s %s gets 404", async (method, path) => {
    expect((await request(method, path)).status).toBe(404);
  });
});
