import { createHash } from "node:crypto";
import { join } from "node:path";
import type { SynthesizedStack } from "../../conventions/convention";
import { Foundation } from "../../shared/foundation/foundation";
import { Bundles } from "../../shared/stack/bundles";
import { synthesize } from "../../shared/synth/synthesize";
import { stacksOf } from "./clone";
import { defineSample, SAMPLE, SAMPLE_LAMBDAS } from "./sample-domain";
import { domainClass, live, project, testApp } from "./synth";

/**
 * Two stacks that obey every convention, for its counter-examples: the foundation (`shared`) and a domain (`sample`),
 * in an environment that protects data.
 * @param folder the name of the domain's folder, if the domain was renamed since it was deployed as `sample`
 */
export function synthSpecimens(folder = SAMPLE): SynthesizedStack[] {
  const app = testApp();
  const bundles = stubBundles(folder);
  const props = { project: { ...project, entryDomain: folder }, environment: live, bundles };
  const Stack = class extends domainClass(defineSample) {
    static override readonly formerly = folder === SAMPLE ? undefined : SAMPLE;
  };
  new Stack(app, folder, props);
  new Foundation(app, "shared", props);
  synthesize(app, { ...props, domains: [{ name: folder, folder: join(__dirname, SAMPLE), Stack }], bundles });
  return stacksOf(app.outdir, project);
}

/** Bundles with the right hash, because a convention compares it. The source of `work` is a handler, that of all others is not. */
function stubBundles(folder: string): Bundles {
  const zip = Buffer.from("a zip that no convention unpacks");
  const hash = createHash("sha256").update(zip).digest("base64");
  const sourceOf = (lambda: string) => (lambda === "work" ? "__tests__/harness/handlers/work.ts" : "shared/stack/bundles.ts");
  return new Bundles(
    new Map(SAMPLE_LAMBDAS.map((lambda) => [`${folder}/${lambda}`, { zip, hash, source: sourceOf(lambda), files: [], packages: [] }])),
  );
}
