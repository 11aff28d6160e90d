import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQS,
  SQSClient,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { drain, moveBack, peek } from "../../../scripts/redrive/dead-letters";

const mock = mockClient(SQSClient);
const sqs = new SQS({ region: "eu-west-1" });
const run = { onProgress: () => {}, signal: new AbortController().signal };

const message = (id: string, attributes: Message["Attributes"] = {}): Message => ({
  MessageId: id,
  ReceiptHandle: `receipt of ${id}`,
  Body: `body of ${id}`,
  Attributes: { SentTimestamp: "0", ...attributes },
});

/** What the queue gives, receive by receive; then nothing more. */
function gives(...messages: Message[]): void {
  mock.reset();
  mock
    .on(GetQueueAttributesCommand)
    .resolves({ Attributes: { QueueArn: "arn:dlq", ApproximateNumberOfMessages: String(messages.length) } });
  mock.on(GetQueueUrlCommand).resolves({ QueueUrl: "source" });
  mock.on(ListMessageMoveTasksCommand).resolves({});
  mock.on(DeleteMessageCommand).resolves({});
  mock.on(ChangeMessageVisibilityCommand).resolves({});
  const receives = mock.on(ReceiveMessageCommand);
  for (const each of messages) receives.resolvesOnce({ Messages: [each] });
  receives.resolves({});
}
const deleted = () => mock.commandCalls(DeleteMessageCommand).map(({ args }) => args[0].input.ReceiptHandle);
const freed = () =>
  mock.commandCalls(ChangeMessageVisibilityCommand).map(({ args: [{ input }] }) => [input.ReceiptHandle, input.VisibilityTimeout]);

describe("a message of a dead-letter queue", () => {
  test("is deleted after it was handled, not before", async () => {
    gives(message("one"));
    const outcome = await drain(sqs, "dlq", async () => void expect(deleted()).toEqual([]), run);
    expect(outcome).toEqual({ done: 1, left: [] });
    expect(deleted()).toEqual(["receipt of one"]);
  });

  test("that could not be handled stays, is free for others again, and does not keep its neighbours", async () => {
    gives(message("bad"), message("good"));
    const handle = async ({ MessageId }: Message) => {
      if (MessageId === "bad") throw new Error("no ink");
      return undefined;
    };
    expect(await drain(sqs, "dlq", handle, run)).toEqual({ done: 1, left: ["bad: no ink"] });
    expect(deleted()).toEqual(["receipt of good"]);
    expect(freed()).toEqual([["receipt of bad", 0]]);
  });

  test("is handed over once, though the queue gives it again", async () => {
    gives(message("good"), message("bad"), message("good"), message("bad"));
    const handled: unknown[] = [];
    const handle = async ({ MessageId }: Message) => {
      handled.push(MessageId);
      if (MessageId === "bad") throw new Error("no ink");
      return undefined;
    };
    expect(await drain(sqs, "dlq", handle, run)).toEqual({ done: 1, left: ["bad: no ink"] });
    expect(handled).toEqual(["good", "bad"]);
  });

  test("that could not be deleted is told, for it would be handled again", async () => {
    gives(message("one"));
    mock.on(DeleteMessageCommand).rejects(new Error("denied"));
    expect(await drain(sqs, "dlq", async () => undefined, run)).toEqual({ done: 0, left: ["one: denied"] });
  });

  test("that is free already, because the others took long, is no failure", async () => {
    gives(message("bad"));
    mock.on(ChangeMessageVisibilityCommand).rejects(new Error("MessageNotInflight"));
    const handle = async () => {
      throw new Error("no ink");
    };
    expect(await drain(sqs, "dlq", handle, run)).toEqual({ done: 0, left: ["bad: no ink"] });
  });

  test("is free again at once when it was only looked at", async () => {
    gives(message("one"));
    expect(await peek(sqs, "dlq")).toMatchObject({ count: 1, messages: [{ MessageId: "one" }] });
    expect(deleted()).toEqual([]);
    expect(freed()).toEqual([["receipt of one", 0]]);
  });

  test("is not taken up after Ctrl-C, and those that failed are free again", async () => {
    gives(message("bad"), message("next"));
    const interrupt = new AbortController();
    const handle = async () => {
      interrupt.abort();
      throw new Error("no ink");
    };
    await expect(drain(sqs, "dlq", handle, { ...run, signal: interrupt.signal })).rejects.toThrow(/abort/);
    expect(freed()).toEqual([["receipt of bad", 0]]);
  });
});

