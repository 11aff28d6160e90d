/**
 * Fault drills: commands that are interrupted or robbed of what they stand on, in a copy of the project. They take minutes.
 * Run them with: npm run test:faults
 * @type {import("jest").Config}
 */
module.exports = {
  ...require("./jest.config.js"),
  reporters: ["default", ["<rootDir>/__tests__/harness/results-reporter.js", { suite: "faults" }]],
  testMatch: ["<rootDir>/__tests__/faults/*.faults.ts"],
  testTimeout: 900_000,
};
