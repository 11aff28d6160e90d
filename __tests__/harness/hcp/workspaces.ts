import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../temporary-folder";
import { ApiError, existing, type Resource } from "./documents";

/** Where the Terraform of a workspace runs: on the server, or where somebody calls it. */
export type Execution = "remote" | "local";

/** A workspace of the organization. Its name is its id, too. */
export interface Workspace {
  /** The name in the `cloud` block of a configuration. */
  name: string;
  /** Where its Terraform runs. */
  execution: Execution;
  /** The file with the latest state. Before the first one, it does not exist. */
  stateFile: string;
  /** Undefined when nobody has locked it. */
  lock?: Lock;
}

/** The lock of a workspace. */
export interface Lock {
  /** The user or the run that has locked it. */
  holder: Resource;
  /** What the holder says about it. */
  reason?: string;
}

/** A user as the holder of a lock. */
export function userHolder(username: string): Resource {
  return { id: `user-${username}`, type: "users", attributes: { username } };
}

/** The workspaces of the organization, with their locks and states. Every method throws an ApiError if there is no such workspace. */
export class Workspaces {
  private readonly byName = new Map<string, Workspace>();
  private readonly folder = temporaryFolder();

  /** Creates a workspace without a state. */
  create(name: string, execution: Execution): Workspace {
    const workspace = { name, execution, stateFile: join(this.folder, `${name}.tfstate`) };
    this.byName.set(name, workspace);
    return workspace;
  }

  /** The names of all workspaces. */
  names(): string[] {
    return [...this.byName.keys()];
  }

  /** The workspace with this name. */
  get(name: string): Workspace {
    return existing(this.byName.get(name));
  }

  /** @throws ApiError when it is locked already */
  lock(name: string, lock: Lock): Workspace {
    const workspace = this.get(name);
    if (workspace.lock) throw new ApiError(409, `The workspace ${name} is locked by ${workspace.lock.holder.id}.`);
    workspace.lock = lock;
    return workspace;
  }

  /** @throws ApiError when this user or run has not locked it */
  requireLock(name: string, { id }: Resource): void {
    if (this.get(name).lock?.holder.id !== id) throw new ApiError(409, `The workspace ${name} is not locked by ${id}.`);
  }

  /** Removes the lock, whoever holds it. */
  unlock(name: string): Workspace {
    const workspace = this.get(name);
    workspace.lock = undefined;
    return workspace;
  }

  /** The text of the latest state, or undefined if there is none. */
  stateOf(name: string): string | undefined {
    const { stateFile } = this.get(name);
    return existsSync(stateFile) ? readFileSync(stateFile, "utf8") : undefined;
  }

  /** Replaces the state. */
  writeState(name: string, state: Buffer): void {
    writeFileSync(this.get(name).stateFile, state);
  }
}
