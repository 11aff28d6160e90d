import { TerraformDataSource, type TerraformElement, TerraformResource } from "cdktf";
import type { IConstruct } from "constructs";
import { addFinding } from "./stack/findings";
import type { ExceptionDescription } from "./stack-description";

export interface ConventionException {
  /** Id of the convention, from the table in `docs/conventions.md`: `log-retention`. */
  convention: string;
  /** Why the resources may break the convention, for everyone who reviews or reads the domain. At least 10 characters. */
  because: string;
}

/** The shortest reason, in characters. cdk-nag has the same limit for its suppressions. */
const SHORTEST_REASON = 10;

/** The type of the metadata that holds an exception in the tree of constructs. */
const EXCEPTION = "convention-exception";

/**
 * Lets the resources of a construct break one convention. Call it in the `stack.ts` of the domain.
 *
 * The exception covers every resource and data source under the construct, so pass the smallest construct that breaks the
 * convention. `npm test` rejects an exception that is no longer needed, and one to a convention that allows none.
 *
 * @example
 * allowException(noOrders, {
 *   convention: "alarm-missing-data",
 *   because: "The shop gets orders every minute, so missing data means that it is down.",
 * });
 */
export function allowException(construct: IConstruct, { convention, because }: ConventionException): void {
  const { length } = because.trim();
  if (length < SHORTEST_REASON) {
    const rule = `a reason has at least ${SHORTEST_REASON} characters`;
    addFinding(
      construct,
      `the reason for the exception to "${convention}" is "${because}", but ${rule}. Write why the exception is needed.`,
    );
  }
  construct.node.addMetadata(EXCEPTION, { convention, because } satisfies ConventionException);
}

/** The exceptions of a stack, with the resources that exist when it is called: constructs can add resources after the exception. */
export function describeExceptions(stack: IConstruct): ExceptionDescription[] {
  return stack.node
    .findAll()
    .flatMap((construct) =>
      construct.node.metadata
        .filter(({ type }) => type === EXCEPTION)
        .map(({ data: { convention, because } }) => ({
          convention,
          construct: construct.node.path.split("/").slice(1).join("/"),
          resources: addressesUnder(construct),
          because,
        })),
    );
}

/** The Terraform addresses of the resources and data sources under a construct, in the order of their ids. */
function addressesUnder(construct: IConstruct): string[] {
  return construct.node
    .findAll()
    .flatMap((node) => {
      if (TerraformResource.isTerraformResource(node)) return [addressOf(node)];
      if (TerraformDataSource.isTerraformDataSource(node)) return [`data.${addressOf(node)}`];
      return [];
    })
    .sort();
}

function addressOf({ terraformResourceType, friendlyUniqueId }: TerraformElement & { terraformResourceType: string }): string {
  return `${terraformResourceType}.${friendlyUniqueId}`;
}
