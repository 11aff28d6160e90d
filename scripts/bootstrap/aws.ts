import { IAM } from "@aws-sdk/client-iam";
import { Lambda } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { SNS } from "@aws-sdk/client-sns";
import { SSM } from "@aws-sdk/client-ssm";
import { STS } from "@aws-sdk/client-sts";
import { FOUNDATION, kmsAliasArn, resourceName, stateBucket } from "../../shared/naming";
import { arnPrefix, isSampleAccount } from "../../shared/stack/config";
import { tokenIssuers } from "../../shared/stack/deployer";
import type { Stack } from "../artifact/artifact";
import { secretsWithoutValue } from "../aws/secret-values";
import { LOCAL_MARK } from "../aws/shell";
import { makeStateBucket, missingFromStateBucket } from "../aws/state-bucket";
import { addToEnvironment } from "./project-config";
import type { Step, Target } from "./step";

/** New accounts can have a limit of 10, of which one queue that has work takes most. */
const ENOUGH_CONCURRENCY = 100;

const administrator = ({ environment }: Target) => `an administrator of the AWS account ${environment.account}`;

/** Credentials for the account, which is the project's own. */
export function accountStep({ project, environment }: Target): Step {
  const { account, name } = environment;
  let isWrong = false;
  return {
    what: `credentials for the account ${account} of ${name}`,
    who: `you, with the credentials of ${administrator({ project, environment })}`,
    missing: async () => {
      isWrong = isSampleAccount(account) && !process.env[LOCAL_MARK];
      if (isWrong) return "the account is the template's";
      const { Account } = await new STS({ region: project.region }).getCallerIdentity({});
      isWrong = Account !== account;
      return isWrong ? `the credentials of this shell belong to account ${Account}` : undefined;
    },
    // Without them nothing of the account can be seen, and with those of another one everything would be made there.
    mustStop: () => true,
    byHand: () => [
      isSampleAccount(account)
        ? `Write the number of the account of ${name} into project.config.ts.`
        : "Set AWS_PROFILE, or run aws sso login, and run this command again.",
    ],
  };
}

/** The bucket for the state. Undefined if the kind of state needs none in this environment. */
export function bucketStep({ project, environment }: Target): Step | undefined {
  const { state, region } = project;
  const isForWorkspaces = state.kind === "hcp" && state.workspacesState === "s3" && environment === project.environments[0];
  if (state.kind !== "s3" && !isForWorkspaces) return undefined;
  const { account } = environment;
  const alias = state.kind === "s3" ? state.kmsKeyAlias : undefined;
  const bucket = {
    name: stateBucket({ project: project.name, environment: environment.name, account }),
    account,
    region,
    kmsKey: alias && kmsAliasArn({ region, account }, alias),
  };
  const s3 = new S3({ region, followRegionRedirects: false });
  return {
    what: `the bucket ${bucket.name} for the Terraform state`,
    who: `${administrator({ project, environment })}, with s3:CreateBucket and the right to change its settings`,
    missing: async () => {
      const missing = await missingFromStateBucket(s3, bucket);
      if (missing.length === 0) return undefined;
      return missing[0] === `the bucket ${bucket.name}` ? "it does not exist" : `it lacks ${missing.join(", ")}`;
    },
    perform: () => makeStateBucket(s3, bucket),
    byHand: () => [`npm run bootstrap -- ${environment.name}`],
  };
}

