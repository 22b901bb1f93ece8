/** Whether pods have the proxies that their namespaces ask for. */
import { ProgramError } from "../../base/program.ts";
import { VERSION } from "../../base/version.ts";
import { askedBy, askedByPod } from "../../inject/decide-injection.ts";
import { CA_CONFIG_MAP, INJECT, PREFIX, PROXIED, PROXY_VERSION } from "../../inject/names.ts";
import type { KubeObject } from "../../kube/kube-object.ts";
import type { InjectionAnswer, InjectionEntry } from "../../mesh/operator-api.ts";
import type { CheckResult } from "../../mesh/self-check.ts";
import { OperatorApi } from "../api/operator-api.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { findOperatorPods, isRunning } from "../cluster/operator-pods.ts";
import { podGet } from "../cluster/pod-get.ts";
import { CONFIG_MAPS, NAMESPACES, PODS } from "../cluster/resources.ts";
import { annotationsOf, labelsOf } from "../install/installed.ts";
import { type ClusterCheck, type ClusterScene, listed, partOf, result } from "./cluster-check.ts";

const ENFORCED = "pod-security.kubernetes.io/enforce";
const RESTART = "kubectl rollout restart deployment -n NAMESPACE";

export const checkDataPlane: ClusterCheck = async (scene) => {
  const { cluster, meshNamespace } = scene;
  const namespaces = (await cluster.list(NAMESPACES, { metadataOnly: true })) ?? [];
  const asking = namespaces.filter(
    (one) => one.name !== meshNamespace && one.name !== "kube-system" && asks(one),
  );
  if (asking.length === 0) {
    const hint = `for instance: kubectl label namespace shop ${INJECT}=enabled`;
    // Pods may ask for themselves, or be meant to have one unasked: that the operator alone knows.
    const told = (await askOperator(scene)) ?? [];
    return [
      ...result("namespaces", "ok", `no namespace asks for proxies yet (${hint})`),
      ...told.filter(({ verdict }) => verdict !== "ok"),
    ];
  }
  const names = listed(asking.map(({ name }) => name));
  return [
    ...result("namespaces", "ok", `namespaces that ask for proxies: ${names}`),
    ...checkPodSecurity(asking),
    ...(await checkTrust(asking, cluster)),
    ...((await askOperator(scene)) ?? (await checkPods(asking, cluster))),
  ];
};

function asks(namespace: KubeObject): boolean {
  return askedBy(labelsOf(namespace), annotationsOf(namespace)) === "enabled";
}

function checkPodSecurity(asking: readonly KubeObject[]): readonly CheckResult[] {
  const strict = asking.filter((one) => {
    const level = labelsOf(one)[ENFORCED] ?? "privileged";
    return level !== "privileged" && annotationsOf(one)[`${PREFIX}mode`] !== "explicit";
  });
  if (strict.length === 0) return [];
  const names = listed(strict.map((one) => `${one.name} (${labelsOf(one)[ENFORCED]})`));
  const detail = `Pod Security forbids the redirect there, so that pods get no proxy: ${names}`;
  const hint = `annotate the namespace with ${PREFIX}mode=explicit, or enforce privileged there`;
  return result("pod-security", "warning", detail, hint);
}

async function checkTrust(
  asking: readonly KubeObject[],
  cluster: Cluster,
): Promise<readonly CheckResult[]> {
  const found =
    (await cluster.list(CONFIG_MAPS, { name: CA_CONFIG_MAP, metadataOnly: true })) ?? [];
  const having = new Set(found.map(({ namespace }) => namespace));
  const missing = asking.map(({ name }) => name).filter((name) => !having.has(name));
  if (missing.length === 0) return [];
  const detail = `proxies cannot know the operator: no ConfigMap ${CA_CONFIG_MAP} in `;
  const hint = "the leading operator makes it: is one running?";
  return result("trust", "failed", detail + listed(missing), hint);
}

