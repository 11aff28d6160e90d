import { UserError } from "../../shared/errors";

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 };

/**
 * The milliseconds of a period such as `90s`, `30m` or `2h`.
 * @throws UserError for any other text
 */
export function parsePeriod(option: string, text: string): number {
  const { number, unit = "" } = /^(?<number>\d+)(?<unit>[smh])$/.exec(text)?.groups ?? {};
  const milliseconds = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (milliseconds > 0) return milliseconds;
  throw new UserError(`${option} is "${text}", but a period is a number and s, m or h: 90s, 30m, 2h.`);
}
