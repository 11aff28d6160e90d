import { writeFileSync } from "node:fs";

/** What a measured process says of itself when it ends, in `measured.json` of its folder. */
export interface Measured {
  /** Time that the synth waits for bundles, in ms; plain CDKTF has none apart. */
  bundling?: number;
}

process.on("exit", () => {
  const waits = performance.getEntriesByName("bundling", "measure").map(({ duration }) => duration);
  const bundling = waits.length === 0 ? undefined : waits.reduce((sum, wait) => sum + wait);
  writeFileSync("measured.json", JSON.stringify({ bundling } satisfies Measured));
});
