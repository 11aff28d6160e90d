/**
 * Failure drills on the running system: they need `npm run local`, do it harm, and count what becomes of every event.
 * @type {import("jest").Config}
 */
module.exports = {
  ...require("./jest.config.js"),
  reporters: ["default", ["<rootDir>/__tests__/harness/results-reporter.js", { suite: "drills" }]],
  testMatch: ["<rootDir>/__tests__/**/*.drill.ts"],
  testTimeout: 180_000,
};
