/**
 * Replaces `@aws-sdk/credential-provider-node` in every bundle (see shared/synth/bundling/esbuild.ts).
 * Lambda passes credentials in environment variables, so no other provider is needed.
 */
export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";
