/**
 * Takes an installation out of a cluster, so that nothing of it is left. First what would hold up
 * others (the webhooks), then the programs, and only when their pods are gone what they would write
 * again; then what they left in other namespaces, the kinds, and the namespace.
 */
import { ProgramError } from "../../base/program.ts";
import {
  CA_CONFIG_MAP,
  CA_SECRET,
  LAST_ACCEPTED,
  MESH_NAMESPACE,
  OPERATOR,
  PART_OF,
  PROXIED,
  WEBHOOK_TLS_SECRET,
} from "../../inject/names.ts";
import type { KubeObject } from "../../kube/kube-object.ts";
import type { Cluster } from "../cluster/cluster.ts";
import {
  CONFIG_MAPS,
  DEFINITIONS,
  LEASES,
  PODS,
  REVISIONS,
  SECRETS,
} from "../cluster/resources.ts";
import type { CommandContext } from "../command.ts";
import { pause } from "../pause.ts";
import { labelsOf, PART_OF_SELECTOR } from "./installed.ts";
import {
  INSTALLED_KINDS,
  type InstalledKind,
  type PlacedObject,
  place,
} from "./installed-kinds.ts";
import { findParts } from "./prune.ts";
import type { Report } from "./report.ts";

const POLL_MS = 500;
/** A pod of ours has 45 s to end; a namespace goes when its contents have gone. */
const GONE_MS_MAX = 180_000;

const GROUP = "heddle.mesh";

export interface RemovalPlan {
  /** In the order in which they are removed. */
  readonly first: readonly PlacedObject[];
  /** Written by the programs while they ran. */
  readonly written: readonly PlacedObject[];
  readonly definitions: readonly PlacedObject[];
  readonly namespaces: readonly PlacedObject[];
  /** Objects of our kinds: they go with the definitions. */
  readonly objectCount: number;
  /** Pods that still have a proxy, by namespace. */
  readonly proxied: ReadonlyMap<string, number>;
}

export async function planRemoval(cluster: Cluster, namespace: string): Promise<RemovalPlan> {
  const [parts, written, definitions, proxied] = await Promise.all([
    findParts(cluster),
    findWritten(cluster, namespace),
    cluster.list(DEFINITIONS, { metadataOnly: true }),
    cluster.list(PODS, { labelSelector: PROXIED, metadataOnly: true }),
  ]);
  const isOf = ({ kind }: PlacedObject, word: string): boolean => kind.kind === word;
  const writtenPaths = new Set(written.map(({ path }) => path));
  const ours = (definitions ?? []).filter(({ name }) => name.endsWith(`.${GROUP}`));
  return {
    first: parts
      .filter((part) => !isOf(part, "Namespace") && !isOf(part, "CustomResourceDefinition"))
      .filter(({ path }) => !writtenPaths.has(path))
      .toSorted((a, b) => removalRank(a) - removalRank(b)),
    written,
    definitions: ours.map(({ name }) => placedAs("CustomResourceDefinition", "", name)),
    namespaces: parts.filter((part) => isOf(part, "Namespace")),
    objectCount: await countObjects(cluster, ours),
    proxied: countBy(proxied ?? []),
  };
}

/** The label, or the name and place, by which each is known. */
async function findWritten(cluster: Cluster, namespace: string): Promise<readonly PlacedObject[]> {
  const [configMaps, revisions, leases, secrets] = await Promise.all([
    cluster.list(CONFIG_MAPS, { name: CA_CONFIG_MAP, metadataOnly: true }),
    cluster.list(REVISIONS, { labelSelector: `${LAST_ACCEPTED}=true`, metadataOnly: true }),
    cluster.list(LEASES, { namespace, name: OPERATOR, metadataOnly: true }),
    cluster.list(SECRETS, { namespace, metadataOnly: true }),
  ]);
  const ownSecrets = (secrets ?? []).filter(
    ({ name }) => name === CA_SECRET || name === WEBHOOK_TLS_SECRET,
  );
  const all = [
    [CONFIG_MAPS, configMaps],
    [REVISIONS, revisions],
    [LEASES, leases],
    [SECRETS, ownSecrets],
  ] as const;
  return all.flatMap(([resource, objects]) =>
    (objects ?? []).map((object) =>
      place({ ...resource, isNamespaced: true }, object.namespace, object.name),
    ),
  );
}

/** Webhooks before anything that they could refuse; then programs; then what those use. */
function removalRank({ kind }: PlacedObject): number {
  if (kind.kind.endsWith("WebhookConfiguration")) return 0;
  return kind.kind === "Deployment" ? 1 : 2;
}

