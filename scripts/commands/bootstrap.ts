import { S3 } from "@aws-sdk/client-s3";
import config from "../../project.config";
import { UserError } from "../../shared/errors";
import { kmsAliasArn, stackId, stateBucket, WORKSPACES_STACK } from "../../shared/naming";
import { loadProject } from "../../shared/stack/config";
import { checkAccount } from "../aws/account";
import { makeStateBucket } from "../aws/state-bucket";
import { runCommand } from "../cli/command";
import { isConfirmed, requireTerminal } from "../cli/confirm";

const HELP = `
npm run bootstrap -- <environment>

Makes what the first deployment of an environment needs, in the AWS account of your credentials: the
bucket for the Terraform state, with encryption, versioning, TLS only and no public access. With
HCP Terraform, only the first environment can need one, for the state of the stack "workspaces".
Terraform does not manage the bucket. Run it again at any time: it says what is there already, and changes only what is not as
it must be.

  --yes   do not ask for confirmation`;

void runCommand(
  { help: HELP, options: { yes: { type: "boolean" } }, positionals: { min: 1, max: 1 } },
  async ({ positionals: [name = ""], options, signal }) => {
    const { environments, region, state, name: project } = loadProject(config);
    const environment = environments.find((each) => each.name === name);
    if (!environment) {
      const known = environments.map((each) => each.name).join(", ");
      throw new UserError(`There is no environment "${name}" in project.config.ts. Its environments are: ${known}.`);
    }
    const isForWorkspaces = state.kind === "hcp" && state.workspacesState === "s3" && environment === environments[0];
    if (state.kind !== "s3" && !isForWorkspaces) {
      throw new UserError(`state.kind in project.config.ts is "${state.kind}", which needs no bucket in ${name}. Nothing was changed.`);
    }
    if (!options.yes) requireTerminal();
    const { account } = environment;
    await checkAccount({ stack: stackId({ domain: "shared", environment: name }), account, region });
    const bucket = stateBucket({ project, environment: name, account });
    const message = `Make the bucket ${bucket} for the Terraform state of ${name}, or complete it?`;
    if (!options.yes && !(await isConfirmed(message, signal))) return;
    const alias = state.kind === "s3" ? state.kmsKeyAlias : undefined;
    const kmsKey = alias && kmsAliasArn({ region, account }, alias);
    await makeStateBucket(new S3({ region, followRegionRedirects: false }), { name: bucket, account, region, kmsKey }, ({ what, status }) =>
      process.stdout.write(`✔ ${what}: ${status}\n`),
    );
    process.stdout.write(`\nNext: ${isForWorkspaces ? `npx cdktf deploy ${WORKSPACES_STACK}` : `npm run deploy -- shared-${name}`}\n`);
  },
);
