import { join } from "node:path";
import { Lazy } from "cdktf";
import { addFinding, checkRange, listFindings, throwFindings } from "../../../shared/stack/findings";
import { findDomains } from "../../../shared/synth/domains";
import { findingsOf, project, stackProps, testApp } from "../../harness/synth";
import { inFolder, temporaryFolder, writeFiles } from "../../harness/temporary-folder";

const shared = join(__dirname, "../../../shared");

/** Two queues that cannot work, and have no lambda, as is found at the end; the lines matter. */
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

/** Makes the domain of that project in every environment. */
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

  test("are found all at once, also what can be judged only at the end", () => {
    expect(findings).toEqual([
      expect.stringContaining("maxReceiveCount is 0;"),
      expect.stringContaining("maxReceiveCount is 2000;"),
      "sample-int/first, sample-live/first: invokes nothing; write first.invokes(…), or remove it",
      "sample-int/second, sample-live/second: invokes nothing; write second.invokes(…), or remove it",
    ]);
  });

  test("are each told once, with its place in either environment", () => {
    expect(findings[0]).toContain("sample-int/first, sample-live/first: ");
  });

  test("name file and line of their author, not of the construct that found them", () => {
    expect(findings[0]).toMatch(/\n {4}at domains\/sample\/stack\.ts:6$/);
    expect(findings[1]).toMatch(/\n {4}at domains\/sample\/stack\.ts:7$/);
  });

  test.each(["my project", "project (copy)", "domains", "shared"])("name them in a project whose folder is called %p, too", (name) => {
    expect(build(join(temporaryFolder(), name)).findings[0]).toMatch(/\n {4}at domains\/sample\/stack\.ts:6$/);
  });

  test("refuse the synth in one error that counts them", () => {
    expect(() => throwFindings(app)).toThrow(/^4 problem\(s\) found; nothing was written\..*is 0;.*is 2000;/s);
  });
});

test("without a finding nothing is refused", () => {
  expect(() => throwFindings(testApp())).not.toThrow();
});

test("findings of one app are none of another's", () => {
  expect(findingsOf((app) => addFinding(app, "too long"))).toHaveLength(1);
  expect(findingsOf(() => {})).toEqual([]);
});

describe("a number", () => {
  const check = (value: number | undefined) => findingsOf((app) => checkRange(app, "timeout", value, 1, 900, " s"));

  test.each([1, 900, undefined])("in its range or left out passes: %p", (value) => {
    expect(check(value)).toEqual([]);
  });

  test.each([0, 901, 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY])("that AWS would refuse is told with its range: %p", (value) => {
    expect(check(value)).toEqual([expect.stringContaining(`timeout is ${value} s; AWS takes whole numbers from 1 to 900 s`)]);
  });

  test("that only Terraform knows passes", () => {
    expect(check(Lazy.numberValue({ produce: () => 5000 }))).toEqual([]);
  });
});
