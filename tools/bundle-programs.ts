/**
 * Bundles each program into one ES module. What a program imports when it needs it stays a chunk of
 * its own, so that a proxy starts without what it does not use.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");

/** CommonJS packages inside a bundle call `require`, which an ES module does not have. */
const BANNER =
  'import { createRequire as bundleRequire } from "node:module";' +
  "const require = bundleRequire(import.meta.url);";

/** Apart from each other: shared chunks would make the proxy load code of the operator's. */
export const PROGRAMS = ["operator", "webhook", "proxy", "init", "heddle"].filter((name) =>
  existsSync(join(root, "bin", `${name}.ts`)),
);

/** koffi finds its native part beside itself, in node_modules, and not from within a bundle. */
export const UNBUNDLED_PACKAGES = ["koffi"];

export interface Bundle {
  /** What was written, with its size. */
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  /** What it was made of, from the root of the repository. */
  readonly sources: readonly string[];
}

export interface BundleOptions {
  readonly folder: string;
  /** Without blanks and comments; names stay, for stack traces. */
  readonly isSmall?: boolean;
}

/** Throws when something is wrong; esbuild has said on standard error what and where. */
export async function bundlePrograms(options: BundleOptions): Promise<Bundle> {
  const files: { path: string; sizeBytes: number }[] = [];
  const sources = new Set<string>();
  for (const name of PROGRAMS) {
    const { inputs, outputs } = await bundle(name, options);
    for (const path of Object.keys(inputs)) sources.add(path);
    for (const [path, { bytes }] of Object.entries(outputs)) {
      if (bytes > 0) files.push({ path, sizeBytes: bytes });
    }
  }
  return { files, sources: [...sources].sort() };
}

/** One of them alone. */
export async function bundle(name: string, { folder, isSmall = false }: BundleOptions) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [join(root, "bin", `${name}.ts`)],
    outdir: folder,
    entryNames: "[name]",
    chunkNames: `${name}-[name]-[hash]`,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node26",
    banner: { js: BANNER },
    legalComments: "eof",
    metafile: true,
    minifyWhitespace: isSmall,
    minifySyntax: isSmall,
    // Optional native parts of ws: never installed here, and slower to load than to do without.
    external: ["bufferutil", "utf-8-validate", ...UNBUNDLED_PACKAGES],
    logLevel: "warning",
  });
  return result.metafile;
}
