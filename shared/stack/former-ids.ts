import { Construct, type IConstruct, RootConstruct } from "constructs";
import { KEBAB_CASE, KEBAB_CASE_RULE } from "../naming";
import { addFinding } from "./findings";

/**
 * AWS renames no queue, table, stream or bucket. So a construct that gets another id in code keeps the id that it had when it was
 * first deployed: its names in AWS and its addresses in Terraform's state are made from that one.
 */

/** The option of every construct that has a name in AWS. */
export interface FormerId {
  /**
   * The id that the construct had when it was first deployed. Set it when you rename the construct: its names in AWS and its
   * resources in Terraform stay as they are. It stays set for as long as the construct exists, also after a second renaming.
   * @default the construct still has its first id
   */
  formerly?: string;
}

const formerIds = new WeakMap<IConstruct, string>();

/** Keeps the names of a construct that was renamed. Call it before anything asks for a name or creates a resource. */
export function keepFormerId(construct: Construct, { formerly }: FormerId): void {
  if (formerly === undefined) return;
  if (!KEBAB_CASE.test(formerly)) {
    addFinding(construct, `formerly is "${formerly}", but an id is made of ${KEBAB_CASE_RULE}. Write the id that the construct had.`);
  } else if (formerly === construct.node.id) {
    addFinding(construct, `formerly is "${formerly}", which is the construct's id. Remove formerly.`);
  } else {
    formerIds.set(construct, formerly);
    // Only at the end, because a sibling that takes the id can be created later.
    construct.node.addValidation({ validate: () => conflicts(construct, formerly) });
  }
}

/** Two constructs whose names come from one id would also have the same addresses in Terraform, and one would silently replace the other. */
function conflicts(construct: Construct, formerly: string): string[] {
  const siblings = construct.node.scope?.node.children.filter((child) => child !== construct) ?? [];
  const holder = siblings.find((sibling) => sibling.node.id === formerly || formerIds.get(sibling) === formerly);
  if (!holder) return [];
  return [`formerly is "${formerly}", but ${holder.node.path} has this id too, or had it. Give that construct another id.`];
}

/** The id of which a construct's names are made: the one that it had when it was first deployed. */
export function deployedId(construct: IConstruct): string {
  return formerIds.get(construct) ?? construct.node.id;
}

/** The ids from the stack, without it, to a construct, as they were when it was first deployed. */
export function deployedPath(construct: IConstruct): string[] {
  return construct.node.scopes.slice(2).map(deployedId);
}

/**
 * The node of a construct that has the ids of another construct as they were when it was first deployed, or undefined if neither
 * that construct nor anything that it is in was renamed.
 */
export function deployedNode(construct: IConstruct): Construct["node"] | undefined {
  if (!construct.node.scopes.some((scope) => formerIds.has(scope))) return undefined;
  const [first, ...others] = deployedPath(construct);
  return others.reduce((scope: Construct, id) => new Construct(scope, id), new RootConstruct(first)).node;
}
