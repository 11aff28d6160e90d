import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { UserError } from "../../shared/errors";
import { OLDEST_TERRAFORM } from "../../shared/stack/terraform-versions";
import { readArtifact, type Stack, workingCopy } from "../artifact/artifact";
import { jsonIn } from "../cli/json";
import { tokenVariables } from "./tokens";

/** The Terraform program: `terraform`, or the one that TERRAFORM_BINARY_NAME names. */
export const TERRAFORM = process.env.TERRAFORM_BINARY_NAME || "terraform";

const INSTALL_TERRAFORM = "https://developer.hashicorp.com/terraform/install";

// By the name of the program only: a folder can have any name.
const REGISTRY = /^tofu/.test(basename(TERRAFORM)) ? "registry.opentofu.org" : "registry.terraform.io";
const PROVIDER = `${REGISTRY}/hashicorp/aws`;

/** The variable that names a mirror: a folder with `registry.terraform.io/hashicorp/aws`, for a machine that cannot reach the registry. */
const MIRROR_VARIABLE = "TERRAFORM_PROVIDER_MIRROR";
const BUILD = resolve(".build");
/** The folder into which Terraform downloads the provider when there is no mirror. */
const PLUGIN_CACHE = join(BUILD, "providers");
/** The CLI configuration that this project writes for Terraform. */
const CLI_CONFIG = join(BUILD, "terraform.rc");

/**
 * The environment variables for every Terraform process of this project. With them, all stacks share one copy of the AWS
 * provider, which is 700 MB. It comes from a mirror on this machine, or else from a folder of this project, into which
 * Terraform downloads it once.
 *
 * A CLI configuration of the user's own stays in force. Only `TERRAFORM_PROVIDER_MIRROR` takes precedence over it. Tokens of the user
 * reach Terraform in any case.
 * @throws UserError when Terraform is missing or too old, or when the provider cannot be found or downloaded
 */
export function terraformEnvironment(): NodeJS.ProcessEnv {
  terraformVersion();
  const environment: NodeJS.ProcessEnv = { ...process.env, CHECKPOINT_DISABLE: "1" };
  if (!namesConfigOfUser(environment)) delete environment.TF_CLI_CONFIG_FILE;

  const hasConfigOfUser = environment.TF_CLI_CONFIG_FILE !== undefined || existsSync(join(homedir(), ".terraformrc"));
  if (hasConfigOfUser && process.env[MIRROR_VARIABLE] === undefined) {
    environment.TF_PLUGIN_CACHE_DIR ??= download(environment);
    environment.TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE = "1";
    return environment;
  }
  // With this configuration, Terraform does not read the file that "terraform login" writes.
  Object.assign(environment, tokenVariables());
  environment.TF_CLI_CONFIG_FILE = writeCliConfig(findMirror() ?? download(environment));
  return environment;
}

/**
 * Whether TF_CLI_CONFIG_FILE names a CLI configuration of the user's own. In a shell with the variables of
 * `npm run local:env`, it names the one of this project. If it names a file that does not exist, Terraform only warns and
 * uses none.
 */
function namesConfigOfUser({ TF_CLI_CONFIG_FILE: file }: NodeJS.ProcessEnv): boolean {
  return file !== undefined && file !== CLI_CONFIG && existsSync(file);
}

/**
 * The first folder of this machine that has the AWS provider, in the layout of Terraform's filesystem mirrors.
 * @throws UserError when TERRAFORM_PROVIDER_MIRROR names a folder that does not have it
 * @see https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
 */
export function findMirror(): string | undefined {
  const named = process.env[MIRROR_VARIABLE];
  if (named && !existsSync(join(named, PROVIDER))) {
    throw new UserError(
      `${MIRROR_VARIABLE} is "${named}", but the folder ${join(named, PROVIDER)} does not exist. Set it to a folder with the layout of a Terraform filesystem mirror.`,
    );
  }
  const documented = [
    "terraform.d/plugins",
    join(homedir(), ".terraform.d/plugins"),
    join(homedir(), ".local/share/terraform/plugins"),
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
  ];
  const inOpt = existsSync("/opt") ? readdirSync("/opt").map((folder) => join("/opt", folder)) : [];
  return [...(named ? [named] : []), ...documented, ...inOpt]
    .map((folder) => resolve(folder))
    .find((folder) => existsSync(join(folder, PROVIDER)));
}

