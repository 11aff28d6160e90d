import config from "../../project.config";
import { UserError } from "../../shared/errors";
import { ACCESS, FOUNDATION, stackId } from "../../shared/naming";
import { loadProject } from "../../shared/stack/config";
import { hasDeployRoles } from "../../shared/stack/deployer";
import { readArtifact, type Stack } from "../artifact/artifact";
import { build } from "../artifact/build";
import { checkShell } from "../aws/shell";
import { accountStep, bucketStep, hindranceSteps, providerSteps } from "../bootstrap/aws";
import { githubEnvironmentsStep, repositoryStep } from "../bootstrap/github";
import { rolesStep, workspacesStep } from "../bootstrap/stacks";
import { type Finding, performAll, printWhatIsLeft, type Step, survey, type Target } from "../bootstrap/step";
import { runCommand } from "../cli/command";
import { isConfirmed } from "../cli/confirm";

const HELP = `
npm run bootstrap -- <environment>

Shows what an environment still needs before its first deployment, and does what your credentials allow:
the ids of the repository, the bucket for the Terraform state, the OIDC providers, the workspaces of HCP
Terraform, the deploy roles, the foundation, the GitHub environments. For everything else, it says who has to
do what. Also shows what would stop the first deployment, and what a new domain still needs.

Run it again at any time: it changes only what is missing. It needs the credentials of an administrator of the
AWS account. For the GitHub parts, it uses gh, if gh is installed. It fails if a step fails, if it cannot ask, or
without the right credentials; not if something is left for others.

  --yes           do not ask for confirmation
  --only-bucket   make only the bucket for the Terraform state, before states are moved into it`;

void runCommand(
  { help: HELP, options: { yes: { type: "boolean" }, "only-bucket": { type: "boolean" } }, positionals: { min: 1, max: 1 } },
  async ({ positionals: [name = ""], options, signal }) => {
    const { yes = false } = options;
    checkShell();
    const project = loadProject(config);
    const environment = project.environments.find((each) => each.name === name);
    if (!environment) {
      const known = project.environments.map((each) => each.name).join(", ");
      throw new UserError(`There is no environment "${name}" in project.config.ts. Its environments are: ${known}.`);
    }
    const target = { project, environment };

    const isOnlyBucket = options["only-bucket"] ?? false;
    const bucket = bucketStep(target);
    if (isOnlyBucket && !bucket) {
      const kind = `state.kind in project.config.ts is "${project.state.kind}"`;
      throw new UserError(`${kind}, which needs no bucket in ${name}. Nothing was changed.`);
    }
    const account = await doSteps([accountStep(target)], { yes, signal });
    if (isOnlyBucket && bucket) {
      printWhatIsLeft(account.length > 0 ? account : await doSteps([bucket], { yes, signal }));
      return;
    }

    // These can change project.config.ts, so that the artifact is built after them.
    const ofAccount = account.length > 0 ? [] : providerSteps(target);
    const before = [...account, ...(await doSteps([...repositorySteps(target), ...ofAccount], { yes, signal }))];
    if (before.some(({ step }) => step.mustStop?.())) {
      process.exitCode = 1;
      return printEnd(before, target);
    }
    await build(signal);
    const stacks = readArtifact().filter((stack) => stack.environment === name);
    printEnd([...before, ...(await doSteps(stepsOf(target, stacks, yes), { yes, signal }))], target);
  },
);

function repositorySteps(target: Target): Step[] {
  return target.project.github ? [repositoryStep(target)] : [];
}

/** In the order in which each needs the ones before. */
function stepsOf(target: Target, stacks: Stack[], yes: boolean): Step[] {
  const { project, environment } = target;
  const account = `an administrator of the AWS account ${environment.account}`;
  const stackOf = (domain: string) => stacks.find((stack) => stack.domain === domain);
  const [access, foundation] = [stackOf(ACCESS), stackOf(FOUNDATION)];
  const pipeline = `the pipeline of ${stackId({ domain: FOUNDATION, environment: environment.name })}, or ${account}`;
  const deployed = stacks.filter(({ domain }) => domain !== ACCESS);
  const steps = [
    bucketStep(target),
    workspacesStep(stacks, project.state.kind === "hcp"),
    access && rolesStep(access, { who: `${account}, with the right to manage IAM`, yes }),
    foundation && rolesStep(foundation, { who: pipeline, yes }),
    project.github && githubEnvironmentsStep(project, deployed),
    ...hindranceSteps(target, deployed),
  ];
  return steps.filter((step) => step !== undefined);
}

/**
 * Shows what is missing, asks, and does it. The command fails if one of these steps fails, or if it cannot ask; not if something is
 * left that only others can do.
 * @returns what people have to do
 */
async function doSteps(steps: Step[], { yes, signal }: { yes: boolean; signal: AbortSignal }): Promise<Finding[]> {
  const findings = await survey(steps);
  const possible = findings.filter(({ step, isUnknown }) => step.perform && !isUnknown);
  if (possible.length === 0) return findings;
  if (!yes && !process.stdin.isTTY) {
    process.stdout.write("\nNothing was changed, because there is no terminal to ask in. Pass --yes to do what this command can do.\n");
    process.exitCode = 1;
    return findings;
  }
  if (!yes && !(await isConfirmed(`Do what is missing: ${possible.map(({ step }) => step.what).join("; ")}?`, signal))) return findings;
  const { left, hasFailed } = await performAll(findings, signal);
  if (hasFailed) process.exitCode = 1;
  return left;
}

function printEnd(left: Finding[], { project, environment }: Target): void {
  printWhatIsLeft(left);
  const access = stackId({ domain: ACCESS, environment: environment.name });
  const needs = hasDeployRoles(project) || environment.operators ? ` From then on only ${access} needs them.` : "";
  process.stdout.write(
    [
      "",
      left.length === 0
        ? `${environment.name} has everything for its first deployment.`
        : `${left.length} step(s) are left. Run the command again afterwards.`,
      `Then give up the administrator's rights: end the session, and delete access keys that were made for it.${needs}`,
      "",
    ].join("\n"),
  );
}
