import { basename, dirname } from "node:path";
import type { Construct } from "constructs";
import { addFinding } from "../findings";

/** One lambda's code, ready to deploy. */
export interface Bundle {
  zip: Uint8Array;
  /** Base64 SHA-256 of the zip: what Terraform's `source_code_hash` and Lambda's `CodeSha256` hold. */
  hash: string;
  /** The handler's file, from the root of the project. */
  source: string;
}

/** Takes the place of code that did not compile, so that synth goes on and names all problems at once. */
const NOTHING: Bundle = { zip: new Uint8Array(), hash: "", source: "" };

/** All lambdas' code, by domain and name. */
export class Bundles {
  private readonly bundles = new Map<string, Bundle>();
  /** Some code did not compile; a finding says which, and a missing bundle is none of its own. */
  incomplete = false;

  /** @param sourceMaps the folder of the source maps, which are not in the zips: they change where the code does not */
  constructor(readonly sourceMaps?: string) {}

  entries(): [key: string, bundle: Bundle][] {
    return [...this.bundles];
  }

  add(key: string, bundle: Bundle): void {
    this.bundles.set(key, bundle);
  }

  /** The lambda's bundle; a lambda without a file becomes a finding of `scope`. */
  get(scope: Construct, domain: string, lambda: string): Bundle {
    const bundle = this.bundles.get(`${domain}/${lambda}`);
    if (!bundle && !this.incomplete) {
      const known = [...this.bundles.keys()].filter((key) => dirname(key) === domain).map((key) => basename(key));
      const fix = `a lambda has the name of its file, and the domain has ${known.join(", ") || "none"}`;
      addFinding(scope, `there is no domains/${domain}/lambdas/${lambda}.ts; ${fix}`);
    }
    return bundle ?? NOTHING;
  }
}