function writeCliConfig(mirror: string): string {
  mkdirSync(BUILD, { recursive: true });
  const config = `provider_installation {
  filesystem_mirror {
    path    = ${JSON.stringify(mirror)}
    include = ["${PROVIDER}"]
  }
  direct {
    exclude = ["${PROVIDER}"]
  }
}
`;
  // If the text is the same, the file is not written again: a Terraform of another command may be reading it.
  if (!existsSync(CLI_CONFIG) || readFileSync(CLI_CONFIG, "utf8") !== config) writeFileSync(CLI_CONFIG, config);
  return CLI_CONFIG;
}

/**
 * Lets Terraform download the provider into its plugin cache, unless the cache has it. The cache has the layout of a mirror.
 * @returns the folder of the cache
 */
function download(environment: NodeJS.ProcessEnv): string {
  const [stack] = readArtifact();
  if (existsSync(join(PLUGIN_CACHE, PROVIDER, lockedVersion(stack) ?? ""))) return PLUGIN_CACHE;

  process.stdout.write("Downloading the AWS provider, once for all stacks…\n");
  mkdirSync(PLUGIN_CACHE, { recursive: true });
  const folder = workingCopy(stack, ".deploy/provider");
  const env = { ...environment, TF_PLUGIN_CACHE_DIR: PLUGIN_CACHE };
  const args = ["init", "-backend=false", "-input=false", "-no-color"];
  const { status, stderr } = spawnSync(TERRAFORM, args, { cwd: folder, env, encoding: "utf8" });
  rmSync(folder, { recursive: true, force: true });
  if (status === 0) return PLUGIN_CACHE;
  // An incomplete download must not count as a provider.
  rmSync(join(PLUGIN_CACHE, PROVIDER), { recursive: true, force: true });
  throw new UserError(
    `The AWS provider could not be downloaded. If this machine cannot reach the registry, put the provider into a folder with the layout of a Terraform filesystem mirror, and set ${MIRROR_VARIABLE} to that folder.\n${stderr}`,
  );
}

/** The version of the provider in the lock file of a stack. Without a lock file, Terraform chooses any version in the allowed range. */
function lockedVersion({ folder }: Stack): string | undefined {
  const lock = join(folder, ".terraform.lock.hcl");
  if (!existsSync(lock)) return undefined;
  return /hashicorp\/aws"\s*{\s*version\s*=\s*"([^"]+)"/.exec(readFileSync(lock, "utf8"))?.[1];
}

/**
 * The version of the Terraform program: `1.11.4`.
 * @throws UserError when Terraform is missing or too old
 */
export function terraformVersion(): string {
  const env = { ...process.env, CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: "" };
  const { status, stdout, stderr } = spawnSync(TERRAFORM, ["version", "-json"], { env, encoding: "utf8" });
  const version: string | undefined = jsonIn(stdout ?? undefined)?.terraform_version;
  if (status !== 0 || version === undefined) {
    const install = `Install Terraform ${OLDEST_TERRAFORM} or later (${INSTALL_TERRAFORM}), or set TERRAFORM_BINARY_NAME to the name of another program.`;
    // A version manager, for example, says which version it does not have.
    const reason = `${stdout ?? ""}${stderr ?? ""}`.trim();
    throw new UserError(`No working "${TERRAFORM}" found on the PATH. ${install}${reason ? `\nIt printed:\n${reason}` : ""}`);
  }
  if (version.localeCompare(OLDEST_TERRAFORM, "en", { numeric: true }) < 0) {
    throw new UserError(
      `Terraform is ${version}, but this project needs ${OLDEST_TERRAFORM} or later. Install it from ${INSTALL_TERRAFORM}.`,
    );
  }
  return version;
}
