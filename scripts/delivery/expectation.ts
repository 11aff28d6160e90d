import { UserError } from "../../shared/errors";

/**
 * What the caller of `apply` knows about a plan from elsewhere. Who can write the plan can also write the record beside it, but not the
 * outputs of the job that planned.
 */
export interface Expectation {
  /** The SHA-256 of the file with the plan. */
  plan?: string;
  /** The SHA-256 of the record beside it, which says what the reviewer saw. */
  record?: string;
  /** The fingerprint of the stack in the artifact. */
  fingerprint?: string;
  /** Where the plan is. */
  location?: string;
}

const FIELDS = ["plan", "record", "fingerprint", "location"] as const;

/** As `--expect` takes it: `plan=3f2a…,record=5c0e…,fingerprint=91bd…,location=s3://…`. */
export function describeExpectation(expectation: Expectation): string {
  return FIELDS.filter((field) => expectation[field] !== undefined)
    .map((field) => `${field}=${expectation[field]}`)
    .join(",");
}

/** @throws UserError for a field that does not exist, is given twice, or has no value */
export function parseExpectation(text: string): Expectation {
  const expectation: Expectation = {};
  for (const part of text.split(",")) {
    const [name = "", ...rest] = part.split("=");
    const field = FIELDS.find((each) => each === name);
    const value = rest.join("=");
    if (!field || value === "" || expectation[field] !== undefined) {
      throw new UserError(`--expect is "${text}", but its form is ${FIELDS.map((each) => `${each}=…`).join(",")}, each at most once.`);
    }
    expectation[field] = value;
  }
  return expectation;
}
