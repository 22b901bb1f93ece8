/** Whether the programs of an installation run, and agree about who leads. */
import { parseTimestamp } from "../../base/parse-timestamp.ts";
import { isRecord } from "../../base/shape.ts";
import { VERSION } from "../../base/version.ts";
import { pluralOf } from "../../crds/plural.ts";
import { OPERATOR, PART_OF, WEBHOOK, WEBHOOK_ADMIN_PORT } from "../../inject/names.ts";
import { type KubeObject, type KubeResource, resourceName } from "../../kube/kube-object.ts";
import type { CheckResult } from "../../mesh/self-check.ts";
import { ClusterError } from "../cluster/cluster.ts";
import { adminPortOf, findOperatorPods, holderOf, isRunning } from "../cluster/operator-pods.ts";
import { podGet } from "../cluster/pod-get.ts";
import { DEFINITIONS, DEPLOYMENTS, LEASES, PODS, pathOf } from "../cluster/resources.ts";
import { hasCondition } from "../install/apply-objects.ts";
import { rolloutOf } from "../install/await-ready.ts";
import { findInstalled, labelsOf } from "../install/installed.ts";
import {
  type ClusterCheck,
  type ClusterScene,
  listAt,
  listed,
  partOf,
  result,
  textAt,
} from "./cluster-check.ts";
import { ageOfKinds } from "./kind-age.ts";

const GROUP = "heddle.mesh";
const KINDS: readonly KubeResource[] = ["RetryPolicy", "ServiceProfile", "TrafficSplit"].map(
  (kind) => ({ group: GROUP, version: "v1alpha1", kind, plural: pluralOf(kind) }),
);

/** A Lease lasts 15 s; the clock of this machine and theirs may differ by some more. */
const LEASE_AGE_MAX_MS = 60_000;

export const checkInstalled: ClusterCheck = async ({ cluster, meshNamespace }) => {
  const present = await findInstalled(cluster);
  if (present === undefined) {
    const detail = `Heddle is not installed in the cluster (context ${cluster.context})`;
    return result("installed", "failed", detail, '"heddle install --apply" installs it');
  }
  if (present.namespace !== meshNamespace) {
    const detail = `Heddle is in namespace ${present.namespace}, not in ${meshNamespace}`;
    return result("installed", "failed", detail, `say --mesh-namespace ${present.namespace}`);
  }
  const detail = `Heddle ${present.version} is installed in namespace ${meshNamespace}`;
  if (present.version === VERSION || present.version === "")
    return result("installed", "ok", detail);
  const hint = '"heddle upgrade --dry-run" shows what another version would change';
  return result("installed", "warning", `${detail}, while this program is ${VERSION}`, hint);
};

export const checkKinds: ClusterCheck = async ({ cluster }) => {
  const definitions = (await cluster.list(DEFINITIONS)) ?? [];
  const named = new Map(definitions.map((one) => [one.name, one]));
  const wanted = KINDS.map(resourceName);
  const missing = wanted.filter((name) => !named.has(name));
  if (missing.length > 0) {
    const hint = '"heddle install --apply" makes them again';
    return result("kinds", "failed", `kinds that are missing: ${listed(missing)}`, hint);
  }
  const unserved = wanted.filter((name) => !hasCondition(named.get(name)?.raw, "Established"));
  if (unserved.length > 0) {
    return result("kinds", "failed", `kinds that are not served: ${listed(unserved)}`);
  }
  return [...checkWhoseKinds(wanted, named), ...checkSameNames(definitions)];
};

function checkWhoseKinds(
  wanted: readonly string[],
  named: ReadonlyMap<string, KubeObject>,
): readonly CheckResult[] {
  const { unserved, lacking } = ageOfKinds(named);
  const hint = 'apply those of this version: "heddle upgrade --apply" does, or what installed it';
  if (unserved.length > 0) {
    const detail = `kinds of another version, which does not serve ${listed(unserved)}`;
    return result("kinds", "failed", detail, hint);
  }
  const foreign = wanted.filter((name) => !isOurs(named.get(name)));
  if (foreign.length > 0) {
    return result("kinds", "warning", `kinds that Heddle did not make: ${listed(foreign)}`);
  }
  if (lacking.length > 0) {
    const detail = `kinds of another version, which do not know ${listed(lacking)}`;
    return result("kinds", "warning", detail, hint);
  }
  return result("kinds", "ok", "the kinds are there, and served");
}

function isOurs(definition: KubeObject | undefined): boolean {
  return definition !== undefined && Object.hasOwn(labelsOf(definition), PART_OF);
}

/** kubectl shows those of the group that sorts first, and says nothing of the others. */
function checkSameNames(definitions: readonly KubeObject[]): readonly CheckResult[] {
  return ["trafficsplits", "serviceprofiles"].flatMap((plural) => {
    const groups = definitions
      .filter(({ name }) => name.startsWith(`${plural}.`))
      .map(({ name }) => name.slice(plural.length + 1))
      .sort();
    if (groups.length < 2) return [];
    const detail =
      `"kubectl get ${plural}" shows those of ${groups[0]} alone, ` +
      `while there are also those of ${groups.slice(1).join(" and ")}`;
    const word = plural === "trafficsplits" ? "splits" : "profiles";
    return result("same-names", "warning", detail, `"heddle get ${word}" lists all of them`);
  });
}

