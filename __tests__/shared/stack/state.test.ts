import { domainClass, project, stackProps, synthDomain, testApp } from "../../harness/synth";

/** Creates a stack of a project whose `state` in project.config.ts is this. */
function createStack(state: object) {
  const Stack = domainClass(() => {});
  return new Stack(testApp(), "sample", { ...stackProps(), project: { ...project, state: state as typeof project.state } });
}

test("the state `local` is a file in the folder .state of the clone", () => {
  const { terraform } = synthDomain(() => {}).json;
  expect(terraform.backend).toEqual({ local: { path: "../../../.state/sample-int.tfstate", workspace_dir: "../../../.state/sample-int" } });
});

test("the backend depends on the configuration: a kind of state without a backend is rejected", () => {
  expect(() => createStack({ kind: "local" })).not.toThrow();
  expect(() => createStack({ kind: "floppy" })).toThrow('shared/stack/state.ts has no backend for state.kind "floppy".');
});
