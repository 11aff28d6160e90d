/**
 * Replaces `@aws-sdk/credential-provider-node` in every bundle (`shared/synth/bundling/esbuild.ts`), because Lambda provides
 * credentials in environment variables. The other ways to find credentials are a quarter of the code of a bundle.
 */
export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";
