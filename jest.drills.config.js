/**
 * Failure drills. They cause failures in the system that `npm run local` has started, and count what happens to every event.
 * Run them with: npm run drill
 * @type {import("jest").Config}
 */
module.exports = {
  ...require("./jest.config.js"),
  reporters: ["default", ["<rootDir>/__tests__/harness/results-reporter.js", { suite: "drills" }]],
  testRegex: "/__tests__/.*\\.drill\\.ts$",
  testTimeout: 180_000,
};
