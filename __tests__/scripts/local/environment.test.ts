import { ignoreShellSettings } from "../../../scripts/local/environment";

afterEach(() => jest.restoreAllMocks());

/** The environment of a shell with these variables, after a command for the local AWS has begun. */
function environmentAfter(variables: Record<string, string>): NodeJS.ProcessEnv {
  jest.replaceProperty(process, "env", { ...variables });
  ignoreShellSettings();
  return process.env;
}

test.each([
  ["AWS_PROFILE", "an account of its own"],
  ["AWS_SESSION_TOKEN", "a session of a real account"],
  ["AWS_ROLE_ARN", "a role of a real account"],
  ["AWS_WEB_IDENTITY_TOKEN_FILE", "the identity of a pipeline"],
  ["AWS_ENDPOINT_URL", "another endpoint"],
  ["AWS_ENDPOINT_URL_SSM", "another endpoint for one service"],
  ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS itself"],
  ["AWS_USE_FIPS_ENDPOINT", "an endpoint that the SDK refuses together with another one"],
  ["AWS_USE_DUALSTACK_ENDPOINT", "AWS itself"],
  ["TF_WORKSPACE", "another state"],
  ["TF_DATA_DIR", "one folder for the plugins and backends of all stacks"],
  ["TF_CLI_ARGS_apply", "a destroy instead of an apply"],
  ["TF_CLI_ARGS", "any option"],
])("a command for the local AWS ignores the shell's %s, which would lead to %s", (name) => {
  expect(environmentAfter({ [name]: "x" })).not.toHaveProperty(name);
});

test("it finds no credentials and settings in the home folder or on the machine", () => {
  expect(environmentAfter({})).toEqual({
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  });
});

test("it keeps the variables that say where programs and the provider are", () => {
  const kept = { PATH: "/bin", TERRAFORM_BINARY_NAME: "tofu", TF_CLI_CONFIG_FILE: "/etc/tf.rc", TF_PLUGIN_CACHE_DIR: "/cache" };
  expect(environmentAfter(kept)).toMatchObject(kept);
});
