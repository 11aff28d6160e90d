import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { S3 } from "@aws-sdk/client-s3";
import { ARTIFACT, type Stack, terraformBlock } from "../artifact/artifact";
import { parseJson } from "../cli/json";
import { statePath } from "../local/files";
import { workspaceStateVersion } from "./hcp";

/** Which state of a stack it is. Terraform gives every state it creates a lineage, and increases the serial with each change. */
export interface StateVersion {
  /** Undefined in HCP Terraform, which does not tell it. */
  lineage?: string;
  serial: number;
}

/** A state that was found. */
export interface FoundState extends StateVersion {
  /** Whether it has resources. Undefined in HCP Terraform. */
  hasResources?: boolean;
}

/**
 * The version of a stack's state, or undefined if it has none yet. It reads the state itself, because Terraform takes a second for each
 * stack to do so.
 * @param place whether the stack is on the local AWS, where it has another state, and the profile of the AWS CLI with its credentials
 */
export async function stateVersion(
  stack: Stack,
  { isLocal, profile }: { isLocal: boolean; profile?: string },
): Promise<FoundState | undefined> {
  if (isLocal) return versionIn(readIfExists(statePath(stack)));
  const { backend = {}, cloud } = terraformBlock(stack);
  if (cloud) return workspaceStateVersion(cloud);
  const workspace = process.env.TF_WORKSPACE || "default";
  if (backend.s3) return versionIn(await readObject(new S3({ region: backend.s3.region, profile }), backend.s3, workspace));
  // Terraform finds a relative path from the folder of the stack in the artifact. A rollback has the stack elsewhere.
  const { path = "", workspace_dir: workspaces = "" } = backend.local ?? {};
  const file = workspace === "default" ? path : join(workspaces, workspace, "terraform.tfstate");
  return versionIn(readIfExists(resolve(ARTIFACT, "stacks", stack.stack, file)));
}

function versionIn(state: string | undefined): FoundState | undefined {
  const { lineage, serial, resources = [] } = parseJson(state) ?? {};
  if (typeof serial !== "number") return undefined;
  return { lineage, serial, hasResources: (resources as { mode: string }[]).some(({ mode }) => mode === "managed") };
}

function readIfExists(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** @see https://developer.hashicorp.com/terraform/language/backend/s3 for the keys of workspaces */
async function readObject(s3: S3, { bucket, key }: S3Backend, workspace: string): Promise<string | undefined> {
  const Key = workspace === "default" ? key : `env:/${workspace}/${key}`;
  try {
    const { Body } = await s3.getObject({ Bucket: bucket, Key });
    return await Body?.transformToString();
  } catch (error) {
    if ((error as Error).name === "NoSuchKey" || (error as Error).name === "NoSuchBucket") return undefined;
    throw error;
  }
}

interface S3Backend {
  bucket: string;
  key: string;
}
