import { parsePeriod } from "../../../scripts/cli/period";

test.each([
  ["90s", 90_000],
  ["30m", 1_800_000],
  ["2h", 7_200_000],
])("%s is %d milliseconds", (text, milliseconds) => {
  expect(parsePeriod("--wait", text)).toBe(milliseconds);
});

test.each(["", "30", "m", "0m", "1.5h", "-1s", "30 m", "1d"])("%j is an error that shows the form", (text) => {
  expect(() => parsePeriod("--wait", text)).toThrow(`--wait is "${text}", but a period is a number and s, m or h: 90s, 30m, 2h.`);
});
