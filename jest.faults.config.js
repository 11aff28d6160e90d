/**
 * Fault tests. In a copy of the project, commands are interrupted, or something that they need is missing or killed.
 * They take minutes.
 * Run them with: npm run test:faults
 * @type {import("jest").Config}
 */
module.exports = {
  ...require("./jest.config.js"),
  reporters: ["default", ["<rootDir>/__tests__/harness/results-reporter.js", { suite: "faults" }]],
  testRegex: "/__tests__/.*\\.faults\\.ts$",
  testTimeout: 900_000,
};
