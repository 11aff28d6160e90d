import * as z from "zod";
import { UserError } from "../errors";
import { KEBAB_CASE, KEBAB_CASE_RULE } from "../naming";
import { cidrProblem } from "./cidr";
import { placesOfSecrets } from "./secret-text";

/**
 * The fields of `project.config.ts` and their rules.
 */

/**
 * The retention periods that CloudWatch Logs offers, in days.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
export const LOG_RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/** A name that becomes part of resources' names, which is why it has a limit. */
function namePart(whose: string, longest: number): z.ZodString {
  return z
    .string()
    .max(longest, `${whose} name can have at most ${longest} characters, because it becomes part of resources' names.`)
    .regex(KEBAB_CASE, `${whose} name must be ${KEBAB_CASE_RULE}.`);
}

/** An id that GitHub gives. It becomes part of the subject that AWS trusts. */
function githubId(whose: string): z.ZodString {
  return z.string().regex(/^\d+$/, `The id of the ${whose} is a number, in quotes. npm run bootstrap writes it.`);
}

const network = z.strictObject({
  /**
   * The VPC's IPv4 address range, such as `10.0.0.0/16`.
   * From /16 to /24, without host bits.
   * It cannot be changed later: another range replaces the VPC.
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
   */
  cidr: z.string().superRefine((cidr, context) => {
    const message = cidrProblem(cidr);
    if (message) context.addIssue({ code: "custom", message });
  }),

  /**
   * The number of availability zones, 1 to 3.
   * Each zone gets a public, a private and an isolated subnet.
   * It can be raised later.
   */
  zones: z.int().min(1).max(3),

  /**
   * The NAT gateways, through which lambdas in the VPC reach the internet.
   * `none` is free. `one` is a single gateway in the first zone. `per-zone` is one in each zone.
   * A gateway costs about 37 USD a month, plus traffic.
   */
  nat: z.enum(["none", "one", "per-zone"]),

  /**
   * The AWS services that lambdas in the VPC can reach without NAT, by the name of their endpoint: `sqs`, `events`.
   * An endpoint costs about 7 USD a month in each zone.
   * DynamoDB and S3 are always reachable, and free.
   * @see https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
   */
  interfaceEndpoints: z
    .array(
      z
        .string()
        .regex(/^[a-z0-9.-]+$/, 'Write the last part of the endpoint\'s name: "sqs" for com.amazonaws.<region>.sqs.')
        .refine((name) => name !== "s3" && name !== "dynamodb", "S3 and DynamoDB are always reachable. Remove the entry."),
    )
    .refine((names) => new Set(names).size === names.length, "An endpoint is listed twice. Remove one."),
});

const environment = z.strictObject({
  /**
   * A short name: `int`, `live`. It is the last part of every stack's id.
   * At most 8 lower-case letters and digits.
   */
  name: namePart("The environment's", 8).refine((name) => !name.includes("-"), 'The environment\'s name cannot contain "-".'),

  /**
   * The id of the AWS account, 12 digits in quotes.
   * Each environment should have an account of its own. Two can share one to try the template.
   */
  account: z.string().regex(/^\d{12}$/, "An AWS account id is 12 digits, in quotes."),

  /** The VPC of the environment. */
  network,

  /** How long every log group keeps its events, in days. One of the periods that CloudWatch Logs offers. */
  logRetentionDays: z.literal(LOG_RETENTION_DAYS, `CloudWatch Logs can keep logs for ${LOG_RETENTION_DAYS.join(", ")} days.`),

  /**
   * The e-mail address that gets the alarms.
   * AWS sends it a message, and the recipient has to confirm the subscription.
   * @default no subscription
   */
  alarmEmail: z.email("Write an e-mail address.").optional(),

  /**
   * Protects tables and buckets from being destroyed, in Terraform and in DynamoDB.
   * To destroy one on purpose, deploy with `false` first.
   */
  protectData: z.boolean(),

  /**
   * The OIDC providers that the account has already, because another project or a platform team made them, by their host:
   * `token.actions.githubusercontent.com`. An account can have only one for each host. `npm run bootstrap` finds them.
   * @default the stack `access-<environment>` creates those that it needs
   */
  existingOidcProviders: z
    .array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'Write a host name without "https://": "token.actions.githubusercontent.com".'))
    .optional(),

  /**
   * The people who operate the environment, as ARNs of IAM roles or users: of a role of IAM Identity Center, for instance. They can use
   * the role `<project>-<environment>-operator` for `redrive`, `secret` and the logs.
   * @default there is no such role
   */
  operators: z
    .array(
      z
        .string()
        .regex(
          /^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/,
          "Write the ARN of one IAM role or user, without wildcards: arn:aws:iam::111111111111:role/operator.",
        ),
    )
    .min(1, "Name at least one, or leave out operators.")
    .optional(),
});

/** HCP Terraform's own host. */
const HCP = "app.terraform.io";

