/**
 * Whether a cluster may run here, and what a machine looks like before and after one. What it takes
 * is much: root, namespaces of every kind, control groups that may be made, overlays.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { NODE_PARTS } from "../../tools/parts/node-parts.ts";
import { cachedFile } from "../../tools/parts/part.ts";
import { findProgram } from "../../tools/system-packages.ts";
import { listCgroups, makeCgroup, removeCgroup } from "./cgroup-tree.ts";
import { CLUSTER_PREFIX } from "./cluster.ts";
import { BRIDGE } from "./node/addresses.ts";

const PROGRAMS = [
  "unshare",
  "nsenter",
  "mount",
  "ip",
  "iptables",
  "nft",
  "timeout",
  "bash",
  "runc",
];

/** What must be allowed, in one go: it is undone with its namespaces. */
const TRIAL = [
  "mount --make-rshared / && mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work /mnt/all &&",
  "mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/all &&",
  "ip link add trial type bridge && iptables -t nat -L >/dev/null",
].join(" ");

/** Null where one can run; else why not, to be printed. */
export function findClusterProblem(): string | null {
  if (process.platform !== "linux") return "not Linux";
  if (process.getuid?.() !== 0) return "not root";
  const lacking = PROGRAMS.filter((name) => findProgram(name) === undefined);
  if (lacking.length > 0) return `not installed: ${lacking.join(", ")}`;
  const hasGo = findProgram("go") !== undefined;
  const built = Object.values(NODE_PARTS).every((part) => existsSync(cachedFile(part)));
  if (!hasGo && !built) return "Go is not installed, and Kubernetes was not built before";
  return tryNamespaces() ?? tryCgroup();
}

function tryNamespaces(): string | null {
  const into = ["--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--mount-proc"];
  const command = [...into, "--propagation", "private", "--", "sh", "-c", TRIAL];
  const { status, stderr } = spawnSync("unshare", command, { encoding: "utf8" });
  return status === 0 ? null : `namespaces are not permitted: ${stderr.trim()}`;
}

function tryCgroup(): string | null {
  const name = `${CLUSTER_PREFIX}${process.pid}-trial`;
  try {
    makeCgroup(name);
    return removeCgroup(name) ? null : "control groups cannot be removed";
  } catch (error) {
    return `control groups cannot be made: ${error instanceof Error ? error.message : error}`;
  }
}

/**
 * One line for each thing that clusters of these processes have here, or could leave behind. Others
 * may run beside them.
 */
export function listTraces(owners: readonly number[]): readonly string[] {
  const isTheirs = (name: string): boolean =>
    owners.some((pid) => name.startsWith(`${CLUSTER_PREFIX}${pid}-`));
  const lines = (title: string, text: string): readonly string[] =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => `${title}: ${line}`);
  const ask = (title: string, ...command: readonly string[]): readonly string[] => {
    const [file = "", ...args] = command;
    return lines(title, spawnSync(file, args, { encoding: "utf8" }).stdout ?? "");
  };
  const settings = ["vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops"];
  return [
    ...lines("mount", readFileSync("/proc/self/mounts", "utf8")).filter(isOurs),
    ...ask("link", "ip", "-o", "link", "show", "type", "bridge").filter((line) => {
      return line.includes(BRIDGE);
    }),
    ...ask("rule", "iptables-save").filter((line) => /KUBE|CNI/.test(line)),
    ...listCgroups(CLUSTER_PREFIX)
      .filter(isTheirs)
      .map((name) => `control group: ${name}`),
    ...readdirSync(tmpdir())
      .filter(isTheirs)
      .map((name) => `folder: ${name}`),
    ...settings.map((path) => `${path}: ${readFileSync(`/proc/sys/${path}`, "utf8").trim()}`),
  ];
}

function isOurs(line: string): boolean {
  return /kubelet|containerd|heddle-cluster/.test(line);
}
