import type { Stack } from "../../scripts/artifact/artifact";

/**
 * A stack of the artifact.
 * @param id `<domain>-<environment>`
 * @param needs ids of the stacks whose contracts it reads
 * @param changes replace the other fields
 */
export function stackOf(id: string, needs: string[] = [], changes: Partial<Stack> = {}): Stack {
  const [domain = "", environment = ""] = id.split("-");
  const reads = needs.map((needed) => ({ domain: needed.split("-")[0] ?? "", version: 1, parameters: ["arn"] }));
  return {
    stack: id,
    project: "shop",
    domain,
    environment,
    account: "111111111111",
    region: "eu-west-1",
    triggers: [],
    lambdas: [],
    secrets: [],
    publishes: [],
    reads,
    events: [],
    needs,
    folder: `cdktf.out/stacks/${id}`,
    ...changes,
  };
}

/** The files of an artifact with these stacks, by their path. */
export function artifactFiles(stacks: Stack[]): Record<string, string> {
  const files: Record<string, string> = {
    "manifest.json": JSON.stringify({ stacks: Object.fromEntries(stacks.map(({ stack }) => [stack, {}])) }),
  };
  for (const { needs, folder, ...description } of stacks) {
    files[`stacks/${description.stack}/domain.json`] = JSON.stringify(description);
    files[`stacks/${description.stack}/cdk.tf.json`] = JSON.stringify({ resource: description.stack });
  }
  return files;
}
