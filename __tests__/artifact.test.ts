import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import config from "../project.config";
import { cloneProject, filesOf, synthClone } from "./harness/clone";
import { temporaryFolder, writeFiles } from "./harness/temporary-folder";

/** A domain that is removed after the first synth. */
const FLEETING = {
  "domains/fleeting/stack.ts": `import { DomainStack } from "../../shared/domain-stack";
import { NodejsFunction } from "../../shared/lambda/nodejs-function";
export default class Fleeting extends DomainStack {
  protected define(): void {
    new NodejsFunction(this, "vanish");
  }
}
`,
  "domains/fleeting/lambdas/vanish.ts": "export const handler = async () => {};\n",
};
const BROKEN = {
  "domains/broken/stack.ts": FLEETING["domains/fleeting/stack.ts"].replace('"vanish");', '"vanish").allow(["sqs:*"], "*");'),
  "domains/broken/lambdas/vanish.ts": "export const handler = async () => {\n  return (;\n};\n",
};

const near = cloneProject(join(temporaryFolder(), "a"));
// A folder above the project can have the same name as a folder in it.
const far = cloneProject(join(temporaryFolder(), "domains", "of-another-team", "in-a-longer-path-than-the-other"));
const artifactOf = (clone: string) => filesOf(join(clone, "cdktf.out"));
const withoutSourceMaps = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith("source-maps/")));

let first: Record<string, string>;

beforeAll(async () => {
  writeFiles(near, FLEETING);
  // The second clone has another time zone, language, home and user.
  const elsewhere = {
    TZ: "Pacific/Auckland",
    LANG: "de_DE.UTF-8",
    LC_ALL: "C",
    HOME: far,
    USER: "somebody",
    CI: "true",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
  const results = await Promise.all([synthClone(near), synthClone(far, elsewhere)]);
  expect(results.map(({ exitCode, stderr }) => `${exitCode}${stderr}`)).toEqual(["0", "0"]);
  first = artifactOf(near);
  rmSync(join(near, "domains/fleeting"), { recursive: true });
  expect(await synthClone(near)).toMatchObject({ exitCode: 0, stderr: "" });
}, 120_000);

test("the same sources give the same bytes in other folders and on other machines", () => {
  const here = artifactOf(near);
  const there = artifactOf(far);
  expect(Object.keys(here)).toEqual(Object.keys(there));
  const differing = Object.keys(here).filter((path) => here[path] !== there[path]);
  // Source maps differ, because the clones use the packages of this project by a link, and a map has relative paths.
  expect(differing.filter((path) => !path.startsWith("source-maps/"))).toEqual([]);
});

test("a domain that was removed leaves nothing in the artifact", () => {
  expect(Object.keys(first).filter((path) => path.includes("fleeting"))).toEqual(
    expect.arrayContaining(["stacks/fleeting-int/lambdas/vanish.zip", "source-maps/fleeting/vanish.mjs.map"]),
  );
  const mentions = Object.entries(artifactOf(near)).filter(([path, text]) => path.includes("fleeting") || text.includes("fleeting"));
  expect(mentions.map(([path]) => path)).toEqual([]);
});

test("a domain that is added or removed changes no other domain, and only its permissions boundary and its deploy roles in the foundation", () => {
  const now = withoutSourceMaps(artifactOf(near));
  const ofOthers = ([path]: [string, string]) => path !== "manifest.json" && !/^stacks\/(shared-|workspaces\/)/.test(path);
  expect(first).toMatchObject(Object.fromEntries(Object.entries(now).filter(ofOthers)));
  for (const { name } of config.environments) {
    const resourcesOf = (files: Record<string, string>) => resourceAddresses(files[`stacks/shared-${name}/cdk.tf.json`] ?? "{}");
    const changed = resourcesOf(first).filter((address) => !resourcesOf(now).includes(address));
    const expected = ["aws_iam_policy.fleeting-boundary", "aws_ssm_parameter.publish-v1-fleetingBoundaryArn"];
    expect(changed.filter((address) => !/^aws_iam_role(_policy)?\.fleeting-deploy_/.test(address))).toEqual(expected);
  }
});

function resourceAddresses(json: string): string[] {
  const { resource = {} } = JSON.parse(json);
  return Object.entries<object>(resource).flatMap(([type, byId]) => Object.keys(byId).map((id) => `${type}.${id}`));
}

test.each([
  ["remote", "without", ["workspaces", ...config.environments.map(({ name }) => `access-${name}`)]],
  ["local", "with", ["workspaces", ...config.environments.map(({ name }) => `access-${name}`)]],
  ["local", "without", ["workspaces"]],
])(
  "with %s execution on HCP Terraform, %s GitHub Actions, the artifact also has the stacks that this needs",
  async (execution, github, expected) => {
    const clone = cloneProject(join(temporaryFolder(), "hcp"));
    const file = join(clone, "project.config.ts");
    const text = readFileSync(file, "utf8").replace(
      /state: \{.*\},/,
      `state: { kind: "hcp", organization: "team", execution: "${execution}" },`,
    );
    writeFileSync(file, github === "with" ? text : text.replace(/^ {2}github: .*\n/m, ""));
    expect(await synthClone(clone)).toMatchObject({ exitCode: 0, stderr: "" });
    const stacks = readdirSync(join(clone, "cdktf.out/stacks")).filter((stack) => /^(access-|workspaces)/.test(stack));
    expect(stacks.sort()).toEqual([...expected].sort());
  },
  60_000,
);

test("every file of the artifact belongs to a stack, except the manifest and the source maps", () => {
  const outside = Object.keys(artifactOf(near)).filter((path) => !/^(stacks|source-maps)\//.test(path));
  expect(outside).toEqual(["manifest.json"]);
});

test("all problems are reported together, with file and line, and the artifact stays as it was", async () => {
  const before = artifactOf(far);
  writeFiles(far, BROKEN);
  const { exitCode, stderr } = await synthClone(far);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("3 problem(s) found; nothing was written.");
  expect(stderr).toContain("domains/broken/lambdas/vanish.ts:2: the file does not compile");
  expect(stderr).toContain(config.environments.map(({ name }) => `broken-${name}/vanish`).join(", "));
  expect(stderr).toMatch(/\n {4}at domains\/broken\/stack\.ts:5\n/);
  expect(stderr).not.toMatch(/node_modules|\n {4}at .*shared\//);
  expect(artifactOf(far)).toEqual(before);
}, 60_000);
