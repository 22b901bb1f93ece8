/** `make build`: the programs' bundles in `dist/`. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { bundlePrograms } from "./bundle-programs.ts";

const dist = join(import.meta.dirname, "..", "dist");

rmSync(dist, { recursive: true, force: true });
try {
  const { files } = await bundlePrograms({ folder: dist });
  for (const { path, sizeBytes } of files) {
    console.log(`${String(sizeBytes).padStart(9)}  ${path}`);
  }
} catch {
  // esbuild has said on standard error what is wrong and where.
  process.exitCode = 1;
}
