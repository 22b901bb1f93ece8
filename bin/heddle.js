#!/usr/bin/env node
// What `npx heddle` starts, on whatever Node the machine has. Plain JavaScript that old versions
// of Node can read: it finds a Node that is new enough and becomes that.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NODE_MAJOR_MIN = 26;
const EXIT_UNAVAILABLE = 69;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const major = Number(process.versions.node.split(".")[0]);

if (major >= NODE_MAJOR_MIN) await runHere();
else runOn(findNode());

/** Sources in a checkout; the bundle where the package was built, or has nothing else. */
async function runHere() {
  const source = join(root, "bin", "heddle.ts");
  const bundle = join(root, "dist", "heddle.js");
  const asPackage = import.meta.url.includes("/node_modules/");
  const entry = !asPackage && existsSync(source) ? source : bundle;
  if (!existsSync(entry)) giveUp(`neither ${source} nor ${bundle} is there; run "make build"`);
  // Not the link that npx made: programs start themselves again by this path.
  process.argv[1] = fileURLToPath(import.meta.url);
  await import(pathToFileURL(entry).href);
}

/** The Node that came with the package, or undefined. */
function findNode() {
  const linked = join(root, "node_modules", ".bin", "node");
  if (existsSync(linked)) return linked;
  const require = createRequire(import.meta.url);
  for (const prefix of ["node", "node-bin"]) {
    try {
      const name = `${prefix}-${process.platform}-${process.arch}`;
      return join(dirname(require.resolve(`${name}/package.json`)), "bin", "node");
    } catch {
      // Not installed here: the next name may be.
    }
  }
  return undefined;
}

function runOn(node) {
  if (node === undefined) {
    giveUp(
      `this is Node ${process.versions.node} and Heddle needs ${NODE_MAJOR_MIN} or newer; ` +
        `"npm ci" in ${root} brings it along`,
    );
  }
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  if (typeof process.execve === "function") {
    // Becoming it keeps the process id, and with it every signal; it returns only by throwing.
    try {
      process.execve(node, [node, ...args], process.env);
    } catch {
      // Not on this platform.
    }
  }
  const child = spawn(node, args, { stdio: "inherit" });
  for (const signal of Object.keys(SIGNALS)) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => giveUp(`${node} does not start: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (SIGNALS[signal] ?? 0)));
}

function giveUp(reason) {
  process.stderr.write(`heddle: ${reason}\n`);
  process.exit(EXIT_UNAVAILABLE);
}
