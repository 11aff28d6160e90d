import { basename, dirname } from "node:path";
import type { Construct } from "constructs";
import { addFinding } from "./findings";

/** The code of one lambda. */
export interface Bundle {
  /** The zip file, as Lambda takes it. */
  readonly zip: Uint8Array;
  /** Base64 SHA-256 of the zip, as in Terraform's `source_code_hash` and Lambda's `CodeSha256`. */
  readonly hash: string;
  /** The file that exports the handler, relative to the root of the project. */
  readonly source: string;
  /** The files of the project that the code comes from, relative to its root, sorted. */
  readonly files: string[];
  /** The npm packages that the code comes from, with their versions, sorted: `zod@4.6.7`. */
  readonly packages: string[];
}

/**
 * A bundle that esbuild is still working on. Constructs are created meanwhile, and they only need the name of the source.
 * It throws when its code is read, because otherwise an empty zip or hash would go into the artifact unnoticed.
 */
export class PendingBundle implements Bundle {
  constructor(readonly source: string) {}

  get zip(): never {
    throw notReady(this);
  }

  get hash(): never {
    throw notReady(this);
  }

  get files(): never {
    throw notReady(this);
  }

  get packages(): never {
    throw notReady(this);
  }
}

function notReady({ source }: PendingBundle): Error {
  return new Error(`${source} is not bundled yet. Call "await bundles.ready" before "synthesize", as main.ts does.`);
}

/** Stands for code that does not exist or does not compile. A finding says so, and synth goes on to report all other findings. */
export function emptyBundle(source = ""): Bundle {
  return { zip: new Uint8Array(), hash: "", source, files: [], packages: [] };
}

/** The bundles of all lambdas. */
export class Bundles {
  /**
   * @param all the bundles by domain and lambda: `orders/record-order`
   * @param ready resolves when every bundle has its code; problems of the code are findings then
   * @param sourceMaps the folder of the source maps. They are not in the zips, because they can change when the code does not.
   */
  constructor(
    readonly all: Map<string, Bundle> = new Map(),
    readonly ready: Promise<void> = Promise.resolve(),
    readonly sourceMaps?: string,
  ) {}

  /** Returns the lambda's bundle. A lambda without a file gets an empty bundle, and `scope` gets a finding. */
  get(scope: Construct, domain: string, lambda: string): Bundle {
    const bundle = this.all.get(`${domain}/${lambda}`);
    if (bundle) return bundle;
    const lambdasOfDomain = [...this.all.keys()].filter((key) => dirname(key) === domain).map((key) => basename(key));
    addFinding(
      scope,
      `domains/${domain}/lambdas/${lambda}.ts does not exist. A lambda's id is the name of its file without ".ts"; ` +
        `the files of this domain are: ${lambdasOfDomain.join(", ") || "none"}.`,
    );
    return emptyBundle();
  }

  /** @throws Error when a bundle is still pending */
  assertReady(): void {
    for (const bundle of this.all.values()) {
      if (bundle instanceof PendingBundle) throw notReady(bundle);
    }
  }
}
