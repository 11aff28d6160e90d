/**
 * System tests. They test the system that `npm run local` has deployed.
 * Run them with: npm run test:system
 * @type {import("jest").Config}
 */
module.exports = {
  ...require("./jest.config.js"),
  reporters: ["default", ["<rootDir>/__tests__/harness/results-reporter.js", { suite: "system" }]],
  testRegex: "/__tests__/.*\\.system\\.ts$",
  testTimeout: 120_000,
};
