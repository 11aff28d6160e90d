import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SQS } from "@aws-sdk/client-sqs";
import { runProcess } from "../../scripts/cli/process";
import { clientSettings } from "../../scripts/local/client-settings";
import { virtualEnvironment } from "../../scripts/local/emulator";
import { startOwnEmulator } from "../harness/own-emulator";

/** A call, and its outcome on AWS and on the local AWS. */
interface Check {
  call: string;
  correction: string | null;
  aws: "allow" | "deny";
  local: "allow" | "deny";
  answer: string;
}

const isRight = ({ aws, local }: Check) => aws === local;
/** The correction of a call that cannot be made right begins so. */
const CANNOT = "none: ";

async function runChecks(corrections: boolean): Promise<Check[]> {
  const emulator = await startOwnEmulator({ corrections });
  try {
    const python = await virtualEnvironment(new AbortController().signal);
    const { exitCode, stdout, stderr } = await runProcess(python, [
      join(__dirname, "authorization_checks.py"),
      emulator.endpoint,
      emulator.secretAccessKey,
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  } finally {
    await emulator.stop();
  }
}

let corrected: Check[];
let uncorrected: Check[];
beforeAll(async () => {
  corrected = await runChecks(true);
  uncorrected = await runChecks(false);
}, 120_000);

test("every call is allowed and denied as on AWS, except the calls that the documentation lists", () => {
  const different = corrected.filter((check) => !isRight(check));
  expect(different.map(({ correction }) => correction)).toEqual(different.map(() => expect.stringContaining(CANNOT)));
  const page = readFileSync(join(__dirname, "../../docs/local-aws.md"), "utf8");
  const [, table = ""] = page.split("## What stays different");
  const listed = table.split("\n").flatMap((line) => /^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/.exec(line)?.slice(1, 4) ?? []);
  const rows = different.flatMap(({ call, aws, correction }) => [call, aws, correction?.replace(CANNOT, "") ?? ""]);
  expect(listed.filter((cell) => !["call", "on AWS", "why", "---"].includes(cell))).toEqual(rows);
});

test("every correction has a call that shows it, and no call names a correction that does not exist", () => {
  const source = readFileSync(join(__dirname, "../../scripts/local/emulator/authorization.py"), "utf8");
  const corrections = [...source.matchAll(/^@correction\("([^"]+)"\)/gm)].map(([, name]) => name);
  const named = corrected.flatMap(({ correction }) => (correction && !correction.startsWith(CANNOT) ? [correction] : []));
  expect([...new Set(named)].sort()).toEqual(corrections.sort());
});

test("every correction is needed: an upgrade of MiniStack has not made it right by itself", () => {
  const corrections = [...new Set(uncorrected.map(({ correction }) => correction))].filter((name) => name && !name.startsWith(CANNOT));
  const needless = corrections.filter((name) => uncorrected.filter(({ correction }) => correction === name).every(isRight));
  expect(needless).toEqual([]);
});

test("without its corrections, MiniStack is wrong only where a correction is named", () => {
  expect(uncorrected.filter((check) => !isRight(check) && check.correction === null).map(({ call }) => call)).toEqual([]);
});

test("every decision is recorded with principal, action, resource, condition keys and decision", async () => {
  const emulator = await startOwnEmulator();
  try {
    await new SQS(clientSettings(emulator, { account: "111111111111", region: "eu-west-1" })).listQueues({});
    expect(emulator.decisions()).toContainEqual(
      expect.objectContaining({ principal: "111111111111", action: "sqs:ListQueues", keys: {}, decision: "Allow" }),
    );
  } finally {
    await emulator.stop();
  }
});
