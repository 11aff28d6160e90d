// The AWS SDK warns about Node.js 20. One warning in every test file only distracts.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
// The service name in the logs of handlers. In a lambda, it is the name of the domain.
process.env.POWERTOOLS_SERVICE_NAME ??= "test";

/**
 * Unit tests. They need no Terraform and no network. Tests that need the local AWS have their own configurations.
 * Run them with: npm test
 * @type {import("jest").Config}
 */
module.exports = {
  testMatch: ["<rootDir>/__tests__/**/*.test.ts"],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2023" }, module: { type: "commonjs" }, sourceMaps: "inline" }] },
  testEnvironment: "node",
  // By default, Jest leaves one processor free. On a machine with two, that is half of them.
  maxWorkers: "100%",
  // npm run seen counts all tests on one line, which are the cases of a test.each, as one rule.
  testLocationInResults: true,
  reporters: ["default", ["<rootDir>/__tests__/harness/results-reporter.js", { suite: "unit" }]],
};
