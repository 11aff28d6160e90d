import * as fc from "fast-check";
import { describeGrants, isForEveryone, wideningOf } from "../../../../scripts/terraform/dangers/widened-policies";

type Json = Record<string, unknown>;

const QUEUE = "arn:aws:sqs:eu-west-1:111111111111:placed";
const ALLOW: Json = { Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: QUEUE };
const DENY: Json = {
  Effect: "Deny",
  Principal: "*",
  Action: "sqs:*",
  Resource: QUEUE,
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};
const FROM_TOPIC = { ArnEquals: { "aws:SourceArn": "arn:aws:sns:eu-west-1:111111111111:orders" } };
const FROM_ACCOUNT = { StringEquals: { "aws:SourceAccount": "111111111111" } };

const policy = (...statements: Json[]) => JSON.stringify({ Version: "2012-10-17", Statement: statements });

/** What is found between two policies, in words. */
function found(before: unknown, after: unknown): string[] | undefined {
  const widening = wideningOf([before], [after]);
  return widening && [...widening.allowed, ...widening.undenied].map((grant) => describeGrants([grant]));
}

type Case = [string, Json[], Json[]];

describe("a policy is not wider", () => {
  test.each<Case>([
    ["with its statements in another order", [ALLOW, DENY], [DENY, ALLOW]],
    ["with a list of one instead of a text", [ALLOW], [{ ...ALLOW, Action: ["sqs:SendMessage"], Resource: [QUEUE] }]],
    ["with another Sid", [{ ...ALLOW, Sid: "one" }], [{ ...ALLOW, Sid: "two" }]],
    ["with an action in other letters", [ALLOW], [{ ...ALLOW, Action: "SQS:sendmessage" }]],
    ["with an action of the former wildcard", [{ ...ALLOW, Action: "sqs:Send*" }], [ALLOW]],
    ["with a pattern of the former pattern", [{ ...ALLOW, Action: "sqs:*" }], [{ ...ALLOW, Action: ["sqs:Get*", "sqs:Send?essage"] }]],
    ["with a resource of the former wildcard", [{ ...ALLOW, Resource: "arn:aws:sqs:*:111111111111:place?" }], [ALLOW]],
    ["with one service instead of everyone", [{ ...ALLOW, Principal: "*" }], [ALLOW]],
    ["with everyone in its longer form", [{ ...ALLOW, Principal: "*" }], [{ ...ALLOW, Principal: { AWS: ["*"] } }]],
    [
      "with an account by its number",
      [{ ...ALLOW, Principal: { AWS: "arn:aws:iam::222222222222:root" } }],
      [{ ...ALLOW, Principal: { AWS: "222222222222" } }],
    ],
    ["with one more condition", [{ ...ALLOW, Condition: FROM_ACCOUNT }], [{ ...ALLOW, Condition: { ...FROM_ACCOUNT, ...FROM_TOPIC } }]],
    ["with a condition that was not there", [ALLOW], [{ ...ALLOW, Condition: FROM_TOPIC }]],
    [
      "with the values of a condition in another order",
      [{ ...ALLOW, Condition: { StringLike: { key: ["a", "b"] } } }],
      [{ ...ALLOW, Condition: { StringLike: { key: ["b", "a"] } } }],
    ],
    ["without an Allow", [ALLOW, DENY], [DENY]],
    ["with one more Deny", [ALLOW], [ALLOW, DENY]],
    ["with a wider Deny", [DENY], [{ ...DENY, Condition: {} }]],
    ["with the same exceptions in another order", [{ ...DENY, NotAction: ["a", "b"] }], [{ ...DENY, NotAction: ["b", "a"] }]],
  ])("%s", (_, before, after) => {
    expect(found(policy(...before), policy(...after))).toEqual([]);
  });
});

