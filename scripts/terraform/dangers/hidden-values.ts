import { isSensitive } from "../marks";
import type { DangerousChange, DangerousPlan, Found } from "./planned-change";
import { POLICY_ATTRIBUTES } from "./policies";
import { BLOCKS } from "./public-access";

/** The attributes that are compared to tell who may do more. */
const COMPARED = `
  ${POLICY_ATTRIBUTES.join(" ")} ${BLOCKS.join(" ")} permissions_boundary managed_policy_arns
  policy_arn role roles user users group groups action principal source_arn source_account principal_org_id authorization_type route_key
  ingress type cidr_blocks ipv6_cidr_blocks cidr_ipv4 cidr_ipv6 protocol ip_protocol from_port to_port`
  .trim()
  .split(/\s+/);

/**
 * What a redacted plan does not show. Two values that are left out look alike, so that a finder that compares them would find no
 * difference.
 */
export function hiddenValues({ change }: DangerousChange, { isRedacted = false }: DangerousPlan): Found[] {
  if (!isRedacted) return [];
  const hidden = COMPARED.filter((attribute) => isSensitive(change, attribute));
  if (hidden.length === 0) return [];
  const what = hidden.length === COMPARED.length ? "everything in it" : hidden.join(", ");
  return [{ kind: "permissions", text: `${what} is sensitive and not shown, so it may allow more` }];
}
