import { describeExpectation, parseExpectation } from "../../../scripts/delivery/expectation";

test("what plan prints for --expect is what apply reads from it", () => {
  const expectation = { plan: "3f2a", record: "5c0e", fingerprint: "91bd", location: "s3://bucket/plans/main/orders/a=b/" };
  expect(parseExpectation(describeExpectation(expectation))).toEqual(expectation);
});

test("a part of it can be left out", () => {
  expect(parseExpectation("plan=3f2a")).toEqual({ plan: "3f2a" });
});

test.each(["", "hash=1", "plan", "plan=", "plan=1,plan=2", "plan=1,"])("%j is an error that shows the form", (text) => {
  expect(() => parseExpectation(text)).toThrow(
    `--expect is "${text}", but its form is plan=…,record=…,fingerprint=…,location=…, each at most once.`,
  );
});
