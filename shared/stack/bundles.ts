import { basename, dirname } from "node:path";
import type { Construct } from "constructs";
import { addFinding } from "./findings";

/** One lambda's code, ready to deploy. */
export interface Bundle {
  zip: Uint8Array;
  /** Base64 SHA-256 of the zip: what Terraform's `source_code_hash` and Lambda's `CodeSha256` hold. */
  hash: string;
  /** The handler's file, from the root of the project. */
  source: string;
}

/** Takes the place of code that is not there yet, or did not compile: so synth goes on and names all problems at once. */
export const NOTHING: Bundle = { zip: new Uint8Array(), hash: "", source: "" };

/** All lambdas' code. */
export class Bundles {
  /**
   * @param all by domain and name: `orders/record-order`
   * @param ready when all their code is there, and what is wrong with it is a finding
   * @param sourceMaps the folder of the source maps, which are not in the zips: they change where the code does not
   */
  constructor(
    readonly all: Map<string, Bundle> = new Map(),
    readonly ready: Promise<void> = Promise.resolve(),
    readonly sourceMaps?: string,
  ) {}

  /** The lambda's bundle, whose code is there once all are {@link ready}; a lambda without a file becomes a finding of `scope`. */
  get(scope: Construct, domain: string, lambda: string): Bundle {
    const bundle = this.all.get(`${domain}/${lambda}`);
    if (bundle) return bundle;
    const known = [...this.all.keys()].filter((key) => dirname(key) === domain).map((key) => basename(key));
    const fix = `a lambda has the name of its file, and the domain has ${known.join(", ") || "none"}`;
    addFinding(scope, `there is no domains/${domain}/lambdas/${lambda}.ts; ${fix}`);
    return NOTHING;
  }
}
