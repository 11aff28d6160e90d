import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { PROGRAM, virtualEnvironment } from "../../scripts/local/emulator";
import { temporaryFolder } from "../harness/temporary-folder";

test("with too few open files the local AWS stops at once with the command that raises the limit, instead of logging without end", async () => {
  const python = await virtualEnvironment(new AbortController().signal);
  const env = { PATH: process.env.PATH, ROOT_SECRET_ACCESS_KEY: "secret", DECISIONS: join(temporaryFolder(), "decisions.jsonl") };
  const { status, stderr } = spawnSync("sh", ["-c", `ulimit -n 256 && exec '${python}' -B '${PROGRAM}'`], { env, encoding: "utf8" });
  expect([status, stderr]).toEqual([
    1,
    "This shell allows 256 open files, but the local AWS needs 1024. Raise the limit: ulimit -n 4096\n",
  ]);
});