/** It knows why each pod has none; undefined where it cannot be asked. */
async function askOperator({
  cluster,
  meshNamespace: namespace,
}: ClusterScene): Promise<readonly CheckResult[] | undefined> {
  const [pod] = await findOperatorPods(cluster, namespace);
  if (pod === undefined) return undefined;
  const port = pod.adminPort;
  const get = podGet(cluster, { namespace, pod: pod.name, port });
  try {
    const answer = await new OperatorApi(get, { host: pod.name, port }, "").injection();
    return describeInjection(answer);
  } catch (error) {
    if (error instanceof ProgramError) return undefined;
    throw error;
  }
}

function describeInjection(answer: InjectionAnswer): readonly CheckResult[] {
  const found: CheckResult[] = [];
  const byReason = new Map<string, InjectionEntry[]>();
  for (const entry of answer.uninjected) {
    byReason.set(entry.reason, [...(byReason.get(entry.reason) ?? []), entry]);
  }
  for (const [reason, entries] of byReason) {
    const names = listed(entries.map(({ namespace, pod }) => `${namespace}/${pod}`));
    const [first] = entries;
    const detail = `pods without the proxy that is asked for (${reason}): ${names}`;
    const hint = [first?.detail ?? "", first?.mend ?? ""].filter((text) => text !== "").join("; ");
    found.push({ name: "pods-injected", verdict: "warning", detail, hint });
  }
  if (answer.outdatedTotal > 0) {
    const names = listed(answer.outdated.map(({ namespace, pod }) => `${namespace}/${pod}`));
    const detail = `proxies of another version than the operator: ${names}`;
    found.push({ name: "proxies-current", verdict: "warning", detail, hint: RESTART });
  }
  if (found.length > 0) return found;
  return result("pods-injected", "ok", "the operator knows of no pod that lacks its proxy");
}

async function checkPods(
  asking: readonly KubeObject[],
  cluster: Cluster,
): Promise<readonly CheckResult[]> {
  const spaces = new Set(asking.map(({ name }) => name));
  const all = (await cluster.list(PODS)) ?? [];
  const pods = all.filter((pod) => isRunning(pod));
  const here = pods.filter(({ namespace }) => spaces.has(namespace));
  const bare = here.filter((pod) => !isProxied(pod) && !isExcused(pod));
  const meshed = pods.filter(isProxied);
  const old = meshed.filter((pod) => {
    const version = annotationsOf(pod)[PROXY_VERSION] ?? VERSION;
    return version !== VERSION;
  });
  const found: CheckResult[] = [];
  const say = (name: string, detail: string, hint: string): void => {
    found.push({ name, verdict: "warning", detail, hint });
  };
  if (bare.length > 0) {
    const why = `Events at their owners say why; those that are older than the webhook: ${RESTART}`;
    say("pods-injected", `pods without the proxy that is asked for: ${namesOf(bare)}`, why);
  }
  if (old.length > 0) {
    const detail = `proxies of another version than ${VERSION}: ${namesOf(old)}`;
    say("proxies-current", detail, RESTART);
  }
  if (found.length > 0) return found;
  return result("pods-injected", "ok", `all pods that should have a proxy do (${meshed.length})`);
}

function isProxied(pod: KubeObject): boolean {
  return Object.hasOwn(labelsOf(pod), PROXIED);
}

/** Who opted out, shares the host's network, or is the kubelet's own, was not to be injected. */
function isExcused(pod: KubeObject): boolean {
  const annotations = annotationsOf(pod);
  const isOut = askedByPod(labelsOf(pod), annotations) === "disabled";
  const isMirror = Object.hasOwn(annotations, "kubernetes.io/config.mirror");
  return isOut || partOf(pod.raw, "spec").hostNetwork === true || isMirror;
}

function namesOf(pods: readonly KubeObject[]): string {
  return listed(pods.map(({ key }) => key));
}
