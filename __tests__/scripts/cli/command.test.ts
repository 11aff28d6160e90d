import { runCommand } from "../../../scripts/cli/command";
import type { ProcessOptions } from "../../../scripts/cli/process";
import { runCode } from "../../harness/run-code";

interface Sample extends ProcessOptions {
  /** The body of the command's `run`. */
  body: string;
  args?: string[];
  /** The property of the command, as TypeScript. */
  positionals?: string;
}

/** Runs a command in a process of its own. */
function command({ body, args = [], positionals = "{ min: 0, max: Infinity }", ...options }: Sample) {
  const code = `
    import { runCommand } from "./cli/command";
    import { UserError } from "../shared/errors";
    const help = "\\nnpm run sample -- <stack>\\n\\nMore about it.";
    void runCommand(
      { help, options: { port: { type: "string" } }, positionals: ${positionals} },
      async ({ positionals, options, signal }) => { ${body} },
    );`;
  return runCode(code, { args, ...options });
}

const marks = 'process.stdout.write("it ran")';

describe("a command", () => {
  test.each(["--help", "-h"])("with %s prints its help, does nothing else, and succeeds", async (option) => {
    const { exitCode, stdout } = await command({ body: marks, args: [option] });
    expect(exitCode).toBe(0);
    expect(stdout).toBe("npm run sample -- <stack>\n\nMore about it.\n");
  });

  test("prints its help although an argument is missing", async () => {
    const { exitCode, stdout } = await command({ body: marks, args: ["--help"], positionals: "{ min: 1, max: 1 }" });
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^npm run sample/)]);
  });

  test("gets its arguments and options", async () => {
    const { exitCode, stdout } = await command({
      body: "console.log(positionals, options.port)",
      args: ["orders-int", "--port", "1", "live"],
    });
    expect(exitCode).toBe(0);
    expect(stdout).toBe("[ 'orders-int', 'live' ] 1\n");
  });

  test("rejects an unknown option, names it, shows the usage, and does nothing", async () => {
    const { exitCode, stdout, stderr } = await command({ body: marks, args: ["--prot", "1"] });
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/--prot.*\nUsage: npm run sample -- <stack>\n.*--help/s);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test.each([
    ["undefined", "HEAD~1", "expected none"],
    ["{ min: 0, max: 1 }", "HEAD~2", "expected at most 1"],
  ])("with positionals %s rejects one argument more, names it, shows the usage, and does nothing", async (positionals, extra, rule) => {
    const args = ["HEAD~1", "HEAD~2"].slice(0, positionals === "undefined" ? 1 : 2);
    const { exitCode, stdout, stderr } = await command({ body: marks, args, positionals });
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`Unexpected argument "${extra}": ${rule}.\nUsage: npm run sample -- <stack>\n`);
  });

  test("with too few arguments says how many it takes, shows the usage, and does nothing", async () => {
    const { exitCode, stdout, stderr } = await command({ body: marks, args: ["orders-int"], positionals: "{ min: 2, max: 3 }" });
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("Missing argument: expected at least 2, but got 1.\nUsage: npm run sample -- <stack>\n");
  });

  test("prints a UserError without its stack, and fails", async () => {
    const { exitCode, stderr } = await command({ body: 'throw new UserError("name a stack")' });
    expect(exitCode).toBe(1);
    expect(stderr.trim()).toBe("name a stack");
  });

  test("prints any other error with its stack, and fails", async () => {
    const { exitCode, stderr } = await command({ body: 'throw new TypeError("a bug")' });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/TypeError: a bug\n +at /);
  });
});

/** Not called: only the compiler reads it. The values of options have the types of their definitions. */
export const typesOfOptions = () =>
  runCommand({ help: "", options: { port: { type: "string" }, yes: { type: "boolean" } } }, async ({ options }) => {
    options.port satisfies string | undefined;
    options.yes satisfies boolean | undefined;
    // @ts-expect-error a command has only the options that it defines
    options.prot satisfies string | undefined;
  });

describe("Ctrl-C", () => {
  const waits =
    'console.log("waits"); await new Promise((_, stop) => { signal.onabort = () => stop(signal.reason); setTimeout(stop, 9000); });';

  test("ends a command with exit code 130, and says that it can be run again", async () => {
    const interrupt = new AbortController();
    const { exitCode, stderr } = await command({ body: waits, signal: interrupt.signal, onLine: () => interrupt.abort() });
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/Run the command again/);
  });

  test("pressed twice does not cut short a command that stops in good order", async () => {
    const interrupt = new AbortController();
    const slow = `try { ${waits} } finally { process.kill(process.pid, "SIGINT"); await new Promise((end) => setTimeout(end, 50)); console.log("in order"); }`;
    const { exitCode, stdout } = await command({ body: slow, signal: interrupt.signal, onLine: () => interrupt.abort() });
    expect(stdout).toMatch(/in order/);
    expect(exitCode).toBe(130);
  });

  test("pressed a second later warns first, and then is passed on to the programs that are running", async () => {
    const body = `const second = new Promise((end) => signal.addEventListener("second-interrupt", end));
      const alive = setTimeout(() => {}, 9000); const press = () => process.kill(process.pid, "SIGINT");
      press(); setTimeout(press, 10); setTimeout(press, 1200);
      await second; clearTimeout(alive); console.error("passed on"); signal.throwIfAborted();`;
    const { exitCode, stderr } = await command({ body });
    expect([exitCode, stderr]).toEqual([130, expect.stringMatching(/Terraform can lose its state[\s\S]*passed on/)]);
  });

  test.each([
    ["a closed terminal", 'process.kill(process.pid, "SIGHUP");'],
    ["a reader of the output that has gone away", 'process.stdout.destroy(new Error("write EPIPE"));'],
  ])("is not the only interruption: after %s, a command also stops in good order", async (_, interruption) => {
    const body = `const aborted = new Promise((end) => { signal.onabort = end; });
      const alive = setTimeout(() => {}, 9000); ${interruption}
      await aborted; clearTimeout(alive); await new Promise((end) => setTimeout(end, 50)); console.error("in order"); signal.throwIfAborted();`;
    const { exitCode, stderr } = await command({ body });
    expect([exitCode, stderr]).toEqual([130, expect.stringMatching(/in order/)]);
  });

  test("does not fail a command that has already done its work", async () => {
    const interrupt = new AbortController();
    const done =
      'const alive = setInterval(() => {}, 99); console.log("ready"); await new Promise((end) => { signal.onabort = end; }); clearInterval(alive);';
    const { exitCode } = await command({ body: done, signal: interrupt.signal, onLine: () => interrupt.abort() });
    expect(exitCode).toBe(0);
  });
});
