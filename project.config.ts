import type { ProjectConfig } from "./shared/stack/config";

/**
 * The configuration that you edit to make this clone your own. `shared/stack/config.ts` explains every field.
 * An invalid value is reported before anything is built.
 */
export default {
  name: "shop",
  region: "eu-west-1",
  repository: "your-organization/your-repository",
  github: { ownerId: "0", repositoryId: "0" },
  runtime: "nodejs22.x",
  state: { kind: "local" },
  entryDomain: "checkout",
  environments: [
    {
      name: "int",
      account: "111111111111",
      network: { cidr: "10.10.0.0/16", zones: 2, nat: "none", interfaceEndpoints: [] },
      logRetentionDays: 14,
      alarmEmail: "alarms@example.com",
      protectData: false,
    },
    {
      name: "live",
      account: "222222222222",
      network: { cidr: "10.20.0.0/16", zones: 3, nat: "none", interfaceEndpoints: [] },
      logRetentionDays: 90,
      alarmEmail: "alarms@example.com",
      protectData: true,
    },
  ],
} satisfies ProjectConfig;
