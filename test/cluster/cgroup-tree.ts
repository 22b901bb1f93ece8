/**
 * The control group that holds all of a cluster's pods. It is the one thing besides the folder that
 * outlives the namespaces, and is removed by name.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const MOUNT = "/sys/fs/cgroup";
/**
 * What a processor is worth to version 1, and what a kubelet gives to all pods for each. A group of
 * its own has that of one only, as much as any single process beside it: a busy machine would
 * starve all pods together.
 */
const CPU_SHARES = 1024;

/** One of the machine's hierarchies in version 1, the only one in version 2. */
function hierarchies(): readonly string[] {
  if (existsSync(join(MOUNT, "cgroup.controllers"))) return [MOUNT];
  return readdirSync(MOUNT)
    .map((name) => join(MOUNT, name))
    .filter((folder) => existsSync(join(folder, "cgroup.procs")));
}

export function makeCgroup(name: string): void {
  for (const folder of hierarchies()) {
    const made = join(folder, name);
    mkdirSync(made, { recursive: true });
    // A new cpuset is empty, and nothing can run in it.
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      const path = join(made, file);
      if (!folder.endsWith("/cpuset") || !existsSync(path)) continue;
      writeFileSync(path, readFileSync(join(folder, file)));
    }
    const shares = join(made, "cpu.shares");
    if (existsSync(shares)) writeFileSync(shares, String(availableParallelism() * CPU_SHARES));
  }
}

/** Whether nothing is left of it: a group goes only when the last process in it is gone. */
export function removeCgroup(name: string): boolean {
  return hierarchies()
    .map((folder) => removeTree(join(folder, name)))
    .every(Boolean);
}

export function listCgroups(prefix: string): readonly string[] {
  const names = hierarchies().flatMap((folder) => readdirSync(folder));
  return [...new Set(names)].filter((name) => name.startsWith(prefix)).sort();
}

function removeTree(folder: string): boolean {
  if (!existsSync(folder)) return true;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
