import {
  GetFunctionCommand,
  LambdaClient,
  type LambdaClientConfig,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { unzipSync, zipSync } from "fflate";
import { LAMBDA_ALIAS } from "../../shared/stack-description";

/** Changes the code behind a lambda's alias `current` on the local AWS, as a deploy would, and puts the old back. */
export function deployedLambda(settings: LambdaClientConfig, FunctionName: string) {
  const client = new LambdaClient(settings);
  let before: { version: string; zip: Uint8Array; timeout?: number } | undefined;

  async function release(ZipFile: Uint8Array): Promise<void> {
    await client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
    const { Version = "" } = await client.send(new PublishVersionCommand({ FunctionName }));
    await client.send(new UpdateAliasCommand({ FunctionName, Name: LAMBDA_ALIAS, FunctionVersion: Version }));
  }

  return {
    /**
     * Puts code around the deployed handler.
     * @param wrapper an expression of `handler`, which is the deployed one
     * @param Timeout in seconds @default as deployed
     */
    async wrap(wrapper: string, Timeout?: number): Promise<void> {
      if (!before) {
        const { Code, Configuration } = await client.send(new GetFunctionCommand({ FunctionName, Qualifier: LAMBDA_ALIAS }));
        const zip = new Uint8Array(await (await fetch(Code?.Location ?? "")).arrayBuffer());
        before = { version: Configuration?.Version ?? "", zip, timeout: Configuration?.Timeout };
      }
      const { "index.mjs": code = new Uint8Array(), ...rest } = unzipSync(before.zip);
      const index = `import { handler as deployed } from "./deployed.mjs";\nexport const handler = ((handler) => ${wrapper})(deployed);\n`;
      if (Timeout) await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout }));
      await release(zipSync({ "index.mjs": Buffer.from(index), "deployed.mjs": code, ...rest }));
    },
    /** As it was, Terraform's version behind the alias. */
    async restore(): Promise<void> {
      if (!before) return;
      await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: before.timeout }));
      await client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: before.zip }));
      await client.send(new UpdateAliasCommand({ FunctionName, Name: LAMBDA_ALIAS, FunctionVersion: before.version }));
      before = undefined;
    },
  };
}
