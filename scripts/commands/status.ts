import { UserError } from "../../shared/errors";
import { readArtifact, selectStacks } from "../artifact/artifact";
import { build } from "../artifact/build";
import { checkShell } from "../aws/shell";
import { runCommand } from "../cli/command";
import { printTable } from "../cli/table";
import { isLocalShell } from "../delivery/delivery";
import { readCheckout } from "../delivery/git";
import { readStatus, statusRows } from "../delivery/status";

const HELP = `
npm run status [-- <domain>-<environment>… | <environment>…]

Shows what runs of every stack in each environment, and what this checkout has. A stack is at the commit
that last changed it. A "+" means changes that are not committed. "unknown" means that something else than
the commands of this project has changed the stack.

An environment is shown if the credentials of this shell reach its account. For others, name a profile:

  npm run status -- --profile live=shop-live

  --profile <environment>=<profile>   credentials for this environment. Can be given more than once
  --skip-synth                        compare with the existing cdktf.out
  --json                              print [{ domain, running, here, notes }] instead of a table`;

const OPTIONS = { profile: { type: "string", multiple: true }, "skip-synth": { type: "boolean" }, json: { type: "boolean" } } as const;

void runCommand(
  { help: HELP, options: OPTIONS, positionals: { min: 0, max: Infinity } },
  async ({ positionals: names, options, signal }) => {
    if (!options["skip-synth"]) await build(signal);
    const all = readArtifact();
    const stacks = names.length === 0 ? all : selectStacks(all, names);
    const profiles = parseProfiles(options.profile ?? [], [...new Set(all.map(({ environment }) => environment))]);
    checkShell();
    const statuses = await readStatus(stacks, { all, profiles, isLocal: isLocalShell() });
    const rows = await statusRows(stacks, statuses, await readCheckout());
    if (options.json) {
      process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
      return;
    }
    const environments = statuses.map(({ environment }) => environment);
    const cells = rows.map(({ domain, running, here, notes }) => [
      domain,
      ...environments.map((each) => running[each] ?? ""),
      here,
      notes.join("; "),
    ]);
    printTable(["stack", ...environments, "here", ""], cells);
    for (const { environment, unknown } of statuses) {
      if (!unknown) continue;
      const fix = isLocalShell() ? `npm run local:env -- ${environment}` : `--profile ${environment}=<profile>`;
      process.stdout.write(`\n${environment}: nothing is known, because ${unknown}. Use: ${fix}\n`);
    }
  },
);

/** @throws UserError for a text that is not `<environment>=<profile>` */
function parseProfiles(texts: string[], environments: string[]): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const [environment = "", ...rest] = text.split("=");
      const profile = rest.join("=");
      if (environments.includes(environment) && profile !== "") return [environment, profile] as const;
      throw new UserError(`--profile is "${text}", but its form is <environment>=<profile>. Environments: ${environments.join(", ")}.`);
    }),
  );
}
