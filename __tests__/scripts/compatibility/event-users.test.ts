import { findEventUsers } from "../../../scripts/compatibility/event-users";
import { temporaryFolder } from "../../harness/temporary-folder";

const FIRST = { name: "thing-done", version: 1 };
const SECOND = { name: "thing-done", version: 2 };

const PROJECT = {
  "tsconfig.json": JSON.stringify({
    compilerOptions: { target: "es2023", module: "node20", strict: true, noEmit: true, types: [] },
    include: ["domains", "__tests__"],
  }),
  "shared/contract.ts": `
    export type EventOf<Definition extends { schema: unknown }> = Definition["schema"];
    export function defineEvent<Schema>(definition: { name: string; version: number; schema: Schema }) { return definition; }
    export const made = (schema: object) => ({ extend: () => schema, omit: () => schema });`,
  "domains/things/contract.ts": `
    import { defineEvent, type EventOf, made } from "../../shared/contract";
    const fields = { id: "one" };
    /** A thing is done. */
    export const ThingDone = defineEvent({ name: "thing-done", version: 1, schema: made(fields) });
    export type Thing = EventOf<typeof ThingDone>;
    export const Things = [thing()];
    function thing() { return ThingDone.schema; }
    export const { schema: ThingSchema } = ThingDone;

    const NAME = "thing-done";
    export const ThingDone2 = defineEvent({ name: NAME, version: 2, schema: fields });`,
};

/** The users of the event in the sample project with these files. */
const usersIn = (files: Record<string, string>, event = FIRST) => findEventUsers(temporaryFolder({ ...PROJECT, ...files }), event);

describe("a domain uses an event if it", () => {
  /** In the sample project, a domain of the same name (with hyphens) does it. */
  const USES: [how: string, file: string, source: string][] = [
    ["imports the event", "stack.ts", `import { ThingDone } from "../things/contract"; ThingDone.name;`],
    ["imports the event in a lambda", "lambdas/work.ts", `import { ThingDone } from "../../things/contract"; ThingDone.name;`],
    ["imports the event in a subfolder", "lambdas/a/b/work.ts", `import { ThingDone } from "../../../../things/contract"; ThingDone.name;`],
    ["imports the event under another name", "stack.ts", `import { ThingDone as Done } from "../things/contract"; Done.name;`],
    ["imports the whole contract", "stack.ts", `import * as things from "../things/contract"; things.ThingDone.name;`],
    ["imports only the type", "lambdas/work.ts", `import type { ThingDone } from "../../things/contract"; type It = typeof ThingDone;`],
    ["imports a derived type", "lambdas/work.ts", `import type { Thing } from "../../things/contract"; type It = Thing;`],
    ["has an import in a type", "lambdas/work.ts", `type It = import("../../things/contract").Thing;`],
    ["imports a derived value", "stack.ts", `import { Things } from "../things/contract"; Things.length;`],
    ["imports a part of the event", "stack.ts", `import { ThingSchema } from "../things/contract"; ThingSchema;`],
    ["extends the event", "contract.ts", `import { ThingDone } from "../things/contract"; export const More = ThingDone.schema.extend();`],
    ["imports an extension of the event", "stack.ts", `import { More } from "../extends-the-event/contract"; More;`],
    ["exports the event", "contract.ts", `export { ThingDone as Done } from "../things/contract";`],
    ["imports the event from another contract", "stack.ts", `import { Done } from "../exports-the-event/contract"; Done.name;`],
    ["imports the event through export *", "stack.ts", `import { ThingDone } from "../everything/contract"; ThingDone.name;`],
  ];
  const domainOf = (how: string) => how.replaceAll(/\W+/g, "-");
  const everything = { "domains/everything/contract.ts": `export * from "../things/contract";` };
  let users: unknown;
  beforeAll(async () => {
    const files = USES.map(([how, file, source]) => [`domains/${domainOf(how)}/${file}`, source]);
    users = await usersIn({ ...Object.fromEntries(files), ...everything });
  });

  test.each(USES)("%s", (how) => {
    expect(users).toEqual({ domains: expect.arrayContaining([domainOf(how)]) });
  });

  test("but not if it only exports everything of a contract", () => {
    expect(users).toEqual({ domains: expect.not.arrayContaining(["everything"]) });
  });
});

test("a domain does not use an event if it imports another version, or only has the same name in its code", async () => {
  const files = {
    "domains/shop/stack.ts": `import { ThingDone2 } from "../things/contract"; ThingDone2.name;`,
    "domains/other/stack.ts": `import "../things/contract"; const ThingDone = 1; export const it = { ThingDone };`,
    "domains/comment/stack.ts": `// ThingDone of ../things/contract\nexport const text = "ThingDone";`,
  };
  expect(await usersIn(files, FIRST)).toEqual({ domains: [] });
  expect(await usersIn(files, SECOND)).toEqual({ domains: ["shop"] });
});

test("the domain that defines an event, and tests, are not users of the event", async () => {
  const files = {
    "domains/things/stack.ts": `import { ThingDone } from "./contract"; ThingDone.name;`,
    "__tests__/things.test.ts": `import { ThingDone } from "../domains/things/contract"; ThingDone.name;`,
  };
  expect(await usersIn(files)).toEqual({ domains: [] });
});

describe("the users of an event cannot be determined", () => {
  test("if its definition has no constant name and version", async () => {
    const files = {
      "domains/shop/contract.ts": `
        import { defineEvent } from "../../shared/contract";
        const define = (version: number) => defineEvent({ name: "thing-done", version, schema: {} });
        export const ThingDone3 = define(3);`,
    };
    const users = await usersIn(files, { name: "thing-done", version: 3 });
    expect(users).toEqual({ undetermined: expect.stringContaining("no domain defines it") });
  });

  test.each([
    `import { ThingDone } from "../things/contract"; export default ThingDone.schema.extend();`,
    `import { ThingDone } from "../things/contract"; export default class { it = ThingDone }`,
  ])("if a contract uses it in a default export: %s", async (source) => {
    const users = await usersIn({ "domains/shop/contract.ts": source });
    expect(users).toEqual({ undetermined: expect.stringContaining("domains/shop/contract.ts uses it in a default export") });
  });
});

test("a project that the compiler cannot open is an error", async () => {
  await expect(findEventUsers(temporaryFolder(), FIRST)).rejects.toThrow(/cannot open .*tsconfig\.json/);
});

test("an interrupt stops the compiler and throws", async () => {
  const interrupt = new AbortController();
  const users = findEventUsers(temporaryFolder(PROJECT), FIRST, interrupt.signal);
  interrupt.abort();
  await expect(users).rejects.toThrow(/abort/);
});
