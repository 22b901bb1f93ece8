/**
 * The objects of the mesh as the API server has them. Their statuses are there to be read, also
 * while no operator answers; what statuses do not hold (problems with their fields, and verdicts
 * on objects of Linkerd and SMI, which are not ours to write into) is taken from what it said.
 */
import { isRecord } from "../../base/shape.ts";
import { KINDS } from "../../crds/kinds.ts";
import { pluralOf } from "../../crds/plural.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import type { ObjectEntry } from "../../mesh/operator-api.ts";
import type { Condition } from "../../mesh/status.ts";
import { Answer, AnswerError } from "../api/answer.ts";
import { type ObjectsQuery, readCondition } from "../api/operator-api.ts";
import type { Cluster } from "./cluster.ts";

/** Kinds that come with Kubernetes have no verdicts. */
const FOREIGN_GROUPS: readonly string[] = ["", "discovery.k8s.io"];

export async function listObjects(
  cluster: Cluster,
  { kind, namespace, name }: ObjectsQuery,
  saying: Promise<readonly ObjectEntry[]>,
): Promise<readonly ObjectEntry[]> {
  const kinds = KINDS.filter(
    (one) => !FOREIGN_GROUPS.includes(one.group) && (kind === undefined || one.kind === kind),
  );
  const selection = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
  const lists = await Promise.all(
    kinds.map(async ({ group, kind: word, versions }) => {
      const plural = pluralOf(word);
      for (const version of versions.toReversed()) {
        const resource: KubeResource = { group, version, kind: word, plural };
        const objects = await cluster.list(resource, selection);
        if (objects !== undefined) return { objects, resource };
      }
      return undefined;
    }),
  );
  const known = new Map((await saying).map((entry) => [keyOf(entry.ref), entry]));
  const entries = lists.flatMap((list) =>
    list === undefined ? [] : list.objects.map((object) => toEntry(object, list.resource, known)),
  );
  const order = ({ ref }: ObjectEntry): string => `${ref.namespace}\0${ref.name}\0${ref.group}`;
  return entries.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
}

function keyOf(ref: Pick<ObjectEntry["ref"], "group" | "kind" | "namespace" | "name">): string {
  return `${ref.group}/${ref.kind}/${ref.namespace}/${ref.name}`;
}

function toEntry(
  object: KubeObject,
  { group, kind }: KubeResource,
  known: ReadonlyMap<string, ObjectEntry>,
): ObjectEntry {
  const { namespace, name, generation, raw } = object;
  const ref = { group, kind, namespace, name, generation };
  const said = known.get(keyOf(ref));
  const status = readStatus(raw.status);
  const metadata = isRecord(raw.metadata) ? raw.metadata : {};
  return {
    ref,
    apiVersion: textOr(raw.apiVersion, ""),
    service: said?.service ?? (isRecord(raw.spec) ? textOr(raw.spec.service, "") : ""),
    createdAt: textOr(metadata.creationTimestamp, ""),
    location: "",
    proxies: status.proxies === "" ? (said?.proxies ?? "") : status.proxies,
    summary: status.summary === "" ? (said?.summary ?? "") : status.summary,
    conditions: status.conditions.length === 0 ? (said?.conditions ?? []) : status.conditions,
    problems: said?.problems ?? [],
    spec: raw.spec,
  };
}

interface WrittenStatus {
  readonly proxies: string;
  readonly summary: string;
  readonly conditions: readonly Condition[];
}

/** Others may have written something else there: then there is none of ours. */
function readStatus(value: unknown): WrittenStatus {
  const none = { proxies: "", summary: "", conditions: [] };
  if (!isRecord(value)) return none;
  const { proxies, summary } = value;
  try {
    const conditions = new Answer(value).listOrEmpty("conditions", readCondition);
    return { proxies: textOr(proxies, ""), summary: textOr(summary, ""), conditions };
  } catch (error) {
    if (error instanceof AnswerError) return none;
    throw error;
  }
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}
