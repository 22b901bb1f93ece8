/**
 * Holds the namespaces of one cluster and clears up after them. A process of its own, in a session
 * of its own: it outlives whoever asked for the cluster, by Ctrl-C or by a crash, for as long as
 * clearing up takes.
 *
 * Its arguments: the cluster's folder, its control group, and the settings for the inside. Standard
 * input is the life line of the inside: when it ends, so does the cluster.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeCgroup, removeCgroup } from "./cgroup-tree.ts";

const REMOVE_TRIES_MAX = 100;
const REMOVE_AGAIN_MS = 100;

const [folder = "", cgroup = "", settings = ""] = process.argv.slice(2);
const inside = join(import.meta.dirname, "node", "main.ts");

// Everything in a process namespace ends with its first process. That one is a shell: it collects
// whoever loses its parent, and containerd's shims do.
const FIRST_PROCESS = 'exec 3<&0; "$@" <&3 & wait $!';

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
makeCgroup(cgroup);
const child = spawn(
  "unshare",
  [
    ...["--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child"],
    ...["--propagation", "private", "--mount-proc", "--"],
    ...["bash", "-c", FIRST_PROCESS, "cluster", process.execPath, inside, settings],
  ],
  { stdio: ["inherit", "inherit", "inherit"] },
);
const code = await new Promise<number>((resolve) => {
  child.on("error", () => resolve(1));
  child.on("exit", (status) => resolve(status ?? 1));
});
for (let tries = 0; tries < REMOVE_TRIES_MAX && !removeCgroup(cgroup); tries += 1) {
  await sleep(REMOVE_AGAIN_MS);
}
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
process.exit(code);
