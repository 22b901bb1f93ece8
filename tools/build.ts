/**
 * Bundles each program into one ES module in `dist/`. What a program imports when it needs it stays
 * a chunk of its own, so that a proxy starts without what it does not use.
 */
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

/** CommonJS packages inside a bundle call `require`, which an ES module does not have. */
const BANNER =
  'import { createRequire as bundleRequire } from "node:module";' +
  "const require = bundleRequire(import.meta.url);";

// Apart from each other: shared chunks would make the proxy load code of the operator's.
const PROGRAMS = ["operator", "proxy", "init", "heddle"];

rmSync(dist, { recursive: true, force: true });
try {
  for (const name of PROGRAMS) await bundle(name);
} catch {
  // esbuild has said on standard error what is wrong and where.
  process.exitCode = 1;
}

async function bundle(name: string): Promise<void> {
  const entry = join(root, "bin", `${name}.ts`);
  const result = await build({
    entryPoints: [entry],
    outdir: dist,
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
    // Optional native parts of ws: never installed here, and slower to load than to do without.
    // koffi finds its native part beside itself, in node_modules, and not from within a bundle.
    external: ["bufferutil", "utf-8-validate", "koffi"],
    logLevel: "warning",
  });
  for (const [file, output] of Object.entries(result.metafile.outputs)) {
    if (output.bytes > 0) console.log(`${String(output.bytes).padStart(9)}  ${file}`);
  }
}
