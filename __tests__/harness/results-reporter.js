const { mkdirSync, writeFileSync } = require("node:fs");
const { join, relative } = require("node:path");

/**
 * Writes the tests that passed to `.build/results/<suite>.json`, from which `npm run seen` makes its table.
 * A run of only some of the tests writes nothing, because the file must be about the whole suite.
 */
module.exports = class ResultsReporter {
  constructor({ rootDir, filter, testPathPatterns, testNamePattern }, { suite }) {
    const runsOnlySome = filter || testNamePattern || (testPathPatterns?.patterns ?? []).length > 0;
    this.folder = runsOnlySome ? undefined : join(rootDir, ".build/results");
    this.suite = suite;
    this.root = rootDir;
  }

  onRunComplete(_, { testResults }) {
    if (!this.folder) return;
    const passed = testResults.flatMap(({ testFilePath, testResults: tests }) =>
      tests
        .filter(({ status }) => status === "passed")
        .map(({ ancestorTitles, title, location }) => ({
          file: relative(this.root, testFilePath).replaceAll("\\", "/"),
          line: location?.line,
          groups: ancestorTitles,
          title,
        })),
    );
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, `${this.suite}.json`), JSON.stringify(passed));
  }
};
