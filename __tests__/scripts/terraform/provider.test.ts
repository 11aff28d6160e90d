import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fakeProgram } from "../../harness/fake-program";
import { type FakeTerraform, onMachine, providerMirror } from "../../harness/fake-terraform";
import { artifactFiles, stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

const PROVIDER = "registry.terraform.io/hashicorp/aws";
/** The artifact of a project. A download needs it, because Terraform downloads the provider for a stack. */
const artifact = Object.fromEntries(
  Object.entries(artifactFiles([stackOf("shared-int")])).map(([path, content]) => [`cdktf.out/${path}`, content]),
);

/** The CLI configuration that Terraform would use. */
function cliConfig({ terraformEnvironment }: FakeTerraform): string {
  return readFileSync(terraformEnvironment().TF_CLI_CONFIG_FILE ?? "", "utf8");
}

const folderAtStart = process.cwd();
let output: jest.SpyInstance;
beforeEach(() => {
  output = jest.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
  process.chdir(folderAtStart);
});

describe("the Terraform program", () => {
  const mirror = { TERRAFORM_PROVIDER_MIRROR: "" };

  test("that is missing is an error with its name and the page to install it from", () => {
    const { terraformEnvironment } = onMachine({ variables: { TERRAFORM_BINARY_NAME: "terraform-of-nowhere" } });
    expect(terraformEnvironment).toThrow(/terraform-of-nowhere/);
    expect(terraformEnvironment).toThrow(/1\.10.*https:\/\/\S*terraform\/install/);
  });

  test("that does not work is an error with its own reason, such as that of a version manager", () => {
    const script = "echo 'No installed version of terraform matches 1.11' >&2; exit 126";
    const { file } = fakeProgram("terraform", script);
    const { terraformEnvironment } = onMachine({ variables: { TERRAFORM_BINARY_NAME: file } });
    expect(terraformEnvironment).toThrow(/No working[\s\S]*It printed:\nNo installed version of terraform matches 1\.11/);
  });

  test("can be a wrapper that prints lines before and after the JSON", () => {
    const { file } = fakeProgram("terraform", `echo '{using} 1.11.0'; echo '{"terraform_version":"1.11.0"}'; echo 'took 1 s'`);
    const variables = { TERRAFORM_BINARY_NAME: file, TERRAFORM_PROVIDER_MIRROR: providerMirror() };
    expect(onMachine({ variables }).terraformEnvironment).not.toThrow();
  });

  test("is terraform if TERRAFORM_BINARY_NAME is empty", () => {
    expect(onMachine({ variables: { TERRAFORM_BINARY_NAME: "" } }).TERRAFORM).toBe("terraform");
  });

  test.each([
    ["/home/tofu/bin/terraform", "registry.terraform.io"],
    ["/home/me/bin/tofu", "registry.opentofu.org"],
  ])("%s installs its provider from %s: the name of the program decides, and not the name of a folder", (program, registry) => {
    const folder = temporaryFolder();
    const file = join(folder, program);
    mkdirSync(dirname(file), { recursive: true });
    renameSync(fakeProgram("any", `echo '{"terraform_version":"1.11.0"}'`).file, file);
    const { terraformEnvironment } = onMachine({
      variables: { TERRAFORM_BINARY_NAME: file, TERRAFORM_PROVIDER_MIRROR: temporaryFolder() },
    });
    expect(terraformEnvironment).toThrow(`${registry}/hashicorp/aws`);
  });

  test.each(["1.9.8", "0.15.5"])("of version %s is too old, and the error names that version and the oldest that works", (version) => {
    const { terraformEnvironment } = onMachine({ version, variables: mirror });
    expect(terraformEnvironment).toThrow(new RegExp(`${version.replaceAll(".", "\\.")}.*1\\.10`));
  });

  test.each(["1.10.0", "1.11.4", "2.0.0"])("of version %s works", (version) => {
    const { terraformEnvironment } = onMachine({ version, variables: { TERRAFORM_PROVIDER_MIRROR: providerMirror() } });
    expect(terraformEnvironment).not.toThrow();
  });
});

describe("the provider", () => {
  test("comes from the mirror that TERRAFORM_PROVIDER_MIRROR names, and never from the registry", () => {
    const mirror = providerMirror();
    const config = cliConfig(onMachine({ variables: { TERRAFORM_PROVIDER_MIRROR: mirror } }));
    expect(config).toMatch(new RegExp(`filesystem_mirror \\{[^}]*"${mirror}"[^}]*"${PROVIDER}"`));
    expect(config).toMatch(new RegExp(`direct \\{[^}]*exclude[^}]*"${PROVIDER}"`));
  });

  test.each(["terraform.d/plugins", "home/.terraform.d/plugins", "home/.local/share/terraform/plugins"])(
    "comes from %s, an implied mirror of Terraform's documentation",
    (folder) => {
      const machine = onMachine({ files: { [`${folder}/${PROVIDER}/5.100.0/provider`]: "" } });
      expect(cliConfig(machine)).toContain(JSON.stringify(join(machine.project, folder)));
      expect(machine.calls()).toEqual([]);
    },
  );

  test("comes from the mirror even if npm run local:env has set TF_CLI_CONFIG_FILE to the file that an earlier command wrote", () => {
    const machine = onMachine({ files: { ".build/terraform.rc": "", [`terraform.d/plugins/${PROVIDER}/5.100.0/provider`]: "" } });
    process.env.TF_CLI_CONFIG_FILE = join(machine.project, ".build/terraform.rc");
    expect(cliConfig(machine)).toContain(JSON.stringify(join(machine.project, "terraform.d/plugins")));
    expect(machine.calls()).toEqual([]);
  });

  test("comes from the named mirror rather than from an implied one", () => {
    const mirror = providerMirror();
    const files = { [`terraform.d/plugins/${PROVIDER}/5.100.0/provider`]: "" };
    expect(cliConfig(onMachine({ files, variables: { TERRAFORM_PROVIDER_MIRROR: mirror } }))).toContain(mirror);
  });

  test("that is not in the folder of TERRAFORM_PROVIDER_MIRROR is an error with the folder and the provider", () => {
    const empty = temporaryFolder();
    const { terraformEnvironment } = onMachine({ variables: { TERRAFORM_PROVIDER_MIRROR: empty } });
    expect(terraformEnvironment).toThrow(empty);
    expect(terraformEnvironment).toThrow(/TERRAFORM_PROVIDER_MIRROR.*hashicorp\/aws/);
  });

  test("is downloaded once for all stacks and all later commands", () => {
    const script = `[ "$1" = init ] && mkdir -p "$TF_PLUGIN_CACHE_DIR/${PROVIDER}/5.100.0"`;
    const machine = onMachine({ script, files: artifact });
    const first = cliConfig(machine);
    expect(cliConfig(machine)).toBe(first);
    expect(machine.calls()).toHaveLength(1);
    expect(first).toContain(JSON.stringify(join(machine.project, ".build/providers")));
    expect(output).toHaveBeenCalledWith(expect.stringMatching(/download/i));
  });

  test("is not kept when its download fails", () => {
    const script = `mkdir -p "$TF_PLUGIN_CACHE_DIR/${PROVIDER}/5.100.0"; echo "no such host" >&2; exit 1`;
    const { terraformEnvironment, project } = onMachine({ script, files: artifact });
    expect(terraformEnvironment).toThrow(/TERRAFORM_PROVIDER_MIRROR.*no such host/s);
    expect(existsSync(join(project, ".build/providers", PROVIDER))).toBe(false);
  });
});

describe("the user's own CLI configuration", () => {
  const script = `[ "$1" = init ] && mkdir -p "$TF_PLUGIN_CACHE_DIR/${PROVIDER}/5.100.0"`;

  test("in TF_CLI_CONFIG_FILE stays in force with its tokens, even if there is an implied mirror", () => {
    const own = join(temporaryFolder({ "own.rc": "" }), "own.rc");
    const files = { ...artifact, [`terraform.d/plugins/${PROVIDER}/5.100.0/provider`]: "" };
    const { terraformEnvironment } = onMachine({ script, files, variables: { TF_CLI_CONFIG_FILE: own } });
    expect(terraformEnvironment().TF_CLI_CONFIG_FILE).toBe(own);
  });

  test("in the home folder stays in force", () => {
    const { terraformEnvironment } = onMachine({ script, files: { ...artifact, "home/.terraformrc": "" } });
    expect(terraformEnvironment().TF_CLI_CONFIG_FILE).toBeUndefined();
  });

  test("still shares one download between all stacks", () => {
    const { terraformEnvironment, calls, project } = onMachine({ script, files: { ...artifact, "home/.terraformrc": "" } });
    expect([terraformEnvironment(), terraformEnvironment()].map((each) => each.TF_PLUGIN_CACHE_DIR)).toEqual(
      Array(2).fill(join(project, ".build/providers")),
    );
    expect(calls()).toHaveLength(1);
  });

  test("is not used if TERRAFORM_PROVIDER_MIRROR names a mirror", () => {
    const mirror = providerMirror();
    const machine = onMachine({ files: { "home/.terraformrc": "" }, variables: { TERRAFORM_PROVIDER_MIRROR: mirror } });
    expect(cliConfig(machine)).toContain(mirror);
  });

  test("that does not exist is ignored", () => {
    const machine = onMachine({ script, files: artifact, variables: { TF_CLI_CONFIG_FILE: join(temporaryFolder(), "gone.rc") } });
    expect(cliConfig(machine)).toContain(".build/providers");
  });
});

describe("the token of terraform login", () => {
  const login = { "home/.terraform.d/credentials.tfrc.json": '{"credentials":{"tfe-eu.example.com":{"token":"token-of-login"}}}' };
  const mirror = { TERRAFORM_PROVIDER_MIRROR: providerMirror() };

  test("reaches Terraform as a variable, because it does not read the file beside another CLI configuration", () => {
    const { terraformEnvironment } = onMachine({ variables: mirror, files: login });
    expect(terraformEnvironment().TF_TOKEN_tfe__eu_example_com).toBe("token-of-login");
  });

  test("does not replace a token of the shell", () => {
    const { terraformEnvironment } = onMachine({
      variables: { ...mirror, TF_TOKEN_tfe__eu_example_com: "token-of-the-shell" },
      files: login,
    });
    expect(terraformEnvironment().TF_TOKEN_tfe__eu_example_com).toBe("token-of-the-shell");
  });
});
