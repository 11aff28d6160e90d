/**
 * The proof of the deploy roles. It plans, changes and destroys the system that `npm run local` has started, under these roles.
 * Run it with: npm run test:roles
 * @type {import("jest").Config}
 */
module.exports = {
  ...require("./jest.config.js"),
  reporters: ["default", ["<rootDir>/__tests__/harness/results-reporter.js", { suite: "roles" }]],
  testRegex: "/__tests__/.*\\.roles\\.ts$",
  testTimeout: 600_000,
};