/** OIDC providers that the account has already: an account can have only one for each service. */
export function providerSteps(target: Target): Step[] {
  const { project, environment } = target;
  const iam = new IAM({ region: project.region });
  return tokenIssuers(project).map(({ host, audience }) => {
    const arn = `${arnPrefix(project)}:iam::${environment.account}:oidc-provider/${host}`;
    const isConfigured = () => environment.existingOidcProviders?.includes(host) ?? false;
    let isOthers = false;
    return {
      what: `the OIDC provider ${host} in ${environment.account}`,
      who: `${administrator(target)}, with iam:GetOpenIDConnectProvider and iam:AddClientIDToOpenIDConnectProvider`,
      missing: async () => {
        const found = await iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn: arn }).catch((error: Error) => {
          if (/^NoSuchEntity/.test(error.name)) return undefined;
          throw error;
        });
        if (!found && isConfigured()) return "it does not exist, but existingOidcProviders in project.config.ts says that it does";
        if (!found) return undefined; // The stack "access" creates it.
        isOthers = !found.Tags?.some(({ Key, Value }) => Key === "project" && Value === project.name);
        if (isOthers && !isConfigured()) return "it exists already, and this project did not create it";
        return found.ClientIDList?.includes(audience) ? undefined : `it does not accept the audience ${audience}`;
      },
      perform: async () => {
        if (isOthers && !isConfigured()) {
          addToEnvironment(environment.name, "existingOidcProviders", [host]);
          environment.existingOidcProviders = [host];
        }
        await iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn: arn, ClientID: audience });
      },
      byHand: () => [
        `In project.config.ts, environment ${environment.name}: existingOidcProviders: ["${host}"] if somebody else manages it.`,
        `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${arn} --client-id ${audience}`,
      ],
    };
  });
}

/** What would make the first deployments fail, or leave their alarms unheard. */
export function hindranceSteps(target: Target, stacks: Stack[]): Step[] {
  const { project, environment } = target;
  const { region } = project;
  return [
    {
      what: `Lambda's concurrency in ${environment.account}`,
      who: `${administrator(target)}, with servicequotas:RequestServiceQuotaIncrease`,
      missing: async () => {
        const { AccountLimit } = await new Lambda({ region }).getAccountSettings({});
        const limit = AccountLimit?.ConcurrentExecutions ?? ENOUGH_CONCURRENCY;
        return limit >= ENOUGH_CONCURRENCY
          ? undefined
          : `the account is new, and at most ${limit} lambdas run at once, of all domains together`;
      },
      byHand: () => [
        `aws service-quotas request-service-quota-increase --region ${region} --service-code lambda --quota-code L-B99A9384 --desired-value 1000`,
      ],
    },
    {
      what: `the subscription of ${environment.alarmEmail ?? "nobody"} to the alarms`,
      who: `the recipient of ${environment.alarmEmail}`,
      missing: async () => {
        if (!environment.alarmEmail) return undefined;
        const topic = resourceName({ project: project.name, domain: FOUNDATION, environment: environment.name }, "alarms");
        const TopicArn = `${arnPrefix(project)}:sns:${region}:${environment.account}:${topic}`;
        const { Subscriptions = [] } = await new SNS({ region }).listSubscriptionsByTopic({ TopicArn }).catch((error: Error) => {
          // Before the foundation is deployed, there is no topic.
          if (/NotFound/.test(error.name)) return { Subscriptions: [] };
          throw error;
        });
        const isPending = Subscriptions.some(({ SubscriptionArn }) => SubscriptionArn === "PendingConfirmation");
        return isPending ? "it is not confirmed, so nobody gets the alarms" : undefined;
      },
      byHand: () => ["Open the message of AWS with the subject “AWS Notification - Subscription Confirmation”, and confirm."],
    },
    ...stacks
      .filter(({ secrets }) => secrets.length > 0)
      .map((stack): Step => {
        let names: string[] = [];
        return {
          what: `the secrets of ${stack.stack}`,
          who: "an operator of the environment, with ssm:PutParameter on the secrets of the domain",
          missing: async () => {
            names = (await secretsWithoutValue(new SSM({ region }), stack)).map(({ name }) => name);
            return names.length === 0 ? undefined : `no value for ${names.join(", ")}`;
          },
          byHand: () => names.map((name) => `npm run secret -- ${stack.stack} ${name}`),
        };
      }),
  ];
}
