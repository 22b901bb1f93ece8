/**
 * The objects of the mesh as the API server has them. Their statuses are there to be read, also
 * while no operator answers; what statuses do not hold (problems with their fields, and verdicts
 * on objects of Linkerd and SMI, which are not ours to write into) is taken from what it said.
 */
import { isRecord } from "../../base/shape.ts";
import { KINDS } from "../../crds/kinds.ts";
import { pluralOf } from "../../crds/plural.ts";
import { readKnownFields } from "../../crds/read-known-fields.ts";
import { DEFAULT_READ_OPTIONS } from "../../crds/read-object.ts";
import type { JsonValue } from "../../crds/yaml-value.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import type { Selection } from "../../kube/selection.ts";
import type { ObjectEntry } from "../../mesh/operator-api.ts";
import type { Condition } from "../../mesh/status.ts";
import { Answer, AnswerError } from "../api/answer.ts";
import { type ObjectsQuery, readCondition } from "../api/operator-api.ts";
import { type Cluster, ClusterError } from "./cluster.ts";

const OWN_GROUP = "heddle.mesh";
/** Kinds that come with Kubernetes have no verdicts. */
const FOREIGN_GROUPS: readonly string[] = ["", "discovery.k8s.io"];

export interface Beside {
  readonly saying: Promise<readonly ObjectEntry[]>;
  /** Told what is left out. */
  readonly note: (text: string) => void;
}

export async function listObjects(
  cluster: Cluster,
  { kind, namespace, name }: ObjectsQuery,
  { saying, note }: Beside,
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
        const objects = await listKind(cluster, resource, { selection, note });
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

/** Undefined where the API server does not know the kind, or tells nothing of one not ours. */
async function listKind(
  cluster: Cluster,
  resource: KubeResource,
  { selection, note }: { readonly selection: Selection; readonly note: Beside["note"] },
): Promise<readonly KubeObject[] | undefined> {
  const { group, plural } = resource;
  try {
    const objects = await cluster.list(resource, selection);
    if (objects === undefined && group === OWN_GROUP) {
      note(`the cluster has no kind ${plural}.${group}: "heddle check" tells what is missing`);
    }
    return objects;
  } catch (error) {
    if (!(error instanceof ClusterError) || error.status !== 403) throw error;
    if (group === OWN_GROUP) throw selection.namespace === undefined ? ofAll(error) : error;
    // Whoever has no right to a kind is told so, whether there is one or not.
    if ((await cluster.find(`/apis/${group}`)) === undefined) return undefined;
    note(`${plural} of ${group} are left out, which you may not list`);
    return undefined;
  }
}

/** A right in one namespace is what most have. */
function ofAll({ detail, cause }: ClusterError): ClusterError {
  const advice = "name one namespace that you may look into with -n";
  return new ClusterError({ status: 403, reason: "Forbidden", detail, advice, cause });
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
    service: said?.service ?? serviceNamed(raw),
    createdAt: textOr(metadata.creationTimestamp, ""),
    location: "",
    proxies: status.proxies === "" ? (said?.proxies ?? "") : status.proxies,
    summary: status.summary === "" ? (said?.summary ?? "") : status.summary,
    conditions: status.conditions.length === 0 ? (said?.conditions ?? []) : status.conditions,
    problems: said?.problems ?? [],
    spec: raw.spec,
  };
}

/** `namespace/name` as the operator would say it; of an object that is wrong, what is written. */
function serviceNamed(raw: KubeObject["raw"]): string {
  // It came as JSON.
  const result = readKnownFields(raw as JsonValue, DEFAULT_READ_OPTIONS);
  const intent = result.found === "object" ? result.read.object?.intent : undefined;
  if (intent !== undefined && "service" in intent) {
    return `${intent.service.namespace}/${intent.service.name}`;
  }
  return isRecord(raw.spec) ? textOr(raw.spec.service, "") : "";
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
