import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/**
 * A new folder, which is removed after all tests of the file.
 * @param files the texts of the files in it, by path
 */
export function temporaryFolder(files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "test-"));
  folders.push(folder);
  writeFiles(folder, files);
  return folder;
}

/** Writes files by path, and creates their folders. */
export function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Runs a synchronous function with this working directory. */
export function inFolder<Result>(folder: string, action: () => Result): Result {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return action();
  } finally {
    process.chdir(before);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests read any property of a JSON file
export function readJson(file: string): any {
  return JSON.parse(readFileSync(file, "utf8"));
}
