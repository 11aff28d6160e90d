import { runCode } from "../../harness/run-code";

/** Runs a command that does this, with these arguments. */
function command(action: string, args: string[] = [], signal?: AbortSignal, onLine?: (line: string) => void, usage = "-- <stack>") {
  const code = `
    import { runCommand } from "./cli/command";
    import { UserError } from "../shared/errors";
    void runCommand("\\nnpm run sample ${usage}", { port: { type: "string" } }, async ({ names, options, signal }) => { ${action} });`;
  return runCode(code, { args, signal, onLine });
}

describe("a command", () => {
  test.each(["--help", "-h"])("asked with %s says how it is used, does nothing, and ends well", async (option) => {
    const { exitCode, stdout } = await command('process.stdout.write("did it")', [option]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe("npm run sample -- <stack>\n");
  });

  test("is given names and options", async () => {
    const { exitCode, stdout } = await command("console.log(names, options.port)", ["orders-int", "--port", "1", "live"]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe("[ 'orders-int', 'live' ] 1\n");
  });

  test("refuses an option that it does not know, names it, and does nothing", async () => {
    const { exitCode, stdout, stderr } = await command('process.stdout.write("did it")', ["--prot", "1"]);
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/--prot/);
    expect(stderr).toMatch(/--help/);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test.each(["", "[-- --base <ref>]"])("whose usage has no name (%j) refuses one, names it, and does nothing", async (usage) => {
    const { exitCode, stdout, stderr } = await command('process.stdout.write("did it")', ["HEAD~1"], undefined, undefined, usage);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/HEAD~1/);
  });

  test("tells the user's error without a stack, and fails", async () => {
    const { exitCode, stderr } = await command('throw new UserError("say which stack")');
    expect(exitCode).toBe(1);
    expect(stderr.trim()).toBe("say which stack");
  });

  test("tells a bug with its stack, and fails", async () => {
    const { exitCode, stderr } = await command('throw new TypeError("a bug")');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/TypeError: a bug\n +at /);
  });
});

describe("Ctrl-C", () => {
  const waits =
    'console.log("waits"); await new Promise((_, stop) => { signal.onabort = () => stop(signal.reason); setTimeout(stop, 9000); });';

  test("ends a command with exit code 130, and says that it may be run again", async () => {
    const interrupt = new AbortController();
    const { exitCode, stderr } = await command(waits, [], interrupt.signal, () => interrupt.abort());
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/again/);
  });

  test("pressed twice does not cut short what ends in good order", async () => {
    const interrupt = new AbortController();
    const slow = `try { ${waits} } finally { process.kill(process.pid, "SIGINT"); await new Promise((end) => setTimeout(end, 50)); console.log("in order"); }`;
    const { exitCode, stdout } = await command(slow, [], interrupt.signal, () => interrupt.abort());
    expect(stdout).toMatch(/in order/);
    expect(exitCode).toBe(130);
  });

  test("that comes when the work is done is no failure of it", async () => {
    const interrupt = new AbortController();
    const done =
      'const alive = setInterval(() => {}, 99); console.log("ready"); await new Promise((end) => { signal.onabort = end; }); clearInterval(alive);';
    const { exitCode } = await command(done, [], interrupt.signal, () => interrupt.abort());
    expect(exitCode).toBe(0);
  });
});
