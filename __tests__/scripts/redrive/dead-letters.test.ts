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
const queue = { sqs: new SQS({ region: "eu-west-1" }), url: "dlq" };
const options = { onProgress: () => {}, signal: new AbortController().signal };

const message = (id: string, attributes: Message["Attributes"] = {}): Message => ({
  MessageId: id,
  ReceiptHandle: `receipt of ${id}`,
  Body: `body of ${id}`,
  Attributes: { SentTimestamp: "0", ...attributes },
});

/** The queue delivers these messages, one for each receive, and then no more. */
function deliver(...messages: Message[]): void {
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
/** The receipts of the messages whose visibility was changed, and the new visibility timeout. */
const visibilityChanges = () =>
  mock.commandCalls(ChangeMessageVisibilityCommand).map(({ args: [{ input }] }) => [input.ReceiptHandle, input.VisibilityTimeout]);

describe("draining a dead-letter queue", () => {
  test("deletes a message after it has been handled, not before", async () => {
    deliver(message("one"));
    const outcome = await drain(queue, async () => void expect(deleted()).toEqual([]), options);
    expect(outcome).toEqual({ redriven: 1, remaining: [] });
    expect(deleted()).toEqual(["receipt of one"]);
  });

  test("keeps a message that could not be handled, makes it visible again, and continues with the others", async () => {
    deliver(message("bad"), message("good"));
    const handle = async ({ MessageId }: Message) => {
      if (MessageId === "bad") throw new Error("no ink");
      return undefined;
    };
    expect(await drain(queue, handle, options)).toEqual({ redriven: 1, remaining: ["bad: no ink"] });
    expect(deleted()).toEqual(["receipt of good"]);
    expect(visibilityChanges()).toEqual([["receipt of bad", 0]]);
  });

  test("handles a message once, even if the queue delivers it again", async () => {
    deliver(message("good"), message("bad"), message("good"), message("bad"));
    const handled: unknown[] = [];
    const handle = async ({ MessageId }: Message) => {
      handled.push(MessageId);
      if (MessageId === "bad") throw new Error("no ink");
      return undefined;
    };
    expect(await drain(queue, handle, options)).toEqual({ redriven: 1, remaining: ["bad: no ink"] });
    expect(handled).toEqual(["good", "bad"]);
  });

  test("makes a message visible with its newest receipt, because an older one has no effect", async () => {
    deliver(message("bad"), { ...message("bad"), ReceiptHandle: "newest receipt" });
    const handle = async () => {
      throw new Error("no ink");
    };
    expect(await drain(queue, handle, options)).toEqual({ redriven: 0, remaining: ["bad: no ink"] });
    expect(visibilityChanges()).toEqual([["newest receipt", 0]]);
  });

  test("reports a message that was handled but could not be deleted, because it would be handled again", async () => {
    deliver(message("one"));
    mock.on(DeleteMessageCommand).rejects(new Error("denied"));
    expect(await drain(queue, async () => undefined, options)).toEqual({ redriven: 0, remaining: ["one: denied"] });
  });

  test("ignores that a message is already visible, because the others took longer than its visibility timeout", async () => {
    deliver(message("bad"));
    mock.on(ChangeMessageVisibilityCommand).rejects(new Error("MessageNotInflight"));
    const handle = async () => {
      throw new Error("no ink");
    };
    expect(await drain(queue, handle, options)).toEqual({ redriven: 0, remaining: ["bad: no ink"] });
  });

  test("stops after Ctrl-C, and makes the messages that failed visible again", async () => {
    deliver(message("bad"), message("next"));
    const interrupt = new AbortController();
    const handle = async () => {
      interrupt.abort();
      throw new Error("no ink");
    };
    await expect(drain(queue, handle, { ...options, signal: interrupt.signal })).rejects.toThrow(/abort/);
    expect(visibilityChanges()).toEqual([["receipt of bad", 0]]);
  });
});

test("peek counts and returns messages, which are visible again immediately", async () => {
  deliver(message("one"));
  expect(await peek(queue)).toMatchObject({ count: 1, messages: [{ MessageId: "one" }] });
  expect(deleted()).toEqual([]);
  expect(visibilityChanges()).toEqual([["receipt of one", 0]]);
});

describe("moving messages back to their queue", () => {
  test("starts a task of SQS and reports its progress", async () => {
    deliver();
    mock.on(StartMessageMoveTaskCommand).resolves({});
    mock
      .on(ListMessageMoveTasksCommand)
      .resolvesOnce({ Results: [{ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 1 }] })
      .resolvesOnce({ Results: [{ Status: "RUNNING", ApproximateNumberOfMessagesMoved: 3 }] })
      .resolves({ Results: [{ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 7 }] });
    const progress: number[] = [];
    expect(await moveBack(queue, "things", { ...options, onProgress: (redriven) => void progress.push(redriven) })).toEqual({
      redriven: 7,
      remaining: [],
    });
    expect(progress).toEqual([3, 7]);
    expect(mock.commandCalls(StartMessageMoveTaskCommand)[0]?.args[0].input).toEqual({ SourceArn: "arn:dlq" });
  });

  test("waits for a task that an earlier run has started", async () => {
    deliver();
    mock
      .on(ListMessageMoveTasksCommand)
      .resolvesOnce({ Results: [{ Status: "RUNNING", ApproximateNumberOfMessagesMoved: 3 }] })
      .resolves({ Results: [{ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 7 }] });
    expect(await moveBack(queue, "things", options)).toEqual({ redriven: 7, remaining: [] });
    expect(mock.commandCalls(StartMessageMoveTaskCommand)).toEqual([]);
  });

  test("is an error while a task moves them to another queue", async () => {
    deliver();
    mock.on(ListMessageMoveTasksCommand).resolves({ Results: [{ Status: "RUNNING", DestinationArn: "arn:elsewhere" }] });
    await expect(moveBack(queue, "things", options)).rejects.toThrow("arn:elsewhere");
    expect(mock.commandCalls(StartMessageMoveTaskCommand)).toEqual([]);
  });

  test("reports the reason if the task of SQS fails", async () => {
    deliver();
    mock.on(StartMessageMoveTaskCommand).resolves({});
    mock.on(ListMessageMoveTasksCommand).resolves({ Results: [{ Status: "FAILED", FailureReason: "AccessDenied" }] });
    expect((await moveBack(queue, "things", options)).remaining).toEqual([expect.stringContaining("AccessDenied")]);
  });

  test.each(["InvalidAction", "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"])(
    "sends them one by one if the server answers %s, and deletes each after it has been sent",
    async (name) => {
      deliver(message("one", { MessageGroupId: "group", MessageDeduplicationId: "once" }));
      mock.on(StartMessageMoveTaskCommand).rejects(Object.assign(new Error("unknown"), { name }));
      mock.on(SendMessageCommand).callsFake(() => {
        expect(deleted()).toEqual([]);
        return { MessageId: "sent" };
      });
      expect(await moveBack(queue, "things", options)).toEqual({ redriven: 1, remaining: [] });
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
      deliver(...messages);
      mock.on(StartMessageMoveTaskCommand).rejects(Object.assign(new Error("unknown"), { name: "InvalidAction" }));
      mock.on(SendMessageCommand).resolves({ MessageId: "sent" });
      return moveBack(queue, "things", options);
    };

    test("does not send a message while SQS would drop it as a duplicate", async () => {
      const dead = message("one", { MessageGroupId: "group", MessageDeduplicationId: "once", SentTimestamp: String(Date.now() - 240_000) });
      expect(await oneByOne(dead)).toEqual({ redriven: 0, remaining: [expect.stringMatching(/^one: .*duplicate for another (59|60) s/)] });
      expect(mock.commandCalls(SendMessageCommand)).toHaveLength(0);
    });

    test("does not send a message again that comes back because it failed again", async () => {
      expect(await oneByOne(message("one"), message("sent"))).toEqual({ redriven: 1, remaining: [] });
      expect(mock.commandCalls(SendMessageCommand)).toHaveLength(1);
      expect(visibilityChanges()).toEqual([["receipt of sent", 0]]);
    });

    test("keeps a message that cannot be sent", async () => {
      deliver(message("one"));
      mock.on(StartMessageMoveTaskCommand).rejects(Object.assign(new Error("unknown"), { name: "InvalidAction" }));
      mock.on(SendMessageCommand).rejects(new Error("denied"));
      expect(await moveBack(queue, "things", options)).toEqual({ redriven: 0, remaining: ["one: denied"] });
      expect(deleted()).toEqual([]);
    });
  });

  test("does not send them one by one if SQS rejects the task for another reason", async () => {
    deliver(message("one"));
    mock.on(StartMessageMoveTaskCommand).rejects(Object.assign(new Error("denied"), { name: "AccessDenied" }));
    await expect(moveBack(queue, "things", options)).rejects.toThrow("denied");
    expect(mock.commandCalls(ReceiveMessageCommand)).toHaveLength(0);
  });
});
