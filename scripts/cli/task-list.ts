import { Listr } from "listr2";

/** Tasks that run side by side and show how far they are; one that fails leaves the others alone. In a log, a line when each begins and ends. */
export function taskList(concurrent: number) {
  // Listr would end the process at Ctrl-C, before Terraform has written its state.
  return new Listr([], { concurrent, exitOnError: false, registerSignalListeners: false });
}
