import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readLogGroup } from "../../../scripts/local/logs";
import { stackOf } from "../../harness/stacks";

/** A server in place of CloudWatch Logs. It responds to every request with the next of these. */
let server: Server;
let responses: { status: number; body: object }[];
const requests: object[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    requests.push(JSON.parse(Buffer.concat(chunks).toString()));
    const { status, body } = responses.shift() ?? { status: 500, body: {} };
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
});
afterAll(() => void server.close());
beforeEach(() => {
  requests.length = 0;
});

const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function read(since?: number) {
  return readLogGroup({ run: { id: "run", endpoint: endpoint() }, stack: stackOf("orders-int"), logGroup: "/aws/lambda/work", since });
}

const failure = (type: string, message: string) => ({ status: 400, body: { __type: type, message } });

test("a log group has the lines of all its pages since the given time", async () => {
  responses = [
    { status: 200, body: { events: [{ timestamp: 1, message: "first" }], nextToken: "more" } },
    { status: 200, body: { events: [{ timestamp: 2, message: "second" }] } },
  ];
  expect((await read(1)).map(({ message }) => message)).toEqual(["first", "second"]);
  expect(requests).toEqual([
    { logGroupName: "/aws/lambda/work", startTime: 1 },
    { logGroupName: "/aws/lambda/work", startTime: 1, nextToken: "more" },
  ]);
});

test("a log group or log stream that does not exist yet has no lines", async () => {
  responses = [failure("ResourceNotFoundException", "The specified log group does not exist.")];
  expect(await read()).toEqual([]);
});

test("any other failure to read a log group is an error that names the log group, its stack, the endpoint and the reason", async () => {
  responses = [failure("AccessDeniedException", "not authorized")];
  const error: Error = await read().then(
    () => new Error("no error"),
    (reason) => reason,
  );
  expect(error.name).toBe("UserError");
  expect(error.message).toMatch(/log group \/aws\/lambda\/work \(orders-int\).*AccessDeniedException: not authorized.*npm run local$/);
  expect(error.message).toContain(endpoint());
});
