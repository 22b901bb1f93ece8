/**
 * What the parts find around them, private to the cluster's namespaces: a network with one bridge,
 * folders that they insist on as overlays, and settings of the whole kernel that the kubelet would
 * change as plain files. Nothing of it is left when the namespaces are gone.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BRIDGE, NODE_ADDRESS } from "./addresses.ts";
import type { ClusterFolders } from "./folders.ts";

/** Kept as they are: the kubelet writes them, and they belong to the whole machine. */
const KERNEL_SETTINGS: Readonly<Record<string, string>> = {
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/keys/root_maxbytes": "25000000",
};

const NETWORK_SETTINGS: Readonly<Record<string, string>> = {
  "net/ipv4/ip_forward": "1",
  // A Service whose endpoint is on the same bridge: the answer has to pass the rules as well.
  "net/bridge/bridge-nf-call-iptables": "1",
};

export function prepareSurroundings(folders: ClusterFolders): void {
  // Mounts of pods must show in the parts, and none of them outside.
  run("mount", "--make-rshared", "/");
  run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run");
  overlay(folders, "var");
  hideKernelSettings(folders);
  for (const [path, value] of Object.entries(NETWORK_SETTINGS)) setKernel(path, value);
  run("ip", "link", "set", "lo", "up");
  run("ip", "link", "add", BRIDGE, "type", "bridge");
  run("ip", "address", "add", `${NODE_ADDRESS}/24`, "dev", BRIDGE);
  run("ip", "link", "set", BRIDGE, "up");
  // Addresses of Services need a route before rules can turn them into something else.
  run("ip", "route", "add", "default", "dev", BRIDGE);
}

function overlay(folders: ClusterFolders, name: string): void {
  const upper = join(folders.state, `${name}-upper`);
  const work = join(folders.state, `${name}-work`);
  for (const folder of [upper, work]) mkdirSync(folder, { recursive: true });
  const options = `lowerdir=/${name},upperdir=${upper},workdir=${work}`;
  run("mount", "-t", "overlay", "-o", options, "overlay", `/${name}`);
}

function hideKernelSettings(folders: ClusterFolders): void {
  const cover = join(folders.state, "kernel");
  mkdirSync(cover, { recursive: true });
  for (const [path, value] of Object.entries(KERNEL_SETTINGS)) {
    const file = join(cover, path.replaceAll("/", "."));
    writeFileSync(file, `${value}\n`);
    run("mount", "--bind", file, `/proc/sys/${path}`);
  }
}

function setKernel(path: string, value: string): void {
  try {
    writeFileSync(`/proc/sys/${path}`, value);
  } catch (error) {
    throw new Error(`${path} cannot be set to ${value}`, { cause: error });
  }
}

function run(file: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(file, args, { encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${file} ${args.join(" ")}: ${stderr.trim()}`);
}
