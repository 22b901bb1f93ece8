#!/usr/bin/node
// What the image has as `heddle`. Each program has a bundle of its own, so that a proxy loads
// nothing of the others; everything else is the command line's.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const [program = ""] = process.argv.slice(2);
const own = join(dist, `${program}.js`);
const isProgram = /^[a-z]+$/.test(program) && program !== "heddle" && existsSync(own);

if (isProgram) process.argv.splice(2, 1);
// Programs start themselves, and threads of theirs, again by this path.
process.argv[1] = isProgram ? own : join(dist, "heddle.js");
await import(pathToFileURL(process.argv[1]).href);