export const checkDeployments: ClusterCheck = async ({ cluster, meshNamespace: namespace }) => {
  const checked = await Promise.all(
    [OPERATOR, WEBHOOK].map(async (name) => {
      const found = await cluster.find(pathOf(DEPLOYMENTS, { namespace, name }));
      const state = found === undefined ? "it is missing" : rolloutOf(found);
      const about = `Deployment ${namespace}/${name}`;
      if (state === "") return result(`${name}-ready`, "ok", `${about} is ready`);
      const hint = `kubectl describe pods -n ${namespace} -l app.kubernetes.io/name=${name}`;
      return result(`${name}-ready`, "failed", `${about} is not ready: ${state}`, hint);
    }),
  );
  return checked.flat();
};

/** What each says itself: a pod can count as ready and be of another version. */
export const checkReplicas: ClusterCheck = async (scene) => {
  const { cluster, meshNamespace: namespace } = scene;
  const operators = await findOperatorPods(cluster, namespace);
  const labelSelector = `app.kubernetes.io/name=${WEBHOOK}`;
  const webhooks = (await cluster.list(PODS, { namespace, labelSelector })) ?? [];
  const doors = [
    ...operators.map(({ name, adminPort }) => ({ pod: name, port: adminPort })),
    ...webhooks.filter(isRunning).map((pod) => ({
      pod: pod.name,
      port: adminPortOf(pod) ?? WEBHOOK_ADMIN_PORT,
    })),
  ];
  const told = await Promise.all(doors.map(({ pod, port }) => askReady(pod, port, scene)));
  const unready = told.flatMap((one) => (one === "" ? [] : [one]));
  const name = "programs-synced";
  if (unready.length > 0) {
    const hint = `kubectl logs -n ${namespace} tells why`;
    return result(name, "failed", unready.join("; "), hint);
  }
  if (doors.length === 0) return result(name, "failed", "no pod of Heddle's runs");
  const pods = doors.length === 1 ? "the pod" : `all ${doors.length} pods`;
  return result(name, "ok", `${pods} of the programs have read the cluster and answer`);
};

/** Empty when it is; it is asked by way of the API server, which may not reach pods everywhere. */
async function askReady(
  pod: string,
  port: number,
  { cluster, meshNamespace: namespace }: ClusterScene,
): Promise<string> {
  const get = podGet(cluster, { namespace, pod, port });
  try {
    const { status, text } = await get({ host: pod, port }, "/ready");
    return status === 200 ? "" : `${pod}: ${text.trim()}`;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    if (error.status === 403) throw error;
    return `${pod} cannot be asked through the API server: ${error.detail}`;
  }
}

export const checkLease: ClusterCheck = async ({ cluster, meshNamespace: namespace, wallMs }) => {
  const name = "leader";
  const lease = await cluster.find(pathOf(LEASES, { namespace, name: OPERATOR }));
  const holder = holderOf(lease);
  const hint = "without one nobody writes statuses or certificates: see the operator's log";
  if (holder === "") return result(name, "failed", "no operator leads", hint);
  const renewedMs = parseTimestamp(textAt(partOf(lease, "spec"), "renewTime"));
  const ageMs = renewedMs === undefined ? 0 : wallMs - renewedMs;
  if (ageMs > LEASE_AGE_MAX_MS) {
    const seconds = Math.round(ageMs / 1000);
    const detail = `${holder} leads, but has not said so for ${seconds} s by this clock`;
    return result(name, "failed", detail, hint);
  }
  return result(name, "ok", `${holder} leads`);
};

/** What is wrong with objects stands in their statuses: here it is only counted. */
export const checkObjects: ClusterCheck = async ({ cluster }) => {
  const lists = await Promise.all(
    KINDS.map(async (resource) => (await cluster.list(resource)) ?? []),
  );
  const objects = lists.flat();
  const having = (type: string, status: string) =>
    objects.filter(({ raw }) =>
      listAt(raw.status, "conditions").some((one) => one.type === type && one.status === status),
    );
  const names = (some: readonly KubeObject[]) =>
    listed(some.map((one) => `${String(one.raw.kind)} ${one.key}`));
  const refused = having("Accepted", "False");
  const lost = having("Conflicted", "True").filter(({ raw }) =>
    listAt(raw.status, "conditions").some((one) => one.reason === "Conflicted"),
  );
  const unjudged = objects.filter(({ raw }) => !isRecord(raw.status));
  const found: CheckResult[] = [];
  const say = (name: string, detail: string, hint: string): void => {
    found.push({ name, verdict: "warning", detail, hint });
  };
  if (refused.length > 0) {
    say("objects-accepted", `not accepted: ${names(refused)}`, '"heddle get problems" tells why');
  }
  if (lost.length > 0) {
    say("objects-conflicts", `another object decides: ${names(lost)}`, '"heddle get" names it');
  }
  if (unjudged.length > 0) {
    say("objects-judged", `no operator has judged: ${names(unjudged)}`, "is one leading?");
  }
  if (found.length > 0) return found;
  return result("objects-accepted", "ok", `all objects (${objects.length}) are accepted`);
};
