/**
 * `make cluster`: a cluster to look at and to try things in, until Ctrl-C. It has the images of
 * Heddle and of the shop, unless with --bare, and says how to enter it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cluster } from "./cluster.ts";
import { writeImages } from "./images.ts";
import { obtainParts } from "./obtain-parts.ts";

const startMs = performance.now();
const tell = (line: string): void => {
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1).padStart(6);
  console.log(`${seconds} s  ${line}`);
};

const stopping = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => resolve());
});
const paths = await obtainParts(tell);
const archives = mkdtempSync(join(tmpdir(), "heddle-images-"));
let cluster: Cluster;
try {
  const images = process.argv.includes("--bare") ? [] : await writeImages(archives, tell);
  cluster = await Cluster.start({ paths, images, tell });
} finally {
  rmSync(archives, { recursive: true, force: true });
}
const variables = Object.entries(cluster.environment()).map(([name, value]) => `${name}=${value}`);
tell(`there; enter it with\n${["env", ...variables, ...cluster.entering(["bash"])].join(" ")}`);
await stopping;
await cluster.stop();