describe("a queue's messages go back to it", () => {
  test("by SQS itself where it can, and what it says of its progress is passed on", async () => {
    gives();
    mock.on(StartMessageMoveTaskCommand).resolves({});
    mock
      .on(ListMessageMoveTasksCommand)
      .resolvesOnce({ Results: [{ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 1 }] })
      .resolvesOnce({ Results: [{ Status: "RUNNING", ApproximateNumberOfMessagesMoved: 3 }] })
      .resolves({ Results: [{ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 7 }] });
    const progress: number[] = [];
    expect(await moveBack(sqs, "dlq", "things", { ...run, onProgress: (done) => void progress.push(done) })).toEqual({ done: 7, left: [] });
    expect(progress).toEqual([3, 7]);
    expect(mock.commandCalls(StartMessageMoveTaskCommand)[0]?.args[0].input).toEqual({ SourceArn: "arn:dlq" });
  });

  test("and one that an earlier run began is waited for, not begun again", async () => {
    gives();
    mock
      .on(ListMessageMoveTasksCommand)
      .resolvesOnce({ Results: [{ Status: "RUNNING", ApproximateNumberOfMessagesMoved: 3 }] })
      .resolves({ Results: [{ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 7 }] });
    expect(await moveBack(sqs, "dlq", "things", run)).toEqual({ done: 7, left: [] });
    expect(mock.commandCalls(StartMessageMoveTaskCommand)).toEqual([]);
  });

  test("but not while somebody moves them elsewhere, which is told", async () => {
    gives();
    mock.on(ListMessageMoveTasksCommand).resolves({ Results: [{ Status: "RUNNING", DestinationArn: "arn:elsewhere" }] });
    await expect(moveBack(sqs, "dlq", "things", run)).rejects.toThrow("arn:elsewhere");
    expect(mock.commandCalls(StartMessageMoveTaskCommand)).toEqual([]);
  });

  test("and if SQS gives up, its reason is told", async () => {
    gives();
    mock.on(StartMessageMoveTaskCommand).resolves({});
    mock.on(ListMessageMoveTasksCommand).resolves({ Results: [{ Status: "FAILED", FailureReason: "AccessDenied" }] });
    expect((await moveBack(sqs, "dlq", "things", run)).left).toEqual([expect.stringContaining("AccessDenied")]);
  });

  test.each(["InvalidAction", "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"])(
    "one by one where the server answers %s, each deleted after it was sent",
    async (name) => {
      gives(message("one", { MessageGroupId: "group", MessageDeduplicationId: "once" }));
      mock.on(StartMessageMoveTaskCommand).rejects(Object.assign(new Error("unknown"), { name }));
      mock.on(SendMessageCommand).callsFake(() => {
        expect(deleted()).toEqual([]);
        return { MessageId: "sent" };
      });
      expect(await moveBack(sqs, "dlq", "things", run)).toEqual({ done: 1, left: [] });
      expect(mock.commandCalls(SendMessageCommand)[0]?.args[0].input).toEqual({
        QueueUrl: "source",
        MessageBody: "body of one",
        MessageAttributes: undefined,
        MessageGroupId: "group",
        MessageDeduplicationId: "once",
      });
      expect(deleted()).toEqual(["receipt of one"]);
    },
  );

  describe("one by one", () => {
    const oneByOne = (...messages: Message[]) => {
      gives(...messages);
      mock.on(StartMessageMoveTaskCommand).rejects(Object.assign(new Error("unknown"), { name: "InvalidAction" }));
      mock.on(SendMessageCommand).resolves({ MessageId: "sent" });
      return moveBack(sqs, "dlq", "things", run);
    };

    test("but not where SQS would take it for a duplicate and drop it", async () => {
      const dead = message("one", { MessageGroupId: "group", MessageDeduplicationId: "once", SentTimestamp: String(Date.now() - 240_000) });
      expect(await oneByOne(dead)).toEqual({ done: 0, left: [expect.stringMatching(/^one: .*duplicate for another (59|60) s/)] });
      expect(mock.commandCalls(SendMessageCommand)).toHaveLength(0);
    });

    test("and what comes back meanwhile, because it failed again, is not sent a second time", async () => {
      expect(await oneByOne(message("one"), message("sent"))).toEqual({ done: 1, left: [] });
      expect(mock.commandCalls(SendMessageCommand)).toHaveLength(1);
      expect(freed()).toEqual([["receipt of sent", 0]]);
    });

    test("and stays where it cannot be sent", async () => {
      gives(message("one"));
      mock.on(StartMessageMoveTaskCommand).rejects(Object.assign(new Error("unknown"), { name: "InvalidAction" }));
      mock.on(SendMessageCommand).rejects(new Error("denied"));
      expect(await moveBack(sqs, "dlq", "things", run)).toEqual({ done: 0, left: ["one: denied"] });
      expect(deleted()).toEqual([]);
    });
  });

  test("is not tried one by one when SQS refuses for another reason", async () => {
    gives(message("one"));
    mock.on(StartMessageMoveTaskCommand).rejects(Object.assign(new Error("denied"), { name: "AccessDenied" }));
    await expect(moveBack(sqs, "dlq", "things", run)).rejects.toThrow("denied");
    expect(mock.commandCalls(ReceiveMessageCommand)).toHaveLength(0);
  });
});
