import { join } from "node:path";
import { Lazy } from "cdktf";
import { addFinding, checkRange, listFindings, throwFindings } from "../../../shared/stack/findings";
import { findDomains } from "../../../shared/synth/domains";
import { findingsOf, project, stackProps, testApp } from "../../harness/synth";
import { inFolder, temporaryFolder, writeFiles } from "../../harness/temporary-folder";

const shared = join(__dirname, "../../../shared");

/** Two queues with an invalid option each and no lambda, which is only found at the end. The tests below name the lines. */
const TWO_PROBLEMS = `import { DomainStack } from "${shared}/domain-stack";
import { QueueTrigger } from "${shared}/triggers/queue-trigger";
export default class Sample extends DomainStack {
  protected define(): void {
    const event = { example: {} } as never;
    new QueueTrigger(this, "first", { event, maxReceiveCount: 0 });
    new QueueTrigger(this, "second", { event, maxReceiveCount: 2000 });
  }
}
`;

/** Creates the domain in every environment, in a project that is in this folder. */
function build(folder: string) {
  const app = testApp();
  writeFiles(folder, { "domains/sample/stack.ts": TWO_PROBLEMS });
  inFolder(folder, () => {
    for (const { name, Stack } of findDomains(app, join(folder, "domains"), project)) {
      for (const environment of project.environments) new Stack(app, name, { ...stackProps(), environment });
    }
  });
  return { app, findings: listFindings(app) };
}

describe("problems in one domain, in two environments", () => {
  const { app, findings } = build(temporaryFolder());

  test("are all reported, also those that can be found only at the end", () => {
    expect(findings).toEqual([
      expect.stringContaining("maxReceiveCount is 0,"),
      expect.stringContaining("maxReceiveCount is 2000,"),
      "sample-int/first, sample-live/first: the trigger does not invoke a lambda. Call first.invokes(…), or remove the trigger.",
      "sample-int/second, sample-live/second: the trigger does not invoke a lambda. Call second.invokes(…), or remove the trigger.",
    ]);
  });

  test("are each reported once, with the place in both environments", () => {
    expect(findings[0]).toContain("sample-int/first, sample-live/first: ");
  });

  test("name the author's file and line, not those of the construct that found them", () => {
    expect(findings[0]).toMatch(/\n {4}at domains\/sample\/stack\.ts:6$/);
    expect(findings[1]).toMatch(/\n {4}at domains\/sample\/stack\.ts:7$/);
  });

  test.each(["my project", "project (copy)", "domains", "shared"])("name them also in a project whose folder is called %p", (name) => {
    expect(build(join(temporaryFolder(), name)).findings[0]).toMatch(/\n {4}at domains\/sample\/stack\.ts:6$/);
  });

  test("stop the synth with one error that counts them", () => {
    expect(() => throwFindings(app)).toThrow(/^4 problem\(s\) found; nothing was written\..*is 0,.*is 2000,/s);
  });
});

test("without findings the synth continues", () => {
  expect(() => throwFindings(testApp())).not.toThrow();
});

test("findings of one app do not appear in another app", () => {
  expect(findingsOf((app) => addFinding(app, "too long"))).toHaveLength(1);
  expect(findingsOf(() => {})).toEqual([]);
});

describe("a number", () => {
  const check = (value: number | undefined) => findingsOf((app) => checkRange(app, { timeout: value }, { min: 1, max: 900, unit: "s" }));

  test.each([1, 900, undefined])("in its range, or left out, passes: %p", (value) => {
    expect(check(value)).toEqual([]);
  });

  test.each([0, 901, 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "outside the range that AWS accepts is reported with the range: %p",
    (value) => {
      expect(check(value)).toEqual([expect.stringContaining(`timeout is ${value} s, and AWS accepts whole numbers from 1 to 900 s`)]);
    },
  );

  test("that is a token passes, because only Terraform knows its value", () => {
    expect(check(Lazy.numberValue({ produce: () => 5000 }))).toEqual([]);
  });
});

describe("the stack trace of a finding", () => {
  const jestsLimit = Error.stackTraceLimit;
  const jestsFormat = Error.prepareStackTrace;
  beforeEach(() => {
    // The default of V8. Jest sets a higher limit for tests.
    Error.stackTraceLimit = 10;
  });
  afterEach(() => {
    Error.stackTraceLimit = jestsLimit;
    Error.prepareStackTrace = jestsFormat;
  });

  /** A helper outside `domains/` that calls itself this often before it adds the finding. */
  const HELPER = `import { addFinding } from "${shared}/stack/findings";
export function add(scope, calls) {
  if (calls === 0) addFinding(scope, "too deep");
  else add(scope, calls - 1);
}
`;
  const STACK = `import { DomainStack } from "${shared}/domain-stack";
import { add } from "../../helper";
export default class Sample extends DomainStack {
  protected define(): void {
    add(this, 30);
  }
}
`;

  test("reaches an author's line that is more than ten calls away", () => {
    const app = testApp();
    const folder = temporaryFolder({ "helper.ts": HELPER, "domains/sample/stack.ts": STACK });
    const findings = inFolder(folder, () => {
      for (const { name, Stack } of findDomains(app, join(folder, "domains"), project)) new Stack(app, name, stackProps());
      return listFindings(app);
    });
    expect(findings).toEqual([expect.stringMatching(/too deep\n {4}at domains\/sample\/stack\.ts:5$/)]);
  });

  test("leaves Error.stackTraceLimit as it was", () => {
    findingsOf((app) => addFinding(app, "too long"));
    expect(Error.stackTraceLimit).toBe(10);
  });

  test("leaves Error.stackTraceLimit as it was when the stack trace cannot be formatted", () => {
    const app = testApp();
    Error.prepareStackTrace = () => {
      throw "no source map";
    };
    let thrown: unknown;
    try {
      addFinding(app, "too long");
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe("no source map");
    expect(Error.stackTraceLimit).toBe(10);
  });
});
