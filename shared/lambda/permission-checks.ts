import type { Construct } from "constructs";
import { boundaryAllows } from "../foundation/boundary";
import { addFinding } from "../stack/findings";

/** Adds a finding for each action that has a wildcard, or that the permissions boundaries of all domains would deny. */
export function checkActions(scope: Construct, actions: string[]): void {
  for (const action of actions) {
    if (action.includes("*")) {
      addFinding(
        scope,
        `the action "${action}" has a wildcard, but a lambda is allowed single actions only. List each action that it needs.`,
      );
    } else if (!boundaryAllows(action)) {
      const fix = "If the project needs it, add it to shared/foundation/boundary.ts";
      addFinding(scope, `the action "${action}" is outside the permissions boundaries of all domains, so AWS would deny it. ${fix}.`);
    }
  }
}

/** Adds a finding for each ARN that would allow the actions on every resource of a kind. */
export function checkResources(scope: Construct, actions: string[], arns: string[]): void {
  for (const arn of arns.filter(matchesEveryResource)) {
    const fix = "List the ARNs of the resources that the lambda needs";
    addFinding(scope, `the resource "${arn}" would allow ${actions.join(", ")} on every resource. ${fix}.`);
  }
}

// The part of an S3 ARN after the account, with a wildcard in place of the bucket's name: "*" or "*/key", but not "invoices/*".
const EVERY_BUCKET = /^\*(\/|$)/;

// The part of any other ARN after the account, with a wildcard in place of the resource's name, with or without a resource
// type before it: "*", "table/*", "table*", "table/*/index/*", "function:*", but not "table/orders/index/*" or "*-orders".
const EVERY_NAME = /^\/?[a-z-]*[/:]?\*([/:]|$)/;

/** Whether a resource is `*`, or an ARN that matches every resource of a service or of a type. */
function matchesEveryResource(arn: string): boolean {
  const [prefix, _partition, service, _region, _account, ...rest] = arn.split(":");
  if (prefix !== "arn") return arn === "*";
  // In an ARN with too few parts, a "*" at the end matches the missing parts, too.
  if (rest.length === 0) return arn.endsWith("*");
  const resource = rest.join(":");
  return service === "s3" ? EVERY_BUCKET.test(resource) : EVERY_NAME.test(resource);
}
