/**
 * Tests of the running system: they need `npm run local`, and look at what it deployed.
 * @type {import("jest").Config}
 */
module.exports = {
  ...require("./jest.config.js"),
  reporters: ["default", ["<rootDir>/__tests__/harness/results-reporter.js", { suite: "system" }]],
  testMatch: ["<rootDir>/__tests__/**/*.system.ts"],
  testTimeout: 120_000,
};
