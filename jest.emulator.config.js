/**
 * Tests of the local AWS itself: its authorization, and what it refuses. Each starts a local AWS of its own.
 * Run them with: npm run test:emulator
 * @type {import("jest").Config}
 */
module.exports = {
  ...require("./jest.config.js"),
  reporters: ["default", ["<rootDir>/__tests__/harness/results-reporter.js", { suite: "emulator" }]],
  testRegex: "/__tests__/.*\\.emulator\\.ts$",
  testTimeout: 120_000,
};
