/** Fields of a cron expression of EventBridge Scheduler: range, and names that stand for numbers. */
const FIELDS = [
  { field: "minutes", from: 0, to: 59 },
  { field: "hours", from: 0, to: 23 },
  { field: "day of month", from: 1, to: 31, special: /^(L|LW|\d{1,2}W)$/ },
  { field: "month", from: 1, to: 12, names: "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ") },
  { field: "day of week", from: 1, to: 7, names: "SUN MON TUE WED THU FRI SAT".split(" "), special: /^([1-7]?L|[1-7]#[1-5])$/ },
  { field: "year", from: 1970, to: 2199 },
] as { field: string; from: number; to: number; names?: string[]; special?: RegExp }[];

/**
 * Why EventBridge Scheduler would refuse an expression, or undefined when it takes it.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export function scheduleProblem(expression: string): string | undefined {
  const [, kind, inner = ""] = /^(rate|cron|at)\((.*)\)$/.exec(expression) ?? [];
  if (kind === "rate") return rateProblem(inner);
  if (kind === "cron") return cronProblem(inner);
  if (kind === "at") return atProblem(inner);
  return 'write "rate(1 day)", "cron(0 6 * * ? *)" or "at(2030-01-31T06:00:00)"';
}

/** Why it is no time zone of the IANA's, or undefined when it is one. */
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

function cronProblem(cron: string): string | undefined {
  const parts = cron.split(" ");
  if (parts.length !== FIELDS.length)
    return `a cron expression has ${FIELDS.map(({ field }) => field).join(", ")}, and this has ${parts.length} field(s)`;
  const [, , dayOfMonth, , dayOfWeek] = parts;
  if ((dayOfMonth === "?") === (dayOfWeek === "?")) return 'exactly one of day of month and day of week is "?"';
  const at = parts.findIndex(
    (part, index) => part !== "?" && !part.split(",").every((item) => fits(item, FIELDS[index] as (typeof FIELDS)[number])),
  );
  const wrong = FIELDS[at];
  return wrong && `its ${wrong.field} is "${parts[at]}", and goes from ${wrong.from} to ${wrong.to}`;
}

function fits(item: string, { from, to, names = [], special }: (typeof FIELDS)[number]): boolean {
  if (special?.test(item)) return true;
  const [range = "", step, ...more] = item.split("/");
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step))) return false;
  if (range === "*") return true;
  const ends = range
    .split("-")
    .map((end) => (names.includes(end) ? names.indexOf(end) + from : /^\d+$/.test(end) ? Number(end) : Number.NaN));
  return ends.length <= 2 && ends.every((end) => end >= from && end <= to);
}