describe("a policy is wider", () => {
  const withoutAction = ({ Action: _, ...statement }: Json) => statement;

  test.each<[...Case, string]>([
    [
      "with one more action",
      [ALLOW],
      [{ ...ALLOW, Action: ["sqs:SendMessage", "sqs:Purge"] }],
      `sqs:Purge on ${QUEUE} for sns.amazonaws.com`,
    ],
    ["with a wildcard", [{ ...ALLOW, Action: ["sqs:SendMessage", "sqs:SendX"] }], [{ ...ALLOW, Action: "sqs:Send*" }], "sqs:Send\\* on"],
    ["with another resource", [ALLOW], [{ ...ALLOW, Resource: `${QUEUE}-dlq` }], `on ${QUEUE}-dlq`],
    ["with a resource in other letters", [ALLOW], [{ ...ALLOW, Resource: QUEUE.replace("placed", "Placed") }], "Placed"],
    [
      "with a longer resource than a wildcard in the middle allows",
      [{ ...ALLOW, Resource: "arn:aws:sqs:*:placed" }],
      [ALLOW],
      `on ${QUEUE}`,
    ],
    ["with another principal", [ALLOW], [{ ...ALLOW, Principal: { AWS: "222222222222" } }], "for 222222222222"],
    ["with everyone", [ALLOW], [{ ...ALLOW, Principal: "*" }], "for everyone"],
    [
      "with a role of an account that had to permit it itself",
      [{ ...ALLOW, Principal: { AWS: "222222222222" } }],
      [{ ...ALLOW, Principal: { AWS: "arn:aws:iam::222222222222:role/a" } }],
      "role/a",
    ],
    ["without its condition", [{ ...ALLOW, Condition: FROM_TOPIC }], [ALLOW], "sqs:SendMessage on"],
    ["with another condition", [{ ...ALLOW, Condition: FROM_TOPIC }], [{ ...ALLOW, Condition: FROM_ACCOUNT }], "sqs:SendMessage on"],
    [
      "with fewer exceptions",
      [{ ...withoutAction(ALLOW), NotAction: ["sqs:*"] }],
      [{ ...withoutAction(ALLOW), NotAction: ["sqs:A*"] }],
      "everything but exceptions on",
    ],
    ["with an action that was an exception", [{ ...withoutAction(ALLOW), NotAction: ["sqs:A"] }], [ALLOW], "sqs:SendMessage on"],
    ["with a variable instead of a pattern", [{ ...ALLOW, Resource: "arn:???????" }], [{ ...ALLOW, Resource: `arn:\${user}` }], "on arn:"],
    ["without a Deny", [ALLOW, DENY], [ALLOW], "sqs:\\* on"],
    ["with a Deny of less", [DENY], [{ ...DENY, Action: "sqs:Send*" }], "sqs:\\* on"],
    [
      "with a Deny under one more condition",
      [DENY],
      [{ ...DENY, Condition: { ...(DENY.Condition as Json), ...FROM_ACCOUNT } }],
      "sqs:\\* on",
    ],
  ])("%s", (_, before, after, text) => {
    expect(found(policy(...before), policy(...after))).toEqual([expect.stringMatching(text)]);
  });

  test("than none", () => {
    for (const none of [undefined, null, "", policy()]) expect(found(none, policy(ALLOW, DENY))).toHaveLength(1);
  });
});

test("the policies of a resource count together", () => {
  expect(wideningOf([policy(ALLOW), policy(DENY)], [policy(DENY, ALLOW)])).toEqual({ allowed: [], undenied: [] });
});

test("a policy that cannot be read cannot be compared, unless it is the same", () => {
  const unreadable = [
    "no JSON",
    "{}",
    policy({ ...ALLOW, Effect: "allow" }),
    policy({ ...ALLOW, Actions: "*" }),
    policy({ Effect: "Allow", Resource: "*" }),
    policy({ ...ALLOW, Action: [{}] }),
  ];
  for (const text of unreadable) {
    expect([text, found(text, policy(ALLOW)), found(policy(ALLOW), text)]).toEqual([text, undefined, undefined]);
    expect(found(text, text)).toEqual([]);
  }
});

test("a grant is for everyone if no condition restricts it, also if it excepts somebody", () => {
  const isOpen = (statement: Json) => wideningOf([], [policy(statement)])?.allowed.every(isForEveryone);
  expect(isOpen({ ...ALLOW, Principal: { AWS: "*" } })).toBe(true);
  expect(isOpen({ ...ALLOW, Principal: { "*": "*" } })).toBe(true);
  expect(isOpen({ Effect: "Allow", NotPrincipal: { AWS: "111111111111" }, Action: "*", Resource: "*" })).toBe(true);
  expect(isOpen({ ...ALLOW, Principal: "*", Condition: FROM_ACCOUNT })).toBe(false);
  expect(isOpen(ALLOW)).toBe(false);
  expect(isOpen({ Effect: "Allow", Action: "*", Resource: "*" })).toBe(false);
});

test("the text of many grants has three of them, each once, and the number of the others", () => {
  const grants = ["a", "b", "b", "c", "d", "e"].map((action) => ({ principal: "", action, resource: "", conditions: [] }));
  expect(describeGrants(grants)).toBe("a, b, c and 2 more");
  expect(describeGrants(grants.slice(0, 4))).toBe("a, b, c");
});

