import * as fc from "fast-check";
import { scheduleProblem } from "../../../shared/triggers/schedule-expression";

/** The fields of a cron expression with their values, from Scheduler's user guide. */
const FIELDS = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31, only: ["L", "LW", "15W"] },
  { from: 1, to: 12, names: ["JAN", "JUL", "DEC"] },
  { from: 1, to: 7, names: ["SUN", "WED", "SAT"], only: ["L", "6L", "2#1"] },
  { from: 1970, to: 2199 },
] as { from: number; to: number; names?: string[]; only?: string[] }[];
const DAY_OF_MONTH = 2;
const DAY_OF_WEEK = 4;

const cron = (fields: string[]) => `cron(${fields.join(" ")})`;

/** Values of one field that Scheduler accepts. */
const field = ({ from, to, names = [], only = [] }: (typeof FIELDS)[number]) => {
  const number = fc.integer({ min: from, max: to });
  const range = fc.tuple(number, number).map((ends) => ends.sort((one, other) => one - other).join("-"));
  const start = fc.oneof(fc.constant("*"), number.map(String));
  const step = fc.tuple(start, fc.integer({ min: 1, max: from + 1 })).map((parts) => parts.join("/"));
  const value = fc.oneof(number.map(String), range, step, ...(names.length > 0 ? [fc.constantFrom(...names)] : []));
  const list = fc.array(value, { minLength: 1, maxLength: 4 }).map((items) => items.join(","));
  return fc.oneof(fc.constant("*"), list, ...(only.length > 0 ? [fc.constantFrom(...only)] : []));
};

/** Six fields that Scheduler accepts. One of the two day fields is "?". */
const fields = fc
  .tuple(fc.tuple(...FIELDS.map(field)), fc.constantFrom(DAY_OF_MONTH, DAY_OF_WEEK))
  .map(([all, open]) => all.map((one, index) => (index === open ? "?" : one)));

test("every cron expression with values from the user guide is accepted", () => {
  fc.assert(fc.property(fields, (all) => expect(scheduleProblem(cron(all))).toBeUndefined()));
});

test("a cron expression with a number outside the range of its field is refused, also inside a list", () => {
  const place = fc.integer({ min: 0, max: FIELDS.length - 1 });
  fc.assert(
    fc.property(fields, place, fc.boolean(), fc.boolean(), (all, at, over, listed) => {
      fc.pre(all[at] !== "?");
      const { from, to } = FIELDS[at] as (typeof FIELDS)[number];
      const wrong = String(over ? to + 1 : from - 1);
      expect(scheduleProblem(cron(all.with(at, listed ? `${from},${wrong}` : wrong)))).toBeDefined();
    }),
  );
});

test("a cron expression with five or seven fields is refused", () => {
  fc.assert(
    fc.property(fields, (all) => {
      expect(scheduleProblem(cron(all.slice(1)))).toBeDefined();
      expect(scheduleProblem(cron([...all, "*"]))).toBeDefined();
    }),
  );
});

test("a rate is accepted only if its unit is singular for 1 and plural for more", () => {
  const unit = fc.constantFrom("minute", "hour", "day");
  fc.assert(
    fc.property(fc.oneof(fc.constant(1), fc.nat(100_000)), unit, fc.boolean(), (amount, name, plural) => {
      const isValid = amount > 0 && plural === (amount !== 1);
      expect(scheduleProblem(`rate(${amount} ${name}${plural ? "s" : ""})`) === undefined).toBe(isValid);
    }),
  );
});

test("a time is accepted only if it is in the calendar", () => {
  const two = (most: number) => fc.nat(most).map((number) => String(number).padStart(2, "0"));
  const parts = fc.tuple(fc.integer({ min: 2000, max: 2100 }), two(13), two(32), two(24), two(60), two(60));
  fc.assert(
    fc.property(parts, ([year, month, day, hour, minute, second]) => {
      const daysOfMonth = new Date(Date.UTC(year, Number(month), 0)).getUTCDate();
      const isInCalendar =
        Number(month) >= 1 &&
        Number(month) <= 12 &&
        Number(day) >= 1 &&
        Number(day) <= daysOfMonth &&
        hour < "24" &&
        minute < "60" &&
        second < "60";
      expect(scheduleProblem(`at(${year}-${month}-${day}T${hour}:${minute}:${second})`) === undefined).toBe(isInCalendar);
    }),
    { numRuns: 1000 },
  );
});
