import { printableLine } from "../../cli/printable";
import type { Danger } from "./danger";
import { lossOfData, lossOfEverything, shorterRetention } from "./data-loss";
import { hiddenValues } from "./hidden-values";
import { type DangerousChange, type DangerousPlan, type Found, managedChanges } from "./planned-change";
import { attachedPolicies, changedBoundary, listedPolicies, widenedPolicies } from "./policies";
import {
  changedAuthorizer,
  openedAcl,
  openedAddress,
  openedBus,
  openedFunction,
  openedMethod,
  openedPorts,
  unblockedBucket,
} from "./public-access";

/**
 * The dangers of a plan, in Terraform's order: what it destroys, who may do more, and what it opens to everyone. A resource can have
 * several. If it is not certain that something is harmless, it is a danger.
 * @see https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
 */
export function dangersOf(stackId: string, plan: DangerousPlan): Danger[] {
  const managed = managedChanges(plan);
  const changes = managed.filter(({ change: { actions } }) => ["create", "update", "delete"].some((action) => actions.includes(action)));
  const dangers = changes.flatMap((change) =>
    FINDERS.flatMap((find) => find(change, plan)).map(({ kind, text }) => ({ name: change.address, kind, text: printableLine(text) })),
  );
  return [...lossOfEverything(stackId, managed), ...dangers];
}

const FINDERS: ((change: DangerousChange, plan: DangerousPlan) => Found[])[] = [
  lossOfData,
  shorterRetention,
  hiddenValues,
  widenedPolicies,
  changedBoundary,
  attachedPolicies,
  listedPolicies,
  openedFunction,
  openedAddress,
  openedMethod,
  changedAuthorizer,
  openedBus,
  openedAcl,
  unblockedBucket,
  openedPorts,
];
