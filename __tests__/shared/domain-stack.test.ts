import { join } from "node:path";
import { findDomains } from "../../shared/domains";
import { listFindings } from "../../shared/findings";
import { project, stackProps, testApp } from "../support/synth";
import { inFolder, temporaryFolder } from "../support/temporary-folder";

const shared = join(__dirname, "../../shared");

/** Makes the domain that a `stack.ts` describes, in one environment, and returns what is found. */
function findingsIn(stack: string): string[] {
  const app = testApp();
  const folder = temporaryFolder({ "domains/sample/stack.ts": stack });
  return inFolder(folder, () => {
    for (const { name, Stack } of findDomains(app, join(folder, "domains"), project)) new Stack(app, name, stackProps());
    return listFindings(app);
  });
}

const TWO_OF_ONE_NAME = `import { DomainStack } from "${shared}/domain-stack";
import { NodejsFunction } from "${shared}/lambda/nodejs-function";
export default class Sample extends DomainStack {
  protected define(): void {
    new NodejsFunction(this, "work");
    new NodejsFunction(this, "work");
  }
}
`;

test("two lambdas of one name are refused, not one of them silently lost", () => {
  expect(findingsIn(TWO_OF_ONE_NAME)).toContainEqual(expect.stringContaining('two constructs are called "work"'));
});

test("two lambdas of one name are told with the line of the second", () => {
  expect(findingsIn(TWO_OF_ONE_NAME)).toContainEqual(expect.stringMatching(/two constructs.*\n {4}at domains\/sample\/stack\.ts:6$/s));
});

test("a mistake in a domain's code that is no clash of names keeps its own error", () => {
  const broken = TWO_OF_ONE_NAME.replace('new NodejsFunction(this, "work");', 'throw new TypeError("no such thing");');
  expect(() => findingsIn(broken)).toThrow(new TypeError("no such thing"));
});
