import * as z from "zod";
import { UserError } from "../errors";
import { KEBAB_CASE, KEBAB_CASE_RULE } from "../naming";
import { cidrProblem } from "./cidr";

/** The retention periods CloudWatch Logs knows, in days. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const LOG_RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/** Without it zod would look at relations between fields only once each field is right, and a second run would find more. */
const WHATEVER_ELSE_IS_WRONG = { when: ({ value }: { value: unknown }) => typeof value === "object" && value !== null };

const kebab = (what: string, longest: number) =>
  z
    .string()
    .max(longest, `${what} has at most ${longest} characters, for the names of resources are made from it`)
    .regex(KEBAB_CASE, `${what} is ${KEBAB_CASE_RULE}`);

const ENDPOINT_RULE = 'an endpoint is named as in com.amazonaws.<region>.<name>, such as "sqs"; s3 and dynamodb are always there';

const network = z.strictObject({
  /** The VPC's address range, /16 to /24, without host bits. It cannot change later. */
  cidr: z.string().superRefine((cidr, context) => {
    const message = cidrProblem(cidr);
    if (message) context.addIssue({ code: "custom", message });
  }),
  /** Availability zones to spread over, 1 to 3, and more later: each holds a public, a private and an isolated subnet. */
  zones: z.int().min(1).max(3),
  /** NAT gateways: `none` (free), `one`, or `per-zone`; each costs about 37 USD a month and the traffic. */
  nat: z.enum(["none", "one", "per-zone"]),
  /** AWS services that lambdas in the VPC reach without NAT, by endpoint name (`sqs`, `events`…); each costs about 7 USD a month and zone. DynamoDB and S3 are always there, free. */
  interfaceEndpoints: z
    .array(z.string().regex(/^(?!(s3|dynamodb)$)[a-z0-9.-]+$/, ENDPOINT_RULE))
    .refine((names) => new Set(names).size === names.length, "an endpoint is named twice"),
});

const environment = z.strictObject({
  /** Short name, the last part of every stack id: `int`, `live`. */
  name: kebab("an environment's name", 8).refine((name) => !name.includes("-"), 'an environment\'s name is one part, without "-"'),
  /** The AWS account that holds this environment and nothing else. */
  account: z.string().regex(/^\d{12}$/, "an AWS account id is 12 digits, in quotes"),
  network,
  /** How long every log group keeps its lines. */
  logRetentionDays: z.literal(LOG_RETENTION_DAYS, `CloudWatch keeps logs for one of ${LOG_RETENTION_DAYS.join(", ")} days`),
  /** Who gets the alarms; left out: nobody is subscribed. AWS asks this address to confirm. */
  alarmEmail: z.email("an e-mail address").optional(),
  /** Tables and buckets refuse to be destroyed, by Terraform and by DynamoDB; to destroy one on purpose, deploy `false` first. */
  protectData: z.boolean(),
});

const projectSchema = z
  .strictObject({
    /** First part of every resource's name and of every contract's path. */
    name: kebab("the project's name", 20).refine(
      (name) => !/^(aws|ssm|sthree|amzn)/.test(name),
      'no name may begin with "aws", "ssm", "sthree" or "amzn": SSM and S3 keep these for AWS',
    ),
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "a region's code, such as eu-west-1"),
    /** `owner/name`; every resource is tagged with it. */
    repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, "owner/name, as the forge writes it"),
    /** The lambdas' runtime. `nodejs22.x` can be created until 2027-06-01. */
    runtime: z.string().regex(/^nodejs(2[2-9]|[3-9]\d)\.x$/, "nodejs22.x or later: AWS creates no older Node.js lambdas"),
    /** Where Terraform keeps its state: `local`, in the folder `.state` of the clone. */
    state: z.strictObject({ kind: z.literal("local") }),
    /** The domain whose sample request `npm run local` sends. */
    entryDomain: z.string(),
    /** In their order of promotion. `npm run local` runs the artifact of the first. */
    environments: z.array(environment).min(1, "at least one environment"),
  })
  .superRefine(({ name, environments }, context) => {
    if (typeof name !== "string" || !Array.isArray(environments)) return;
    const refuse = (index: number, field: string, message: string) =>
      context.addIssue({ code: "custom", path: ["environments", index, field], message });
    environments.forEach((each, index) => {
      const earlier = environments.slice(0, index);
      const twin = earlier.find((other) => other.account === each.account);
      if (twin) refuse(index, "account", `"${each.name}" and "${twin.name}" share an account; give each environment one of its own`);
      if (earlier.some((other) => other.name === each.name)) refuse(index, "name", "two environments have this name; rename one");
      if (name.split("-").includes(each.name)) {
        refuse(index, "name", `the project's name "${name}" holds it as a part, so that names would mean two environments; rename one`);
      }
    });
  }, WHATEVER_ELSE_IS_WRONG);

/** What `project.config.ts` may say. */
export type ProjectConfig = z.input<typeof projectSchema>;
/** The checked configuration. */
export type Project = z.output<typeof projectSchema>;
export type Environment = Project["environments"][number];

/**
 * Checks the configuration.
 * @throws UserError naming every field that cannot work, its value and the rule.
 */
export function loadProject(config: unknown): Project {
  const result = projectSchema.safeParse(config);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) => {
    const value = path.reduce<unknown>((object, key) => (object as Record<PropertyKey, unknown>)?.[key], config);
    const shown = typeof value === "object" && value !== null ? "" : `${JSON.stringify(value) ?? "nothing"}: `;
    return `  ${z.core.toDotPath(path) || "(the whole)"} is ${shown}${message}`;
  });
  throw new UserError(`project.config.ts has ${lines.length} value(s) that cannot work:\n${lines.join("\n")}`);
}
