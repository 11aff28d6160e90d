import { gitIn } from "./checkout";
import { projectCopy } from "./project-copy";
import { writeFiles } from "./temporary-folder";

/** A copy of the project with a git history of its own. */
export interface GitCopy {
  folder: string;
  /** Runs git in it. @returns what git prints */
  git: (...args: string[]) => string;
  /** Writes files, and commits everything. @returns the full id of the commit */
  commit: (message: string, files?: Record<string, string>) => string;
}

/** @param files replace and add to those of the project, in the first commit */
export function gitCopy(files: Record<string, string> = {}): GitCopy {
  const folder = projectCopy();
  const git = (...args: string[]) => gitIn(folder, ...args);
  const commit = (message: string, changed: Record<string, string> = {}) => {
    writeFiles(folder, changed);
    git("add", "--all");
    git("commit", "--quiet", "--message", message);
    return git("rev-parse", "HEAD");
  };
  git("init", "--quiet", "--initial-branch", "main");
  // In a copy, it is a link, which .gitignore does not mean.
  writeFiles(folder, { ".git/info/exclude": "node_modules\n.build\n" });
  commit("the first commit", files);
  return { folder, git, commit };
}
