const { mkdirSync, writeFileSync } = require("node:fs");
const { join, relative } = require("node:path");

/** Keeps what each suite has passed, for the table that `npm run seen` makes of it. A run of a part of the tests says nothing of the whole. */
module.exports = class ResultsReporter {
  constructor({ rootDir, filter, testPathPatterns, testNamePattern }, { suite }) {
    const isPart = filter || testNamePattern || (testPathPatterns?.patterns ?? []).length > 0;
    this.folder = isPart ? undefined : join(rootDir, ".build/results");
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
