/**
 * From exec to ready: the bundle, in a pod with redirect rules, by an operator that is there. To be
 * ready it has found itself behind the rules, which an explicit proxy need not.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Pod, PROXY_UID, ROOT_FOLDER } from "../../test/harness/pod.ts";
import type { PodMesh } from "../../test/harness/pod-mesh.ts";
import { until } from "../../test/harness/until.ts";
import { median } from "../peers/figures.ts";

const BUNDLE = join(ROOT_FOLDER, "dist", "proxy.js");
const PROBER = join(import.meta.dirname, "ready-prober.ts");
const READY = "http://127.0.0.1:4191/ready";
export const START_BAR_MS = 300;

export interface StartFigures {
  readonly medianMs: number;
  readonly longestMs: number;
}

/** Rejects when there is no bundle: what runs from its sources says nothing. */
export async function measureStart(
  mesh: PodMesh,
  flags: readonly string[],
  times: number,
): Promise<StartFigures> {
  if (!existsSync(BUNDLE)) throw new Error("there is no bundle: make build");
  const pod = mesh.network.addPod(flags.length === 0 ? "start-named" : "start-redirected");
  if (flags.length > 0) {
    const { code, stderr } = await pod.heddle(["init"]);
    if (code !== 0) throw new Error(`heddle init: ${stderr}`);
  }
  const prober = pod.start([process.execPath, PROBER]);
  const tookMs: number[] = [];
  // The first fills the page cache.
  for (let time = 0; time <= times; time += 1) {
    const before = prober.stdout.length;
    const startedMs = performance.timeOrigin + performance.now();
    const proxy = startBundle(mesh, pod, flags);
    prober.child.stdin?.write(`${READY}\n`);
    await until(
      () => `the proxy is ready: ${proxy.stderr}${prober.stderr}`,
      () => prober.stdout.indexOf("\n", before) > 0,
    );
    if (time > 0) tookMs.push(Number(prober.stdout.slice(before)) - startedMs);
    await proxy.stop();
  }
  return { medianMs: median(tookMs), longestMs: Math.max(...tookMs) };
}

function startBundle(mesh: PodMesh, pod: Pod, flags: readonly string[]) {
  const args = mesh.proxyArguments(pod, flags);
  return pod.start([process.execPath, BUNDLE, ...args], { uid: PROXY_UID });
}
