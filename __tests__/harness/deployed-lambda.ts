import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  DeleteFunctionCommand,
  GetFunctionCommand,
  LambdaClient,
  type LambdaClientConfig,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { unzipSync, zipSync } from "fflate";
import { readArtifact } from "../../scripts/artifact/artifact";
import { resourceName } from "../../shared/naming";
import { LAMBDA_ALIAS } from "../../shared/stack-description";

/** The zip from which the lambda was deployed. */
function zipOf(functionName: string): Uint8Array {
  const all = readArtifact().flatMap((stack) => stack.lambdas.map(({ name }) => ({ stack, name })));
  const found = all.find(({ stack, name }) => resourceName(stack, name) === functionName);
  if (!found) throw new Error(`The artifact has no lambda "${functionName}".`);
  return readFileSync(join(found.stack.folder, "lambdas", `${found.name}.zip`));
}

/** Replaces the code behind the alias `current` of a lambda on the local AWS, as a deployment does, and restores it later. */
export function deployedLambda(settings: LambdaClientConfig, FunctionName: string) {
  const client = new LambdaClient(settings);
  /** The versions that the wrapped code has. */
  let published: string[] = [];
  let before: { version: string; zip: Uint8Array; timeout?: number } | undefined;

  /** Publishes the code as a new version and moves the alias to it. */
  async function deploy(ZipFile: Uint8Array): Promise<void> {
    await client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
    const { Version = "" } = await client.send(new PublishVersionCommand({ FunctionName }));
    published.push(Version);
    await client.send(new UpdateAliasCommand({ FunctionName, Name: LAMBDA_ALIAS, FunctionVersion: Version }));
  }

  return {
    /**
     * Deploys code that wraps the deployed handler.
     * @param wrapper a JavaScript expression for the new handler. The name `handler` in it is the deployed one
     * @param Timeout of the lambda, in seconds. Unchanged when left out
     */
    async wrap(wrapper: string, Timeout?: number): Promise<void> {
      if (!before) {
        const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName, Qualifier: LAMBDA_ALIAS }));
        before = { version: Configuration?.Version ?? "", zip: zipOf(FunctionName), timeout: Configuration?.Timeout };
      }
      const { "index.mjs": code = new Uint8Array(), ...rest } = unzipSync(before.zip);
      const index = `import { handler as deployed } from "./deployed.mjs";\nexport const handler = ((handler) => ${wrapper})(deployed);\n`;
      if (Timeout) await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout }));
      await deploy(zipSync({ "index.mjs": Buffer.from(index), "deployed.mjs": code, ...rest }));
    },
    /** Restores the code, the timeout, the version behind the alias and the latest version, so that Terraform finds no difference. */
    async restore(): Promise<void> {
      if (!before) return;
      await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: before.timeout }));
      await client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: before.zip }));
      await client.send(new UpdateAliasCommand({ FunctionName, Name: LAMBDA_ALIAS, FunctionVersion: before.version }));
      for (const Qualifier of published) await client.send(new DeleteFunctionCommand({ FunctionName, Qualifier }));
      published = [];
      before = undefined;
    },
  };
}