async function countObjects(cluster: Cluster, definitions: readonly KubeObject[]): Promise<number> {
  const lists = await Promise.all(
    definitions.map(({ name }) => {
      const plural = name.slice(0, name.indexOf("."));
      const resource = { group: GROUP, version: "v1alpha1", kind: "", plural };
      return cluster.list(resource, { metadataOnly: true });
    }),
  );
  return lists.reduce((sum, list) => sum + (list?.length ?? 0), 0);
}

function countBy(pods: readonly KubeObject[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { namespace } of pods) counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  return counts;
}

function placedAs(word: string, namespace: string, name: string): PlacedObject {
  const kind = INSTALLED_KINDS.find((one): one is InstalledKind => one.kind === word);
  if (kind === undefined) throw new Error(`an installation has no ${word}`);
  return place(kind, namespace, name);
}

export interface RemovalOptions {
  readonly cluster: Cluster;
  readonly context: CommandContext;
  readonly report: Report;
  readonly namespace: string;
}

/** Throws `ClusterError` where something is refused; asked again, it goes on from there. */
export async function removeInstallation(
  plan: RemovalPlan,
  keepsDefinitions: boolean,
  options: RemovalOptions,
): Promise<void> {
  await removeAll(plan.first, options);
  await awaitPodsGone(options);
  // Those that were written between the plan and the end of the programs as well.
  await removeAll(await findWritten(options.cluster, options.namespace), options);
  if (!keepsDefinitions) {
    await removeAll(plan.definitions, options);
    for (const definition of plan.definitions) await awaitGone(definition, options);
  }
  for (const space of plan.namespaces) await removeNamespace(space, options);
}

async function removeAll(
  objects: readonly PlacedObject[],
  { cluster, report }: RemovalOptions,
): Promise<void> {
  for (const { path, label } of objects) {
    // What an object owns goes with it, and not after somebody has looked again.
    const removed = await cluster.delete(path, { propagationPolicy: "Background" });
    if (removed) report.line("gone", `${label} removed`);
  }
}

/** A program that still runs would write again what is taken away. */
async function awaitPodsGone({ cluster, context, report, namespace }: RemovalOptions) {
  const deadlineMs = context.clock.nowMs() + GONE_MS_MAX;
  const selection = { namespace, labelSelector: PART_OF_SELECTOR, metadataOnly: true };
  for (;;) {
    const pods = (await cluster.list(PODS, selection)) ?? [];
    if (pods.length === 0) return;
    if (context.clock.nowMs() >= deadlineMs) {
      const names = pods.map(({ name }) => name).join(", ");
      report.line("warning", `pods that do not end: ${names}`, "they may write things anew");
      return;
    }
    if (!(await pause(context, POLL_MS))) throw new ProgramError("stopped");
  }
}

async function awaitGone(
  { path, label }: PlacedObject,
  { cluster, context, report }: RemovalOptions,
): Promise<void> {
  const deadlineMs = context.clock.nowMs() + GONE_MS_MAX;
  while ((await cluster.find(path)) !== undefined) {
    if (context.clock.nowMs() >= deadlineMs) {
      const hint = "something else must let go of it: kubectl get shows its finalizers";
      report.line("warning", `${label} is marked for removal, and still there`, hint);
      return;
    }
    if (!(await pause(context, POLL_MS))) throw new ProgramError("stopped");
  }
}

/** With a namespace goes all that is in it: one where others live stays. */
async function removeNamespace(space: PlacedObject, options: RemovalOptions): Promise<void> {
  const { cluster, report } = options;
  const pods = (await cluster.list(PODS, { namespace: space.name, metadataOnly: true })) ?? [];
  const foreign = pods.filter((pod) => !Object.hasOwn(labelsOf(pod), PART_OF));
  if (foreign.length > 0) {
    const names = foreign.map(({ name }) => name).join(", ");
    report.line("warning", `Namespace ${space.name} stays: these pods are not Heddle's: ${names}`);
    return;
  }
  await removeAll([space], options);
  await awaitGone(space, options);
}

/** Whether there is anything that an installation consists of. */
export function isEmpty({ first, written, definitions, namespaces }: RemovalPlan): boolean {
  return first.length + written.length + definitions.length + namespaces.length === 0;
}

/** Where the installation is, when its operator is gone already. */
export function namespaceOf(parts: readonly PlacedObject[]): string {
  return parts.find(({ kind }) => kind.kind === "Namespace")?.name ?? MESH_NAMESPACE;
}
