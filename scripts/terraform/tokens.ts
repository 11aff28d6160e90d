import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseJson } from "../cli/json";

/**
 * The tokens of servers such as HCP Terraform, from where Terraform has them. Nothing else of this project has a token.
 * @see https://developer.hashicorp.com/terraform/cli/config/config-file#credentials-1
 */

const PREFIX = "TF_TOKEN_";

/** The token that Terraform uses for a host, or undefined if there is none. */
export function tokenFor(hostname: string): string | undefined {
  return tokenOfShell(hostname) ?? tokensInFiles().get(hostname);
}

/** The variable that gives Terraform the token for a host: `TF_TOKEN_app_terraform_io`. */
export function tokenVariable(hostname: string): string {
  return `${PREFIX}${hostname.replaceAll("-", "__").replaceAll(".", "_")}`;
}

/**
 * Variables with the tokens that are in files of the user. A Terraform that gets another CLI configuration does not read these files.
 * The shell's own variables take precedence.
 */
export function tokenVariables(): Record<string, string> {
  const tokens = [...tokensInFiles()].filter(([hostname]) => tokenOfShell(hostname) === undefined);
  return Object.fromEntries(tokens.map(([hostname, token]) => [tokenVariable(hostname), token]));
}

function tokenOfShell(hostname: string): string | undefined {
  const hostOf = (variable: string) => variable.slice(PREFIX.length).replaceAll("__", "-").replaceAll("_", ".");
  return Object.entries(process.env).find(([name]) => name.startsWith(PREFIX) && hostOf(name) === hostname)?.[1];
}

/** The tokens by host. The blocks that the user wrote take precedence over the file that `terraform login` writes. */
function tokensInFiles(): Map<string, string> {
  const login = parseJson(read(join(homedir(), ".terraform.d", "credentials.tfrc.json")))?.credentials ?? {};
  const ofLogin = Object.entries<{ token?: string }>(login).flatMap(([hostname, { token }]) => (token ? [[hostname, token] as const] : []));
  return new Map([...ofLogin, ...tokensInConfig()]);
}

/** The `credentials` blocks of the CLI configuration: `credentials "app.terraform.io" { token = "…" }`. */
function tokensInConfig(): [hostname: string, token: string][] {
  const config = read(process.env.TF_CLI_CONFIG_FILE ?? join(homedir(), ".terraformrc"));
  const blocks = config.matchAll(/^\s*credentials\s+"([^"]+)"\s*\{[^}]*?token\s*=\s*"([^"]+)"/gm);
  return [...blocks].map(([, hostname = "", token = ""]) => [hostname, token]);
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
