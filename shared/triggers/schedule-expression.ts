import cron from "cron-validate";

/**
 * Explains why EventBridge Scheduler would reject a schedule expression. Returns undefined if Scheduler would accept it.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export function scheduleProblem(expression: string): string | undefined {
  const [, kind, content = ""] = /^(rate|cron|at)\((.*)\)$/.exec(expression) ?? [];
  if (kind === "rate") return rateProblem(content);
  if (kind === "cron") return cronProblem(content);
  if (kind === "at") return atProblem(content);
  return 'Scheduler accepts rate, cron and at. Write "rate(1 day)", "cron(0 6 * * ? *)" or "at(2030-01-31T06:00:00)".';
}

/** Explains why a text is not a time zone of the IANA database. Returns undefined if it is one. */
export function timeZoneProblem(timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return undefined;
  } catch {
    return 'the IANA database does not have this time zone. Write a name such as "Europe/Berlin" or "UTC".';
  }
}

function rateProblem(rate: string): string | undefined {
  const [, amount, plural] = /^([1-9]\d*) (?:minute|hour|day)(s?)$/.exec(rate) ?? [];
  if (amount === undefined) return "a rate is a whole number and a unit: minute(s), hour(s) or day(s).";
  if (amount === "1" && plural) return 'Scheduler expects the singular after 1. Write the unit without "s".';
  if (amount !== "1" && !plural) return `Scheduler expects the plural after ${amount}. Write the unit with "s".`;
  return undefined;
}

function atProblem(time: string): string | undefined {
  const hasFormat = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(time);
  // JavaScript turns a day that does not exist, such as February 30, into a day of the next month. A valid date does not change.
  const isInCalendar = new Date(`${time}Z`).toJSON()?.startsWith(time);
  if (hasFormat && isInCalendar) return undefined;
  return "at(…) takes a date and time without a time zone. Write it as 2030-01-31T06:00:00.";
}

/**
 * Parts of a cron expression that the library accepts and Scheduler does not:
 * - Other characters than those of Scheduler, such as `+1`, and numbers in JavaScript's notation, such as `1E1`.
 * - `L` with an offset (`L-3`) or after a name (`FRIL`), and `#` after a name (`MON#1`).
 */
const UNSUPPORTED_BY_SCHEDULER = /[^\dA-Z ,*/?#-]|\d[A-KM-VX-Z]|\bL-|\b[A-Z]{3}L\b|[A-Z]#/;

function cronProblem(expression: string): string | undefined {
  const [unsupported] = UNSUPPORTED_BY_SCHEDULER.exec(expression) ?? [];
  if (unsupported) return `Scheduler does not support "${unsupported}" in a cron expression.`;
  const result = cron(expression, { preset: "aws-cloud-watch" });
  if (result.isValid()) return undefined;
  const [problem = ""] = result.getError();
  // If this rule is broken, the library's message is about options of the library, which the author did not set.
  if (problem.includes("Blank")) return 'exactly one of day of month and day of week must be "?".';
  return problem.replace(/ \(Input cron: .*/, "");
}
