import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fakeProgram } from "./fake-program";
import { temporaryFolder, writeFiles } from "./temporary-folder";

type Modules = typeof import("../../scripts/terraform/terraform") & typeof import("../../scripts/terraform/provider");

const PROVIDER = "registry.terraform.io/hashicorp/aws/5.100.0/provider";

/** A folder laid out as Terraform's filesystem mirrors are. */
export function providerMirror(): string {
  return temporaryFolder({ [PROVIDER]: "" });
}

export interface FakeTerraform extends Modules {
  /** The project's folder. */
  project: string;
  /** The arguments of every call, one line each, without the look at the version. */
  calls: () => string[];
}

export interface FakeMachine {
  /** What `terraform version` says; undefined where there is no Terraform. */
  version?: string;
  /** What it does when asked for anything else: a shell script. */
  script?: string;
  /** The project's files by path; a home folder is at `home`. */
  files?: Record<string, string>;
  variables?: Record<string, string>;
}

/**
 * Loads `scripts/terraform/terraform` and `scripts/terraform/provider` on a machine that has this Terraform, and of
 * providers only what the test gives it: the machine's own folders are hidden.
 */
export function onMachine({ version = "1.11.0", script = "", files = {}, variables = {} }: FakeMachine): FakeTerraform {
  const project = temporaryFolder({ "home/.keep": "" });
  writeFiles(project, files);
  const log = join(project, "calls.log");
  const { file } = fakeProgram(
    "terraform",
    `if [ "$1" = version ]; then echo '{"terraform_version":"${version}"}'; exit 0; fi\necho "$@" >> '${log}'\n${script}`,
  );
  const { TF_CLI_CONFIG_FILE: _, TERRAFORM_PROVIDER_MIRROR: __, ...rest } = process.env;
  jest.replaceProperty(process, "env", { ...rest, TERRAFORM_BINARY_NAME: file, ...variables });
  process.chdir(project);

  let modules: Modules | undefined;
  jest.isolateModules(() => {
    jest.doMock("node:os", () => ({ ...jest.requireActual("node:os"), homedir: () => join(project, "home") }));
    jest.doMock("node:fs", () => ({
      ...jest.requireActual("node:fs"),
      existsSync: (path: string) => !/^\/(opt|usr)\b/.test(path) && existsSync(path),
    }));
    modules = { ...require("../../scripts/terraform/terraform"), ...require("../../scripts/terraform/provider") };
  });
  const calls = () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []);
  return { ...(modules as Modules), project, calls };
}
