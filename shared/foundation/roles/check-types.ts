import { TerraformDataSource, TerraformResource } from "cdktf";
import type { DomainStack } from "../../domain-stack";
import { FOUNDATION } from "../../naming";
import { addFinding } from "../../stack/findings";
import { permissionsOf } from "./deploy-policy";
import { DATA_SOURCES } from "./permissions";
import { Target } from "./target";

/**
 * Checks that the deploy roles of a stack have permissions for each type of resource in it. Otherwise its first deployment would fail
 * on AWS, where an administrator uses no deploy role.
 */
export function checkTypes(stack: DomainStack): void {
  const permissions = permissionsOf(new Target(stack, stack.identity));
  const unknown = new Set<string>();
  for (const construct of stack.node.findAll()) {
    if (TerraformResource.isTerraformResource(construct) && !permissions[construct.terraformResourceType]) {
      unknown.add(construct.terraformResourceType);
    }
    if (TerraformDataSource.isTerraformDataSource(construct) && !DATA_SOURCES.has(construct.terraformResourceType)) {
      unknown.add(`data.${construct.terraformResourceType}`);
    }
  }
  for (const type of unknown) {
    const problem = `the deploy roles of ${stack.domain} have no permissions for ${type}`;
    const file = stack.identity.domain === FOUNDATION ? "foundation-permissions.ts" : "permissions.ts";
    addFinding(stack, `${problem}. Add a row for it to shared/foundation/roles/${file}.`);
  }
}
