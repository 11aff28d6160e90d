import { Listr } from "listr2";

/**
 * Tasks that run side by side and show their progress. In a log, each prints a line when it begins and when it ends.
 * A task that fails does not stop the others: its error is in `errors` of the list.
 * @param concurrent how many tasks run at the same time. They start in the order in which they are added.
 * @param isSilent whether it shows nothing, because the output of the command is for a program
 */
export function taskList(concurrent: number, isSilent = false) {
  // With its own signal listeners, Listr would exit at Ctrl-C, before Terraform has written its state.
  return new Listr([], { concurrent, exitOnError: false, registerSignalListeners: false, ...(isSilent && { renderer: "silent" }) });
}
