import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fakeProgram } from "./fake-program";
import { temporaryFolder, writeFiles } from "./temporary-folder";

type Modules = typeof import("../../scripts/terraform/terraform") & typeof import("../../scripts/terraform/provider");

const PROVIDER = "registry.terraform.io/hashicorp/aws/5.100.0/provider";

/** A folder with the AWS provider, in the layout of Terraform's filesystem mirrors. */
export function providerMirror(): string {
  return temporaryFolder({ [PROVIDER]: "" });
}

/** The modules as they behave on the machine of a test. */
export interface FakeTerraform extends Modules {
  /** The folder of the project, which is the working directory. */
  project: string;
  /** The arguments of every call except `terraform version`, one line each. */
  calls: () => string[];
}

export interface FakeMachine {
  /** The version that `terraform version` prints. */
  version?: string;
  /** A shell script that runs for every other Terraform command. */
  script?: string;
  /** The texts of the project's files by path. The home folder is `home`. */
  files?: Record<string, string>;
  /** Environment variables, beside those of this process. */
  variables?: Record<string, string>;
}

/**
 * Loads `scripts/terraform/terraform` and `scripts/terraform/provider` as on another machine. It has a fake Terraform and only
 * the files that the test gives it: the folders of the real machine in which providers can be are hidden.
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
