import type { Convention, SynthesizedStack, Violation } from "./convention";

/** What a convention reports about the stacks. `allowException` of `shared/convention-exception.ts` writes the exceptions into `domain.json`. */

/** Every violation of a convention for which there is no exception, as text: the stack, the resource and the problem. */
export function violationsOf(convention: Convention, stacks: SynthesizedStack[]): string[] {
  return stacks.flatMap((stack) =>
    convention
      .check(stack, stacks)
      .filter((violation) => !isExcepted(convention, stack, violation))
      .map(({ resource, problem }) => [stack.description.stack, resource, problem].filter(Boolean).join(": ")),
  );
}

/** Every exception that is wrong, as text: to a convention that does not exist or allows none, or without a violation in any environment. */
export function exceptionProblems(conventions: Convention[], stacks: SynthesizedStack[]): string[] {
  return exceptionCalls(stacks).flatMap((call) => {
    const place = `${[call.domain, call.construct].filter(Boolean).join("/")}: the exception to "${call.convention}"`;
    const convention = conventions.find(({ id }) => id === call.convention);
    if (!convention) {
      const ids = conventions.filter(({ noExceptions }) => !noExceptions).map(({ id }) => id);
      return [`${place} names a convention that does not exist. These allow exceptions: ${ids.join(", ")}.`];
    }
    if (convention.noExceptions) {
      return [`${place} is not allowed. ${convention.noExceptions} Remove the exception and fix the violation.`];
    }
    const isNeeded = call.uses.some(({ stack, resources }) =>
      convention.check(stack, stacks).some(({ resource }) => resource !== undefined && resources.includes(resource)),
    );
    return isNeeded ? [] : [`${place} is not needed, because no resource of the construct breaks the convention. Remove the exception.`];
  });
}

function isExcepted({ id, noExceptions }: Convention, { description }: SynthesizedStack, { resource }: Violation): boolean {
  if (noExceptions || resource === undefined) return false;
  return (description.exceptions ?? []).some(({ convention, resources }) => convention === id && resources.includes(resource));
}

/** A call of `allowException`, which is in the stack of each environment. */
interface ExceptionCall {
  domain: string;
  construct: string;
  convention: string;
  uses: { stack: SynthesizedStack; resources: string[] }[];
}

/** Each call once, because an exception can be needed in one environment and not in another. */
function exceptionCalls(stacks: SynthesizedStack[]): ExceptionCall[] {
  const calls = new Map<string, ExceptionCall>();
  for (const stack of stacks) {
    const { domain, exceptions = [] } = stack.description;
    for (const { construct, convention, resources } of exceptions) {
      const key = [domain, construct, convention].join(" ");
      const call = calls.get(key) ?? { domain, construct, convention, uses: [] };
      call.uses.push({ stack, resources });
      calls.set(key, call);
    }
  }
  return [...calls.values()];
}
