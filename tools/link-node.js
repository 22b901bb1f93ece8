// Links node_modules/.bin/node to this platform's Node package. Some npm versions drop the link
// when they prune the optional packages of the other platforms. Plain JavaScript, because it runs
// on whatever Node the machine came with, before the project's own is there.
import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const names = [
  `node-${process.platform}-${process.arch}`,
  `node-bin-${process.platform}-${process.arch}`,
];
const target = names
  .map((name) => join(root, "node_modules", name, "bin", "node"))
  .find((path) => existsSync(path));

if (target === undefined) {
  process.stderr.write(
    `heddle: no Node package for ${process.platform}-${process.arch}; ` +
      "put Node 26 or newer on the PATH yourself\n",
  );
} else {
  const link = join(root, "node_modules", ".bin", "node");
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(target, link);
}
