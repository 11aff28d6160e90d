import type { Lazy as LazyClass } from "cdktf";

const MODULE = "cdktf/lib/tokens/private/stack-trace";

/** Loads fresh copies of CDKTF and of the function under test, because the function changes a module of CDKTF. */
function load(): { Lazy: typeof LazyClass; disableTokenStackTraces: () => void } {
  jest.resetModules();
  return { ...require("cdktf"), ...require("../../../shared/synth/token-stack-traces") };
}

/** The stack trace that CDKTF keeps for a new token. */
function stackTraceOfToken(Lazy: typeof LazyClass): string[] {
  const { creationStack } = Lazy.anyValue({ produce: () => "value" }) as unknown as { creationStack: string[] };
  return creationStack;
}

afterEach(() => {
  jest.dontMock(MODULE);
  jest.resetModules();
});

test("CDKTF takes a stack trace for each token, and none after disableTokenStackTraces", () => {
  const { Lazy, disableTokenStackTraces } = load();
  expect(stackTraceOfToken(Lazy).length).toBeGreaterThan(5);
  disableTokenStackTraces();
  expect(stackTraceOfToken(Lazy)).toEqual([]);
});

test("a version of CDKTF without the private module is reported, with what to do", () => {
  jest.doMock(MODULE, () => {
    throw new Error("Cannot find module");
  });
  jest.resetModules();
  const { disableTokenStackTraces } = require("../../../shared/synth/token-stack-traces");
  expect(disableTokenStackTraces).toThrow(
    /This version of CDKTF has no function "captureStackTrace" in cdktf\/.*or remove disableTokenStackTraces/,
  );
});

test("a version of CDKTF without the private function is reported, with what to do", () => {
  jest.doMock(MODULE, () => ({ somethingElse: () => [] }));
  jest.resetModules();
  const { disableTokenStackTraces } = require("../../../shared/synth/token-stack-traces");
  expect(disableTokenStackTraces).toThrow(/This version of CDKTF has no function "captureStackTrace"/);
});
