import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const made: string[] = [];

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/**
 * A fresh folder that goes when the file's tests are over.
 * @param files their texts by path
 */
export function temporaryFolder(files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "test-"));
  made.push(folder);
  writeFiles(folder, files);
  return folder;
}

/** Writes files, and the folders they lie in. */
export function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Runs `action` as if the process had been started in that folder. */
export function inFolder<Result>(folder: string, action: () => Result): Result {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return action();
  } finally {
    process.chdir(before);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into files wherever they like
export function readJson(file: string): any {
  return JSON.parse(readFileSync(file, "utf8"));
}
