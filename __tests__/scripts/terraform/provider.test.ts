import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type FakeTerraform, onMachine, providerMirror } from "../../harness/fake-terraform";
import { artifactFiles, stackOf } from "../../harness/stacks";
import { temporaryFolder } from "../../harness/temporary-folder";

const PROVIDER = "registry.terraform.io/hashicorp/aws";
/** What is asked for when Terraform has to download. */
const artifact = Object.fromEntries(
  Object.entries(artifactFiles([stackOf("shared-int")])).map(([path, content]) => [`cdktf.out/${path}`, content]),
);

/** The text of the CLI config that Terraform would run with. */
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

describe("Terraform itself", () => {
  const mirror = { TERRAFORM_PROVIDER_MIRROR: "" };

  test("that is missing is an error with its name and where to get it", () => {
    const { terraformEnvironment } = onMachine({ variables: { TERRAFORM_BINARY_NAME: "terraform-of-nowhere" } });
    expect(terraformEnvironment).toThrow(/terraform-of-nowhere/);
    expect(terraformEnvironment).toThrow(/1\.10.*https:\/\/\S*terraform\/install/);
  });

  test.each(["1.9.8", "0.15.5"])("of version %s is too old, and the error says which it is and which is needed", (version) => {
    const { terraformEnvironment } = onMachine({ version, variables: mirror });
    expect(terraformEnvironment).toThrow(new RegExp(`${version.replaceAll(".", "\\.")}.*1\\.10`));
  });

  test.each(["1.10.0", "1.11.4", "2.0.0"])("of version %s will do", (version) => {
    const { terraformEnvironment } = onMachine({ version, variables: { TERRAFORM_PROVIDER_MIRROR: providerMirror() } });
    expect(terraformEnvironment).not.toThrow();
  });
});

describe("the provider", () => {
  test("comes from the mirror that the variable names, and the registry is not asked for it", () => {
    const mirror = providerMirror();
    const config = cliConfig(onMachine({ variables: { TERRAFORM_PROVIDER_MIRROR: mirror } }));
    expect(config).toMatch(new RegExp(`filesystem_mirror \\{[^}]*"${mirror}"[^}]*"${PROVIDER}"`));
    expect(config).toMatch(new RegExp(`direct \\{[^}]*exclude[^}]*"${PROVIDER}"`));
  });

  test.each(["terraform.d/plugins", "home/.terraform.d/plugins", "home/.local/share/terraform/plugins"])(
    "comes from %s, where Terraform's documentation has it",
    (folder) => {
      const machine = onMachine({ files: { [`${folder}/${PROVIDER}/5.100.0/provider`]: "" } });
      expect(cliConfig(machine)).toContain(JSON.stringify(join(machine.project, folder)));
      expect(machine.calls()).toEqual([]);
    },
  );

  test("comes from the mirror in a shell whose TF_CLI_CONFIG_FILE is what an earlier command wrote, as npm run local:env has it", () => {
    const machine = onMachine({ files: { ".build/terraform.rc": "", [`terraform.d/plugins/${PROVIDER}/5.100.0/provider`]: "" } });
    process.env.TF_CLI_CONFIG_FILE = join(machine.project, ".build/terraform.rc");
    expect(cliConfig(machine)).toContain(JSON.stringify(join(machine.project, "terraform.d/plugins")));
    expect(machine.calls()).toEqual([]);
  });

  test("comes from the named mirror rather than from a documented folder", () => {
    const mirror = providerMirror();
    const files = { [`terraform.d/plugins/${PROVIDER}/5.100.0/provider`]: "" };
    expect(cliConfig(onMachine({ files, variables: { TERRAFORM_PROVIDER_MIRROR: mirror } }))).toContain(mirror);
  });

  test("that is not in the folder which the variable names is an error with both", () => {
    const empty = temporaryFolder();
    const { terraformEnvironment } = onMachine({ variables: { TERRAFORM_PROVIDER_MIRROR: empty } });
    expect(terraformEnvironment).toThrow(empty);
    expect(terraformEnvironment).toThrow(/TERRAFORM_PROVIDER_MIRROR.*hashicorp\/aws/);
  });

  test("is downloaded once for all stacks, and for the commands that come after", () => {
    const script = `[ "$1" = init ] && mkdir -p "$TF_PLUGIN_CACHE_DIR/${PROVIDER}/5.100.0"`;
    const machine = onMachine({ script, files: artifact });
    const first = cliConfig(machine);
    expect(cliConfig(machine)).toBe(first);
    expect(machine.calls()).toHaveLength(1);
    expect(first).toContain(JSON.stringify(join(machine.project, ".build/providers")));
    expect(output).toHaveBeenCalledWith(expect.stringMatching(/download/i));
  });

  test("that was half downloaded is not taken for a whole one", () => {
    const script = `mkdir -p "$TF_PLUGIN_CACHE_DIR/${PROVIDER}/5.100.0"; echo "no such host" >&2; exit 1`;
    const { terraformEnvironment, project } = onMachine({ script, files: artifact });
    expect(terraformEnvironment).toThrow(/TERRAFORM_PROVIDER_MIRROR.*no such host/s);
    expect(existsSync(join(project, ".build/providers", PROVIDER))).toBe(false);
  });
});

describe("a CLI config of the user's own", () => {
  const script = `[ "$1" = init ] && mkdir -p "$TF_PLUGIN_CACHE_DIR/${PROVIDER}/5.100.0"`;

  test("named in TF_CLI_CONFIG_FILE stays in force, and its tokens with it, even where a mirror is found", () => {
    const own = join(temporaryFolder({ "own.rc": "" }), "own.rc");
    const files = { ...artifact, [`terraform.d/plugins/${PROVIDER}/5.100.0/provider`]: "" };
    const { terraformEnvironment } = onMachine({ script, files, variables: { TF_CLI_CONFIG_FILE: own } });
    expect(terraformEnvironment().TF_CLI_CONFIG_FILE).toBe(own);
  });

  test("in the home folder stays in force too", () => {
    const { terraformEnvironment } = onMachine({ script, files: { ...artifact, "home/.terraformrc": "" } });
    expect(terraformEnvironment().TF_CLI_CONFIG_FILE).toBeUndefined();
  });

  test("shares one download among all stacks all the same", () => {
    const { terraformEnvironment, calls, project } = onMachine({ script, files: { ...artifact, "home/.terraformrc": "" } });
    expect([terraformEnvironment(), terraformEnvironment()].map((each) => each.TF_PLUGIN_CACHE_DIR)).toEqual(
      Array(2).fill(join(project, ".build/providers")),
    );
    expect(calls()).toHaveLength(1);
  });

  test("yields to a mirror that is named on purpose", () => {
    const mirror = providerMirror();
    const machine = onMachine({ files: { "home/.terraformrc": "" }, variables: { TERRAFORM_PROVIDER_MIRROR: mirror } });
    expect(cliConfig(machine)).toContain(mirror);
  });

  test("that is named but missing is as if none were named", () => {
    const machine = onMachine({ script, files: artifact, variables: { TF_CLI_CONFIG_FILE: join(temporaryFolder(), "gone.rc") } });
    expect(cliConfig(machine)).toContain(".build/providers");
  });
});
