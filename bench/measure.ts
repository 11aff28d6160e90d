import { writeFileSync } from "node:fs";

/** Loaded into a synth by `--import`. When the process ends, it writes this to `measured.json` in the current folder. */
export interface Measured {
  /** The time that the synth waited for bundles, in ms. Plain CDKTF does not measure it. */
  bundling?: number;
}

process.on("exit", () => {
  const waits = performance.getEntriesByName("bundling", "measure").map(({ duration }) => duration);
  const bundling = waits.length === 0 ? undefined : waits.reduce((sum, wait) => sum + wait);
  writeFileSync("measured.json", JSON.stringify({ bundling } satisfies Measured));
});
