import { EVERY_RESOURCE } from "../../shared/foundation/roles/every-resource";
import { type Call, judge, type Role } from "./judge";

/** What the calls of one stack show about the roles. */
export interface Row {
  stack: string;
  calls: number;
  /** Calls that the roles which made them may not make. */
  refused: string[];
  /** Calls that name a resource of the domain, and that a role of another domain, of the foundation or of another environment may make. */
  foreign: string[];
}

/** Actions that every domain may use on what is not its own, and why. */
const COMMON: { action: string; resource: RegExp; because: string }[] = [
  {
    action: "ssm:GetParameter",
    resource: /:parameter\/[^/]+\/[^/]+\/[^/]+\/v\d+\//,
    because: "every domain reads the contracts of its environment",
  },
  {
    action: "ssm:GetParameters",
    resource: /:parameter\/[^/]+\/[^/]+\/[^/]+\/v(\d+|ersion)\//,
    because: "every domain compares with the contracts and the records of what runs in its environment",
  },
  {
    action: "events:CreateArchive",
    resource: /:event-bus\/[^/]+-shared-/,
    because: "every domain can archive its events on the bus of its environment",
  },
];

/** Resources of which AWS does not say whether they have the tags of their API. The local AWS takes them for untagged. */
export const UNDOCUMENTED = /:\/apis\/[^/]+\/(routes|integrations|authorizers)(\/|$)/;

/**
 * Judges each call for its own role and for all others.
 * @param roles all roles that could exist in the account
 */
export async function isolationOf(calls: Call[], roles: Role[]): Promise<Row[]> {
  const allowed = await judge(calls, roles);
  const rows = new Map<string, Row>();
  calls.forEach((call, index) => {
    const own = roles.find(({ name }) => name === call.role);
    if (!own) throw new Error(`The artifact has no role ${call.role}.`);
    const stack = `${own.domain}-${own.environment}`;
    const row = rows.get(stack) ?? { stack, calls: 0, refused: [], foreign: [] };
    const may = allowed[index] ?? [];
    row.calls += 1;
    if (!may.includes(own)) row.refused.push(`${call.role}: ${call.action} on ${call.resource}`);
    if (namesOwnResource(call)) {
      const others = may.filter(({ domain, environment }) => domain !== own.domain || environment !== own.environment);
      row.foreign.push(...others.map(({ name }) => `${name}: ${call.action} on ${call.resource}`));
    }
    rows.set(stack, row);
  });
  return [...rows.values()].sort((one, other) => one.stack.localeCompare(other.stack));
}

function namesOwnResource({ action, resource, keys }: Call): boolean {
  if (resource === "*" || EVERY_RESOURCE.has(action) || UNDOCUMENTED.test(resource)) return false;
  const isUntagged = !Object.keys(keys).some((key) => key.startsWith("aws:resourcetag/"));
  // What was deleted has no tags any more. Its id names nothing.
  const isGone = isUntagged && READS_BY_ID.includes(action);
  // AWS makes the default security group of a VPC without tags. Until it has some, nothing says whose it is.
  const isNew = isUntagged && /:security-group\/sg-/.test(resource);
  return !isGone && !isNew && !COMMON.some((common) => common.action === action && common.resource.test(resource));
}

/** Actions that read something by an id that AWS made. */
const READS_BY_ID = ["apigateway:GET", "lambda:GetEventSourceMapping"];

/** The table for the output of the suite. */
export function tableOf(rows: Row[], calls: Call[]): string {
  const everywhere = new Map<string, string>();
  for (const { action, resource } of calls) {
    const source = EVERY_RESOURCE.get(action);
    if (source && resource === "*") everywhere.set(action, source);
  }
  const width = Math.max(...rows.map(({ stack }) => stack.length));
  return [
    "",
    "Calls of the deploy roles, each judged for the roles of all other domains, of the foundation and of the other environment:",
    "",
    `${"stack".padEnd(width)}  calls  own calls allowed  calls on its resources that others may make`,
    ...rows.map(({ stack, calls: count, refused, foreign }) =>
      [
        stack.padEnd(width),
        String(count).padStart(5),
        `${percent(count - refused.length, count)} %`.padStart(17),
        `${percent(foreign.length, count)} %`,
      ].join("  "),
    ),
    "",
    "Not judged, because these actions have no resource-level permissions:",
    ...[...everywhere].sort().map(([action, source]) => `  ${action}  ${source}`),
    "Not judged, because AWS makes it without tags: the default security group of a new VPC",
    "Not judged, because AWS does not say whether they have the tags of their API: routes, integrations and authorizers",
    ...COMMON.map(({ action, because }) => `Not judged: ${action}, because ${because}`),
    "",
  ].join("\n");
}

function percent(part: number, whole: number): number {
  return Math.round((100 * part) / whole);
}
