// Whoever runs Node 20 is told by the commands, not by every test file.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
// What a handler logs in a test; in a lambda it is the domain's name.
process.env.POWERTOOLS_SERVICE_NAME ??= "test";

/**
 * Unit tests: seconds, no Terraform, no network. What needs the local AWS is in jest.system.config.js.
 * @type {import("jest").Config}
 */
module.exports = {
  testMatch: ["<rootDir>/__tests__/**/*.test.ts"],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2023" }, module: { type: "commonjs" }, sourceMaps: "inline" }] },
  testEnvironment: "node",
  // Jest would leave one processor to others, which on two is half of them.
  maxWorkers: "100%",
  // Tests of one line are the cases of one rule: so npm run seen tells them.
  testLocationInResults: true,
  reporters: ["default", ["<rootDir>/__tests__/harness/results-reporter.js", { suite: "unit" }]],
};
