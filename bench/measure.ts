import { writeFileSync } from "node:fs";

/** What a measured process says of itself when it ends, in `measured.json` of its folder. */
export interface Measured {
  /** Time in `bundleLambdas`, in ms; plain CDKTF has none. */
  bundling?: number;
}

process.on("exit", () => {
  const bundling = performance.getEntriesByName("bundling", "measure")[0]?.duration;
  writeFileSync("measured.json", JSON.stringify({ bundling } satisfies Measured));
});
