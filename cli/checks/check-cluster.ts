/** Everything that is asked about a cluster, in the order in which each needs the one before. */

import type { Cluster } from "../cluster/cluster.ts";
import type { CommandContext } from "../command.ts";
import { checkForeignKinds, checkNoOther, checkRights } from "./before-checks.ts";
import type { CheckGroup } from "./check-group.ts";
import { type ClusterCheck, type ClusterScene, guarded } from "./cluster-check.ts";
import { checkDataPlane } from "./data-plane-checks.ts";
import { checkApiServer, checkKubelets } from "./kubernetes-checks.ts";
import {
  checkDeployments,
  checkInstalled,
  checkKinds,
  checkLease,
  checkObjects,
  checkReplicas,
} from "./program-checks.ts";
import { checkAuthority, checkConfigurations, checkWebhookAnswers } from "./webhook-checks.ts";

/** With the name that is told where it cannot look at all. */
type Named = readonly [name: string, check: ClusterCheck];

const KUBERNETES: readonly Named[] = [
  ["kubernetes-version", checkApiServer],
  ["kubelet-versions", checkKubelets],
];

const BEFORE: readonly Named[] = [
  ["not-installed", checkNoOther],
  ["kinds-free", checkForeignKinds],
  ["install-rights", checkRights],
];

const INSTALLATION: readonly Named[] = [
  ["kinds", checkKinds],
  ["deployments", checkDeployments],
  ["programs-synced", checkReplicas],
  ["leader", checkLease],
  ["authority", checkAuthority],
  ["webhook-configurations", checkConfigurations],
  ["webhook-answers", checkWebhookAnswers],
];

const MESH: readonly Named[] = [
  ["pods-injected", checkDataPlane],
  ["objects-accepted", checkObjects],
];

export interface ClusterSubject {
  readonly cluster: Cluster;
  readonly meshNamespace: string;
  /** Before anything is installed. */
  readonly isBefore: boolean;
}

export async function checkCluster(
  { cluster, meshNamespace, isBefore }: ClusterSubject,
  { clock }: CommandContext,
): Promise<readonly CheckGroup[]> {
  const scene = { cluster, meshNamespace, wallMs: clock.wallMs() };
  const where = `the cluster (context ${cluster.context})`;
  const kubernetes = await group("kubernetes", where, KUBERNETES, scene);
  // Who cannot reach the API server need not be told so by each check.
  if (kubernetes.results.some((one) => one.name === "kubernetes-version" && isAway(one))) {
    return [{ ...kubernetes, results: kubernetes.results.slice(0, 1) }];
  }
  if (isBefore) return [kubernetes, await group("before", "before installing", BEFORE, scene)];
  const present = await group("installed", "", [["installed", checkInstalled]], scene);
  const subject = `Heddle in namespace ${meshNamespace}`;
  if (present.results.some(({ verdict }) => verdict === "failed")) {
    return [kubernetes, { ...present, name: "installation", subject }];
  }
  const installation = await group("installation", subject, INSTALLATION, scene);
  const results = [...present.results, ...installation.results];
  const mesh = await group("mesh", "what is in the mesh", MESH, scene);
  return [kubernetes, { ...installation, results }, mesh];
}

function isAway({ verdict, detail }: { readonly verdict: string; readonly detail: string }) {
  return verdict === "failed" && !detail.includes("is Kubernetes");
}

async function group(
  name: string,
  subject: string,
  checks: readonly Named[],
  scene: ClusterScene,
): Promise<CheckGroup> {
  const results = await Promise.all(checks.map(([one, check]) => guarded(one, check, scene)));
  return { name, subject, results: results.flat() };
}
