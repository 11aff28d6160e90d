import cron from "cron-validate";

/** Why Scheduler would refuse an expression, if it would. https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html */
export function scheduleProblem(expression: string): string | undefined {
  const [, kind, inner = ""] = /^(rate|cron|at)\((.*)\)$/.exec(expression) ?? [];
  if (kind === "rate") return rateProblem(inner);
  if (kind === "cron") return cronProblem(inner);
  if (kind === "at") return atProblem(inner);
  return 'write "rate(1 day)", "cron(0 6 * * ? *)" or "at(2030-01-31T06:00:00)"';
}

/** Why it is no time zone of the IANA's, if it is none. */
export function timeZoneProblem(timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return undefined;
  } catch {
    return 'name one of the IANA\'s, such as "Europe/Berlin" or "UTC"';
  }
}

function rateProblem(rate: string): string | undefined {
  const [, amount = "0", plural] = /^([1-9]\d*) (?:minute|hour|day)(s?)$/.exec(rate) ?? [];
  if (plural === undefined) return "a rate is a whole number and minute(s), hour(s) or day(s)";
  if ((amount === "1") === (plural === "s")) return `write ${amount === "1" ? "the unit without" : "the unit with"} "s"`;
  return undefined;
}

function atProblem(time: string): string | undefined {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(time) && new Date(`${time}Z`).toJSON()?.startsWith(time);
  return isTime ? undefined : "at(…) takes a date and time without a zone: 2030-01-31T06:00:00";
}

/** What the library takes and Scheduler does not: numbers as JavaScript writes them, and L and # with an offset or a name (`L-3`, `FRIL`, `MON#1`). */
const FOREIGN = /[^\dA-Z ,*/?#-]|\d[A-KM-VX-Z]|\bL-|\b[A-Z]{3}L\b|[A-Z]#/;

function cronProblem(expression: string): string | undefined {
  const [foreign] = FOREIGN.exec(expression) ?? [];
  if (foreign) return `Scheduler does not know "${foreign}" in a cron expression`;
  const result = cron(expression, { preset: "aws-cloud-watch" });
  if (result.isValid()) return undefined;
  const [problem = ""] = result.getError();
  // The library tells of its options here.
  if (problem.includes("Blank")) return 'exactly one of day of month and day of week is "?"';
  return problem.replace(/ \(Input cron: .*/, "");
}
