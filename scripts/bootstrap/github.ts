import { UserError } from "../../shared/errors";
import { deployedIdentity, type StackIdentity } from "../../shared/naming";
import { isSampleAccount, namesSampleRepository, type Project } from "../../shared/stack/config";
import { githubEnvironments, isFirst } from "../../shared/stack/deployer";
import type { Stack } from "../artifact/artifact";
import { parseJson } from "../cli/json";
import { runProcess } from "../cli/process";
import { CONFIG, writeConfig } from "./project-config";
import type { Step, Target } from "./step";

interface Repository {
  id: number;
  full_name: string;
  owner: { id: number };
}

/**
 * The repository by its name and its ids. A repository that was renamed or moved has other subjects in its tokens, so that AWS would
 * refuse them.
 */
export function repositoryStep({ project, environment }: Target): Step {
  let found: Repository | undefined;
  const isTaken = () => found !== undefined && project.github !== undefined && isOther(found, project.github);
  return {
    what: "the repository in project.config.ts",
    who: "anybody who can see the repository",
    missing: async () => {
      const { github, repository } = project;
      if (!github) return undefined;
      found = (await gh<Repository>(["api", `repos/${repository}`])).answer;
      return problemWith(found, repository, github);
    },
    perform: async () => {
      if (!found || !project.github || isTaken()) return;
      const ids = { ownerId: String(found.owner.id), repositoryId: String(found.id) };
      writeConfig({ repository: found.full_name, ...ids });
      // The steps that follow use this configuration.
      Object.assign(project, { repository: found.full_name, github: { ...project.github, ...ids } });
    },
    // AWS would trust whoever owns the name.
    mustStop: () => isTaken() || (!isSampleAccount(environment.account) && namesSampleRepository(project)),
    byHand: () => [
      `gh api repos/${project.repository} --jq '"ownerId: \\(.owner.id)   repositoryId: \\(.id)   repository: \\(.full_name)"'`,
      `Write the three values into ${CONFIG}. Without gh, https://api.github.com/repos/${project.repository} shows them for a public repository.`,
      "If the name or an id changed, run this command for every environment.",
    ],
  };
}

type Github = NonNullable<Project["github"]>;

function problemWith(found: Repository, repository: string, github: Github): string | undefined {
  const { id, full_name: fullName, owner } = found;
  if (isOther(found, github)) {
    return `${repository} has the id ${id}, and ${CONFIG} has ${github.repositoryId}. Another repository has this name now. Write the name of yours`;
  }
  if (fullName !== repository) return `${repository} is called ${fullName} now`;
  if (String(id) !== github.repositoryId) return `the ids of ${repository} are missing`;
  return String(owner.id) === github.ownerId ? undefined : `${repository} has another owner`;
}

/** Whether another repository has taken over the name. Before its id is known, there is no other. */
function isOther({ id }: Repository, github: Github): boolean {
  return Number(github.repositoryId) !== 0 && String(id) !== github.repositoryId;
}

/** The environments on GitHub from which the stacks of an environment are deployed. */
export function githubEnvironmentsStep(project: Project, stacks: Stack[]): Step {
  const { repository, github } = project;
  const wanted = stacks.flatMap((stack) => environmentsOf(project, deployedIdentity(stack)));
  let lacking: GithubEnvironment[] = wanted;
  return {
    what: `the GitHub environments of ${repository}`,
    who: "an administrator of the repository (on GitHub Free, a private repository has no environments)",
    missing: async () => {
      if (!github) return undefined;
      const listed = await gh(["api", "--paginate", `repos/${repository}/environments`, "--jq", LISTED]);
      const restricted = new Map(listed.lines.map((line) => line.split(" ") as [string, string]));
      // GitHub itself creates an environment, without any rule, when a workflow names one that does not exist.
      lacking = wanted.filter(({ name, branch }) => !restricted.has(name) || (branch !== undefined && restricted.get(name) !== "true"));
      return lacking.length === 0 ? undefined : `${lacking.map(({ name }) => name).join(", ")} do not exist, or accept every branch`;
    },
    perform: async () => {
      for (const environment of lacking) for (const args of commandsFor(repository, environment)) await gh(args);
    },
    byHand: () => [
      ...lacking.flatMap((environment) => commandsFor(repository, environment).map((args) => `gh ${args.map(quoted).join(" ")}`)),
      "Who may approve a deployment is a setting of each environment on GitHub: Settings, Environments, Required reviewers.",
    ],
  };
}

/** The name of each environment, and whether it accepts only branches that are listed. */
const LISTED = '.environments[] | "\\(.name) \\(.deployment_branch_policy.custom_branch_policies // false)"';

interface GithubEnvironment {
  name: string;
  /** The only branch that may deploy from it. Undefined for the plans of pull requests. */
  branch?: string;
}

function environmentsOf(project: Project, identity: StackIdentity): GithubEnvironment[] {
  const [deploys = "", plans = ""] = githubEnvironments(identity, "plan");
  const branch = project.github?.mainBranch;
  return [
    { name: deploys, branch },
    { name: plans, branch: isFirst(project, identity.environment) ? undefined : branch },
  ];
}

/** @see https://docs.github.com/en/rest/deployments/environments */
function commandsFor(repository: string, { name, branch }: GithubEnvironment): string[][] {
  const path = `repos/${repository}/environments/${name}`;
  const policy = (field: string, value: boolean) => ["-F", `deployment_branch_policy[${field}]=${value}`];
  if (branch === undefined) return [["api", "-X", "PUT", path]];
  return [
    ["api", "-X", "PUT", path, ...policy("protected_branches", false), ...policy("custom_branch_policies", true)],
    ["api", "-X", "POST", `${path}/deployment-branch-policies`, "-f", `name=${branch}`],
  ];
}

/** Runs GitHub's own program, which has the user's login. */
async function gh<Answer>(args: string[]): Promise<{ answer: Answer; lines: string[] }> {
  const { exitCode, stdout, stderr } = await runProcess("gh", args);
  if (stderr.includes("ENOENT") && stdout === "") throw new UserError("it is not known, because gh is not installed");
  if (exitCode !== 0) throw new UserError(`it is not known, because gh failed: ${stderr.trim()}`);
  return { answer: parseJson(stdout) as Answer, lines: stdout.split("\n").filter(Boolean) };
}

function quoted(argument: string): string {
  return /^[\w./=-]+$/.test(argument) ? argument : `'${argument}'`;
}
