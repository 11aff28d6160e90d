import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../../shared/errors";
import { readArtifact, workingCopy } from "../artifact/artifact";

/** Names a folder that holds `registry.terraform.io/hashicorp/aws`, for a machine that cannot ask the registry. */
const MIRROR_VARIABLE = "TERRAFORM_PROVIDER_MIRROR";
const BUILD = resolve(".build");
const CLI_CONFIG = join(BUILD, "terraform.rc");

export const TERRAFORM = process.env.TERRAFORM_BINARY_NAME ?? "terraform";
const REGISTRY = /tofu/.test(TERRAFORM) ? "registry.opentofu.org" : "registry.terraform.io";
const PROVIDER = `${REGISTRY}/hashicorp/aws`;

/** Oldest Terraform that has all we use: S3 state with a lock file is of 1.10. */
const OLDEST_TERRAFORM = "1.10";

/**
 * The environment in which every Terraform of this project runs: it takes the AWS provider from
 * one folder for all stacks. That is a mirror where the machine has one; otherwise a folder of
 * this project, into which Terraform downloads the provider once.
 */
export function terraformEnvironment(): NodeJS.ProcessEnv {
  checkTerraform();
  const environment: NodeJS.ProcessEnv = { ...process.env, CHECKPOINT_DISABLE: "1" };
  // A missing file is only a warning, and would hide ours; ours, which npm run local:env names, is not the user's.
  const { TF_CLI_CONFIG_FILE: named = CLI_CONFIG } = environment;
  if (named === CLI_CONFIG || !existsSync(named)) delete environment.TF_CLI_CONFIG_FILE;

  const hasConfig = environment.TF_CLI_CONFIG_FILE !== undefined || existsSync(join(homedir(), ".terraformrc"));
  if (hasConfig && process.env[MIRROR_VARIABLE] === undefined) {
    // The user's own settings, tokens among them, stay in force; only the download is shared.
    const TF_PLUGIN_CACHE_DIR = environment.TF_PLUGIN_CACHE_DIR ?? download(environment);
    return { ...environment, TF_PLUGIN_CACHE_DIR, TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: "1" };
  }
  environment.TF_CLI_CONFIG_FILE = writeCliConfig(findMirror() ?? download(environment));
  return environment;
}

/** A folder with the provider that this machine has already. */
export function findMirror(): string | undefined {
  const named = process.env[MIRROR_VARIABLE];
  if (named && !existsSync(join(named, PROVIDER)))
    throw new UserError(
      `${MIRROR_VARIABLE} is "${named}", but there is no ${join(named, PROVIDER)}; name a folder laid out as Terraform's filesystem mirrors are`,
    );
  // https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
  const documented = [
    "terraform.d/plugins",
    join(homedir(), ".terraform.d/plugins"),
    join(homedir(), ".local/share/terraform/plugins"),
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
  ];
  const optional = existsSync("/opt") ? readdirSync("/opt").map((folder) => join("/opt", folder)) : [];
  return [...(named ? [named] : []), ...documented, ...optional]
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
  // Written only when it differs: another command may be reading it.
  if (!existsSync(CLI_CONFIG) || readFileSync(CLI_CONFIG, "utf8") !== config) writeFileSync(CLI_CONFIG, config);
  return CLI_CONFIG;
}

/** Lets Terraform fill its plugin cache once; the cache is laid out as a mirror is, and stacks link to it instead of copying 700 MB. */
function download(environment: NodeJS.ProcessEnv): string {
  const cache = join(BUILD, "providers");
  const [stack] = readArtifact();
  const lock = join(stack.folder, ".terraform.lock.hcl");
  const locked = existsSync(lock) ? /hashicorp\/aws"\s*{\s*version\s*=\s*"([^"]+)"/.exec(readFileSync(lock, "utf8"))?.[1] : undefined;
  if (existsSync(join(cache, PROVIDER, locked ?? ""))) return cache;

  process.stdout.write("Downloading the AWS provider, once for all stacks…\n");
  mkdirSync(cache, { recursive: true });
  const folder = workingCopy(stack, ".deploy/provider");
  const env = { ...environment, TF_PLUGIN_CACHE_DIR: cache };
  const args = ["init", "-backend=false", "-input=false", "-no-color"];
  const { status, stderr } = spawnSync(TERRAFORM, args, { cwd: folder, env, encoding: "utf8" });
  rmSync(folder, { recursive: true, force: true });
  if (status === 0) return cache;
  rmSync(join(cache, PROVIDER), { recursive: true, force: true });
  throw new UserError(
    `The AWS provider could not be downloaded. On a machine that cannot ask the registry, put it into a folder and name that in ${MIRROR_VARIABLE}.\n${stderr}`,
  );
}

/** @throws UserError when Terraform is missing or too old. */
function checkTerraform(): void {
  const env = { ...process.env, CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: "" };
  const { status, stdout } = spawnSync(TERRAFORM, ["version", "-json"], { env, encoding: "utf8" });
  if (status !== 0)
    throw new UserError(
      `There is no "${TERRAFORM}" on the PATH that runs. Install Terraform ${OLDEST_TERRAFORM} or later (https://developer.hashicorp.com/terraform/install), or name another binary in TERRAFORM_BINARY_NAME.`,
    );
  const version: string = JSON.parse(stdout).terraform_version;
  if (version.localeCompare(OLDEST_TERRAFORM, "en", { numeric: true }) < 0) {
    throw new UserError(
      `Terraform is ${version}, and this project needs ${OLDEST_TERRAFORM} or later; install it from https://developer.hashicorp.com/terraform/install`,
    );
  }
}
