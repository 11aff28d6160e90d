/**
 * Unit tests: seconds, no Terraform, no network. What needs the local AWS is in jest.system.config.js.
 * @type {import("jest").Config}
 */
module.exports = {
  testMatch: ["<rootDir>/__tests__/**/*.test.ts"],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2023" }, module: { type: "commonjs" }, sourceMaps: "inline" }] },
  testEnvironment: "node",
};
