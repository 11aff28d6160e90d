/** What to do about an error of the file system, by its code. */
const FIXES: Record<string, string> = {
  ENOSPC: "No space is left on the disk. Free some space",
  EDQUOT: "Your disk quota is used up. Free some space",
  EROFS: "The file system is read-only. Use a clone in a folder in which you can write",
  EACCES: "This user may not write there. Change the owner of the folder, or use a clone of your own",
  EPERM: "This user may not do that. Change the owner of the folder, or use a clone of your own",
  EMFILE: "Too many files are open. Raise the limit of the shell: ulimit -n 4096",
  EISDIR: "It is a folder, but a file is expected. Move it away",
  ENOTDIR: "It is not a folder, but a folder is expected. Move it away",
  ELOOP: "Links lead in a circle. Remove them",
  ENFILE: "Too many files are open on this machine. Stop some programs",
};

/**
 * Explains an error of the file system whose cause is the machine: a full disk, a missing permission.
 * @returns undefined for every other error
 */
export function explainFileError(error: NodeJS.ErrnoException): string | undefined {
  const fix = FIXES[error.code ?? ""];
  if (!fix || error.syscall === undefined) return undefined;
  // Of a copy, the disk that is full is the one with the destination.
  const { dest = error.path ?? "A file" } = error as { dest?: string };
  return `${dest} cannot be used (${error.syscall}: ${error.code}). ${fix}, then run the command again.`;
}
