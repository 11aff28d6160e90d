/** The module of CDKTF that takes a stack trace for each token. It is private, so a new version of CDKTF can move it. */
const MODULE = "cdktf/lib/tokens/private/stack-trace";

/**
 * Makes CDKTF create tokens without a stack trace. Call it before any construct is created.
 *
 * CDKTF takes a complete stack trace for every token, even with `stackTraces: false`, and nothing in this project reads them.
 * Creating the constructs of 160 stacks takes 1.4 s with these stack traces and 0.2 s without. CDKTF has no option for it,
 * which is why this function replaces a function of a private module.
 *
 * @throws Error if CDKTF does not have this module and function any more
 */
export function disableTokenStackTraces(): void {
  const module = loadModule();
  if (typeof module.captureStackTrace !== "function") throw missing();
  module.captureStackTrace = () => [];
}

function loadModule(): { captureStackTrace?: unknown } {
  try {
    return require(MODULE);
  } catch (cause) {
    throw missing(cause);
  }
}

function missing(cause?: unknown): Error {
  const problem = `This version of CDKTF has no function "captureStackTrace" in ${MODULE}`;
  const fix = "Find where it takes the stack trace of a token now, or remove disableTokenStackTraces";
  return new Error(`${problem}. ${fix}: without it, a synth is slower and its result is the same.`, { cause });
}
