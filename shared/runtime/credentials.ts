/**
 * Takes the place of `@aws-sdk/credential-provider-node` in every bundle (shared/synth/bundling/esbuild.ts):
 * Lambda gives credentials by environment variables.
 */
export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";