export const stateSchema = z.discriminatedUnion(
  "kind",
  [
    /** The folder `.state` of this clone: to try the template on one machine. */
    z.strictObject({ kind: z.literal("local") }),

    /**
     * A bucket in the account of each environment, which `npm run bootstrap` makes.
     * `kmsKeyAlias` is the alias of a customer managed KMS key in each of these accounts: `alias/terraform-state`. The bucket and
     * the state are encrypted with that key. Without it, S3 encrypts them with keys of its own.
     * @see https://developer.hashicorp.com/terraform/language/backend/s3
     */
    z.strictObject({
      kind: z.literal("s3"),
      kmsKeyAlias: z
        .string()
        .regex(/^alias\/(?!aws\/)[\w/-]+$/, 'Write the alias of a key of your own: "alias/terraform-state".')
        .optional(),
    }),

    /**
     * HCP Terraform, or another server with its protocol: a workspace for each stack, `<project>-<domain>-<environment>`. The stack
     * `workspaces` creates them. The token comes from `terraform login` or from variables of the shell, never from here.
     * @see https://developer.hashicorp.com/terraform/cloud-docs/workspaces
     */
    z.strictObject(
      {
        kind: z.literal("hcp"),

        /** The name of the organization: 3 to 40 letters, digits, "-" and "_". */
        organization: z
          .string()
          .regex(
            /^[\w-]{3,40}$/,
            'The name of an organization is 3 to 40 letters, digits, "-" and "_". Write the name that its address has.',
          ),

        /**
         * The host name of the server.
         * @default "app.terraform.io"
         */
        hostname: z
          .string()
          .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?$/, `Write a host name without "https://", such as ${HCP}.`)
          .default(HCP),

        /**
         * Where Terraform runs: `remote` on the server, with AWS credentials that the server gets for each run, or `local` on the
         * machine that calls it, which uses the server for the state only.
         * @default "remote"
         */
        execution: z.enum(["remote", "local"]).default("remote"),

        /**
         * The name of the project in HCP Terraform that has the workspaces. The project must exist. Not every server has projects.
         * @default the organization's default project
         */
        project: z
          .string()
          .regex(/^[\w -]{3,40}$/, 'The name of a project is 3 to 40 letters, digits, spaces, "-" and "_".')
          .optional(),

        /**
         * Whether the workspaces have their project, domain and environment as key/value tags too, and not only as tag names.
         * Not every server has key/value tags.
         * @default false
         */
        keyValueTags: z.boolean().default(false),

        /**
         * Where the state of the stack `workspaces` is: `hcp` in the workspace `<project>-workspaces`, or `s3` in the state bucket of the
         * first environment, where it does not count for the limits of HCP Terraform.
         * @default "hcp"
         */
        workspacesState: z.enum(["hcp", "s3"]).default("hcp"),
      },
      {
        error: ({ code, keys }) =>
          code === "unrecognized_keys" && (keys as string[]).includes("token")
            ? "It has a token. Remove it: Terraform gets the token from terraform login, or from the variable TF_TOKEN_<host>."
            : undefined,
      },
    ),
  ],
  { error: 'Write { kind: "local" }, { kind: "s3" } or { kind: "hcp", organization: "…" }.' },
);

const projectFields = z.strictObject({
  /**
   * The first part of every resource's name and of every contract's path in SSM.
   * At most 20 lower-case letters, digits and single "-".
   */
  name: namePart("The project's", 20).refine(
    (name) => !/^(aws|ssm|sthree|amzn)/.test(name),
    'The project\'s name cannot begin with "aws", "ssm", "sthree" or "amzn", because SSM and S3 reserve these prefixes.',
  ),

  /** The AWS region of all environments: `eu-west-1`. */
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "Write the code of an AWS region, such as eu-west-1."),

  /** The repository of the project, `owner/name`. Every resource has it as a tag. */
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, "Write the repository as owner/name."),

  /**
   * GitHub Actions, whose workflows get AWS credentials for the deploy roles.
   * @default no workflow gets credentials
   */
  github: z
    .strictObject({
      /** The id of the owner of the repository, in digits. `npm run bootstrap` writes it. Names can be taken over by others, ids cannot. */
      ownerId: githubId("owner"),

      /** The id of the repository, in digits. `npm run bootstrap` writes it. */
      repositoryId: githubId("repository"),

      /**
       * The branch that is deployed.
       * @default "main"
       */
      mainBranch: z
        .string()
        .regex(/^[\w.-]+(\/[\w.-]+)*$/, 'Write the name of one branch, without wildcards: "main".')
        .default("main"),
    })
    .optional(),

  /**
   * The runtime of all lambdas: `nodejs22.x`.
   * AWS accepts no new functions with an older version of Node.js, and AWS provider 5.100, the oldest that a stack allows, accepts no
   * newer one. AWS allows new functions with `nodejs22.x` until 2027-06-01.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
   */
  runtime: z
    .string()
    .regex(
      /^nodejs22\.x$/,
      "Use nodejs22.x: AWS accepts no new functions with an older version of Node.js, and AWS provider 5.100 accepts no newer one.",
    ),

  /** Where Terraform keeps the state of the stacks: one state for each domain and environment. */
  state: stateSchema,

  /** The domain whose sample request `npm run local` sends. */
  entryDomain: z.string(),

  /** The environments, in the order in which a change is promoted. `npm run local` deploys the first one. */
  environments: z.array(environment).min(1, "Add at least one environment."),
});