describe("of any two policies", () => {
  const some = (...texts: string[]) => fc.uniqueArray(fc.constantFrom(...texts), { minLength: 1, maxLength: 2 });
  const ACTIONS = ["s3:Get", "s3:GetAll", "S3:PUT", "s3:Get*", "s3:*", "s3:?ut", "*"];
  const RESOURCES = ["arn:a", "arn:a:c", "arn:a:b:c", "arn:*", "arn:*:c", "arn:a:*c", "arn:?", "*"];
  const CONDITIONS = [
    undefined,
    { StringEquals: { key: "1" } },
    { StringEquals: { key: ["1", "2"] } },
    { Bool: { tls: true }, StringEquals: { key: "1" } },
  ];
  const statement = fc
    .record({
      Effect: fc.constantFrom("Allow", "Allow", "Deny"),
      Principal: fc.oneof(
        fc.constant("*"),
        some("111111111111", "222222222222").map((AWS) => ({ AWS })),
      ),
      actions: fc.tuple(fc.constantFrom("Action", "Action", "NotAction"), some(...ACTIONS)),
      Resource: some(...RESOURCES),
      Condition: fc.constantFrom(...CONDITIONS),
    })
    .map(({ actions: [element, names], ...rest }): Json => ({ ...rest, [element]: names }));
  const statements = fc.array(statement, { maxLength: 3 });

  const list = (value: unknown) => [value].flat() as string[];
  function glob(pattern: string, star: string): RegExp {
    const signs = (sign: string, index: number) => (sign === "?" ? "." : index === pattern.length - 1 ? ".*" : star);
    return new RegExp(`^${pattern.replaceAll(/[*?]/g, signs)}$`);
  }

  /** Whether IAM would allow a request. It is not certain what `*` before the end stands for, so that it is a parameter. */
  function isAllowed(all: Json[], request: { principal: string; action: string; resource: string; context: Json }, star: string): boolean {
    const applies = (one: Json) => {
      const isAction = list(one.Action ?? one.NotAction).some((name) => glob(name.toLowerCase(), star).test(request.action.toLowerCase()));
      const { AWS } = one.Principal as Json;
      return (
        isAction === (one.Action !== undefined) &&
        (one.Principal === "*" || list(AWS).includes(request.principal)) &&
        list(one.Resource).some((name) => glob(name, star).test(request.resource)) &&
        Object.values((one.Condition ?? {}) as Record<string, Json>).every((keys) =>
          Object.entries(keys).every(([key, values]) => list(values).map(String).includes(String(request.context[key]))),
        )
      );
    };
    const applying = all.filter(applies);
    return applying.length > 0 && applying.every(({ Effect }) => Effect === "Allow");
  }

  const requests = ["111111111111", "222222222222", "333333333333"].flatMap((principal) =>
    ["s3:Get", "s3:GetAll", "s3:Put", "s3:Cut", "sqs:Send"].flatMap((action) =>
      ["arn:a", "arn:b", "arn:a:c", "arn:a:b:c", "arn:a:b:d:c"].flatMap((resource) =>
        [{ key: 1, tls: false }, { key: 2 }, { key: 1, tls: true }, {}].map((context) => ({ principal, action, resource, context })),
      ),
    ),
  );

  test("the second one allows no new request if nothing is found", () => {
    fc.assert(
      fc.property(statements, statements, fc.constantFrom(".*", "[^:]*"), (before, after, star) => {
        fc.pre(found(policy(...before), policy(...after))?.length === 0);
        expect(requests.filter((request) => isAllowed(after, request, star) && !isAllowed(before, request, star))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test("nothing is found if the second one has the parts of the first one in another order", () => {
    const parts = (one: Json) =>
      list(one.Resource).flatMap((Resource) =>
        one.Action ? list(one.Action).map((Action) => ({ ...one, Action, Resource })) : [{ ...one, Resource }],
      );
    fc.assert(
      fc.property(statements, (all) => {
        expect(found(policy(...all), policy(...all.flatMap(parts).reverse()))).toEqual([]);
      }),
    );
  });

  test("nothing is found if the second one lacks an Allow or has one more Deny", () => {
    fc.assert(
      fc.property(statements, statement, (all, one) => {
        const [before, after] = one.Effect === "Allow" ? [[...all, one], all] : [all, [...all, one]];
        expect(found(policy(...before), policy(...after))).toEqual([]);
      }),
    );
  });

  test("an added action is found if no pattern of the first one matches it", () => {
    const known = statement.filter((one) => one.Action !== undefined && !list(one.Action).includes("*"));
    fc.assert(
      fc.property(fc.array(known, { maxLength: 3 }), known, (all, one) => {
        const added = { ...one, Effect: "Allow", Action: "sqs:SendMessage" };
        expect(found(policy(...all), policy(...all, added))).toEqual(
          list(one.Resource).flatMap(() => list((one.Principal as Json).AWS ?? "*").map(() => expect.stringContaining("sqs:SendMessage"))),
        );
      }),
    );
  });
});
