// What the shell sets for AWS, Terraform, git, colours, logs and Node.js must not change what tests see. This file is loaded before
// Jest starts its workers, and they inherit the rest. Inside a git hook, git itself would use the repository of the hook.
const OF_THE_SHELL =
  /^(AWS_|TF_(?!CLI_CONFIG_FILE$)|GIT_|POWERTOOLS_|CDKTF_|NODE_OPTIONS$|NODE_USE_ENV_PROXY$|NODE_EXTRA_CA_CERTS$|LD_PRELOAD$|LOG_LEVEL$|FORCE_COLOR$|NO_COLOR$|LOCAL_AWS$)/;
for (const name of Object.keys(process.env)) if (OF_THE_SHELL.test(name)) delete process.env[name];
// The AWS SDK warns about Node.js 20. One warning in every test file only distracts.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
// The service name in the logs of handlers. In a lambda, it is the name of the domain.
process.env.POWERTOOLS_SERVICE_NAME = "test";

/**
 * Unit tests. They need no Terraform and no network. Tests that need the local AWS have their own configurations.
 * Run them with: npm test
 * @type {import("jest").Config}
 */
module.exports = {
  // Other folders of the project can be git worktrees, with tests of their own.
  roots: ["<rootDir>/__tests__"],
  // Not testMatch: in its globs, the brackets in the name of a folder are no letters.
  testRegex: "/__tests__/.*\\.test\\.ts$",
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2023" }, module: { type: "commonjs" }, sourceMaps: "inline" }] },
  testEnvironment: "node",
  // It only helps in watch mode, and one that hangs lets Jest wait for ever.
  watchman: false,
  // By default, Jest leaves one processor free. On a machine with two, that is half of them.
  maxWorkers: "100%",
  // npm run seen counts all tests on one line, which are the cases of a test.each, as one rule.
  testLocationInResults: true,
  // Jest runs the code that it finds in its cache. In the temporary folder of the machine, another user could have put it there.
  cacheDirectory: "<rootDir>/.build/jest",
  reporters: ["default", ["<rootDir>/__tests__/harness/results-reporter.js", { suite: "unit" }]],
};
