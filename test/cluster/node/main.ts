/**
 * The cluster from inside: the program that runs below the first process of the namespaces. It
 * starts the parts in order, tells line by line how far it is, and ends when standard input does;
 * all that it started ends with the namespaces.
 *
 * Its one argument is JSON: `NodeSettings`. A line that it writes is JSON: `NodeLine`.
 */
import { spawnSync } from "node:child_process";
import * as controlPlane from "./control-plane.ts";
import { writeCredentials } from "./credentials.ts";
import { adminKubeconfig, clusterFolders, containerdSocket, makeFolders } from "./folders.ts";
import * as nodeAgent from "./node-agent.ts";
import type { NodeLine, NodeSettings } from "./node-settings.ts";
import { Parts } from "./part.ts";
import { pollUntil } from "./poll-until.ts";
import { prepareSurroundings } from "./surroundings.ts";

/** A busy machine takes many times what an idle one does. */
const STEP_MS_MAX = 180_000;

const settings = JSON.parse(process.argv[2] ?? "{}") as NodeSettings;
const { paths } = settings;
const folders = clusterFolders(settings.folder);
makeFolders(folders);
const parts = new Parts(folders.logs);

process.stdin.on("end", () => process.exit(0)).resume();
process.on("SIGTERM", () => process.exit(0));

try {
  await Promise.race([start(), parts.failure]);
  say({ kind: "ready" });
  await parts.failure;
} catch (error) {
  say({ kind: "failed", text: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}

async function start(): Promise<void> {
  prepareSurroundings(folders);
  await writeCredentials(folders);
  parts.start(controlPlane.etcd(paths, folders));
  parts.start(controlPlane.apiServer(paths, folders));
  parts.start(nodeAgent.containerd(paths, folders, settings.snapshotter));
  await step("the API server", "kube-apiserver", () => kubectl("get", "--raw", "/readyz"));
  parts.start(controlPlane.controllerManager(paths, folders));
  parts.start(controlPlane.scheduler(paths, folders));
  parts.start(controlPlane.kubeProxy(paths, folders));
  parts.start(nodeAgent.coredns(paths, folders));
  await step("containerd", "containerd", () => ctr("version"));
  for (const image of settings.images) {
    say({ kind: "progress", text: `importing the image ${image}` });
    if (!ctr("images", "import", "--digests=false", image)) {
      throw new Error(`${image} cannot be imported:\n${parts.logTail("containerd")}`);
    }
  }
  parts.start(nodeAgent.kubelet(paths, folders, settings.cgroup));
  const isReady = ["--for=condition=Ready", "--timeout=1s"];
  await step("the node", "kubelet", () => kubectl("wait", "node", "--all", ...isReady));
  const account = ["get", "serviceaccount", "default", "-n", "default"];
  await step("its first account", "kube-controller-manager", () => kubectl(...account));
}

/** Waits for what a part has to do; when it does not, the end of its log says why. */
async function step(what: string, part: string, isSo: () => boolean): Promise<void> {
  say({ kind: "progress", text: `waiting for ${what}` });
  await pollUntil(isSo, STEP_MS_MAX, () => `no ${what} in time:\n${parts.logTail(part)}`);
}

function kubectl(...args: readonly string[]): boolean {
  return isWell(paths.kubectl, `--kubeconfig=${adminKubeconfig(folders)}`, ...args);
}

function ctr(...args: readonly string[]): boolean {
  return isWell(paths.ctr, "--address", containerdSocket(folders), "-n", "k8s.io", ...args);
}

function isWell(file: string, ...args: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: "ignore" }).status === 0;
}

function say(line: NodeLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
