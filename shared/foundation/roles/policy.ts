import type { Condition, Permission } from "./target";

/** A policy in the form that IAM stores. It contains no values that only Terraform knows. */
export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: PolicyStatement[];
}

export interface PolicyStatement {
  Effect: "Allow" | "Deny";
  Action: string | string[];
  Resource: string | string[];
  Condition?: Condition;
}

/** A policy with as few characters as possible, because IAM limits them. */
export function policyOf(allowed: Permission[], denied: Permission[] = []): PolicyDocument {
  return { Version: "2012-10-17", Statement: [...statements("Allow", allowed), ...statements("Deny", denied)] };
}

function statements(Effect: PolicyStatement["Effect"], permissions: Permission[]): PolicyStatement[] {
  return acrossServices(withSameActions(onSameResources(permissions))).map(({ actions, resources, condition }) => ({
    Effect,
    Action: short(actions),
    Resource: short(resources),
    ...(condition && { Condition: condition }),
  }));
}

/** Permissions on the same resources, with the same condition, become one. */
function onSameResources(permissions: Permission[]): Permission[] {
  const groups = groupedBy(permissions, ({ resources, condition }) => [unique(resources), condition]);
  return groups.map(([first, ...others]) => ({ ...first, actions: [first, ...others].flatMap(({ actions }) => actions) }));
}

/** Permissions for the same actions, with the same condition, become one. */
function withSameActions(permissions: Permission[]): Permission[] {
  const groups = groupedBy(permissions, ({ actions, condition }) => [unique(actions), condition]);
  return groups.map(([first, ...others]) => ({ ...first, resources: [first, ...others].flatMap(({ resources }) => resources) }));
}

/** Groups of permissions that have the same key, in the order of the first of each. */
function groupedBy(permissions: Permission[], keyOf: (permission: Permission) => unknown): [Permission, ...Permission[]][] {
  const groups = new Map<string, [Permission, ...Permission[]]>();
  for (const permission of permissions) {
    const key = JSON.stringify(keyOf(permission));
    const group = groups.get(key);
    if (group) group.push(permission);
    else groups.set(key, [permission]);
  }
  return [...groups.values()];
}

function unique(texts: string[]): string[] {
  return [...new Set(texts)].sort();
}

/**
 * Permissions of different services become one. It allows no more than they do, because no action of a service applies to the
 * resources of another one.
 */
function acrossServices(permissions: Permission[]): Permission[] {
  const merged: Permission[] = [];
  for (const permission of permissions) {
    const { actions, resources, condition } = permission;
    const index = merged.findIndex((other) => !isForEvery(other) && areApart(other, permission) && isSame(other.condition, condition));
    const other = merged[index];
    if (!other || isForEvery(permission)) merged.push(permission);
    else merged[index] = { actions: [...other.actions, ...actions], resources: [...other.resources, ...resources], condition };
  }
  return merged;
}

/** Whether a resource is not of one service: `*`, or an ARN with a wildcard for the service. */
function isForEvery({ resources }: Permission): boolean {
  return resources.some((resource) => resource === "*" || resource.split(":")[2] === "*");
}

function areApart(one: Permission, other: Permission): boolean {
  const services = new Set(one.actions.map(serviceOf));
  return !other.actions.some((action) => services.has(serviceOf(action)));
}

function serviceOf(action: string): string {
  return action.split(":")[0] as string;
}

function isSame(one: Condition | undefined, other: Condition | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** In order and each once. One alone is not a list. */
function short(texts: string[]): string | string[] {
  const [first = "", ...others] = unique(texts);
  return others.length > 0 ? [first, ...others] : first;
}