/** What the template has in place of your own values. */
const SAMPLE = { repository: "your-organization/your-repository", id: "0", accounts: ["111111111111", "222222222222"] };

/** Whether an account is one of the template's, which belong to somebody else. */
export function isSampleAccount(account: string): boolean {
  return SAMPLE.accounts.includes(account);
}

/**
 * Whether the configuration still names the template's repository or its ids. A stranger could own that name, and AWS would then trust
 * the stranger's workflows.
 */
export function namesSampleRepository({ repository, github }: Pick<Project, "repository" | "github">): boolean {
  return repository === SAMPLE.repository || github?.ownerId === SAMPLE.id || github?.repositoryId === SAMPLE.id;
}

/** zod runs a check across fields only when every field is valid, unless `when` says otherwise. One run should report everything. */
const EVEN_WITH_INVALID_FIELDS = { when: ({ value }: { value: unknown }) => typeof value === "object" && value !== null };

const projectSchema = projectFields.superRefine(({ name: project, environments, state }, context) => {
  if (state?.kind === "hcp" && state.execution === "remote" && state.hostname?.includes(":")) {
    const message = 'AWS trusts no address with a port. Write execution: "local", or a host name without a port.';
    context.addIssue({ code: "custom", path: ["state", "hostname"], message });
  }
  // Because other fields can be invalid, these two can be anything.
  if (typeof project !== "string" || !Array.isArray(environments)) return;
  environments.forEach(({ name }, index) => {
    const addIssue = (message: string) => context.addIssue({ code: "custom", path: ["environments", index, "name"], message });
    if (environments.slice(0, index).some((other) => other.name === name)) addIssue("Two environments have this name. Rename one.");
    if (project.split("-").includes(name)) {
      addIssue(`It is also a part of the project's name "${project}", so resources' names would be ambiguous. Rename one.`);
    }
  });
}, EVEN_WITH_INVALID_FIELDS);

/** The content of `project.config.ts`. */
export type ProjectConfig = z.input<typeof projectSchema>;

/** The configuration after {@link loadProject} has checked it. */
export type Project = z.output<typeof projectSchema>;
export type Environment = Project["environments"][number];
/** `state` for a server with the protocol of HCP Terraform. */
export type HcpState = Extract<Project["state"], { kind: "hcp" }>;

/** Whether Terraform runs on a server, which needs credentials for AWS. */
export function runsOnServer(state: Project["state"]): state is HcpState {
  return state.kind === "hcp" && state.execution === "remote";
}

/** The first two parts of every ARN in a region: `arn:aws`, `arn:aws-cn`, `arn:aws-us-gov`. */
export function arnPrefix({ region }: Pick<Project, "region">): string {
  if (region.startsWith("cn-")) return "arn:aws-cn";
  if (region.startsWith("us-gov-")) return "arn:aws-us-gov";
  return "arn:aws";
}

/**
 * The environments in an account, in their order. The first one owns what exists only once in the account. There is more than one if
 * environments share the account.
 */
export function environmentsOfAccount({ environments }: Pick<Project, "environments">, account: string): Environment[] {
  return environments.filter((environment) => environment.account === account);
}

/**
 * Checks the configuration.
 * @throws UserError with every invalid field, its value and the rule
 */
export function loadProject(config: unknown): Project {
  const secrets = placesOfSecrets(config);
  if (secrets.length > 0) {
    // The value is not printed, because a log would then contain the secret.
    const problem = `project.config.ts contains what looks like a secret: ${secrets.join(", ")}`;
    throw new UserError(`${problem}. Everyone who can read the repository could read it. Remove it, and replace the secret by a new one.`);
  }
  const result = projectSchema.safeParse(config);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) => `  ${describeValue(config, path)} ${message}`);
  throw new UserError(`project.config.ts has ${lines.length} invalid value(s):\n${lines.join("\n")}`);
}

/** A field and its value, for an error message: `environments[0].name is "x".` An object or a list is not printed. */
function describeValue(config: unknown, path: PropertyKey[]): string {
  const field = z.core.toDotPath(path) || "the configuration";
  const value = path.reduce<unknown>((object, key) => (object as Record<PropertyKey, unknown> | undefined)?.[key], config);
  if (value === undefined) return `${field} is missing.`;
  if (typeof value === "object") return `${field}:`;
  return `${field} is ${JSON.stringify(value)}.`;
}
