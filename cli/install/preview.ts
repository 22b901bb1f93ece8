/** What applying would change, asked of the API server itself: it knows its defaults, we do not. */
import { isRecord } from "../../base/shape.ts";
import type { Fields } from "../../inject/pod.ts";
import { type Cluster, ClusterError } from "../cluster/cluster.ts";
import { placeObject } from "./installed-kinds.ts";
import { diffLines } from "./line-diff.ts";

/** What the API server counts and writes down by itself. */
const OWN_METADATA: readonly string[] = [
  "creationTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
];

/** A diff of each object that would change, with its name above; empty when none would. */
export async function previewObjects(
  objects: readonly Fields[],
  cluster: Cluster,
): Promise<string> {
  const { stringify } = await import("../output/yaml-text.ts");
  const asText = (value: unknown): string =>
    stringify(withoutOwn(value), {
      lineWidth: 0,
      sortMapEntries: true,
      aliasDuplicateObjects: false,
    });
  let text = "";
  for (const object of objects) {
    const { path, label } = placeObject(object);
    const present = await cluster.find(path);
    if (present === undefined) {
      text += `${label}: would be created\n`;
      continue;
    }
    const after = await dryRun(cluster, path, object);
    const changes = diffLines(asText(present), asText(after));
    if (changes !== "") text += `${label}: would change\n${indent(changes)}`;
  }
  return text;
}

async function dryRun(cluster: Cluster, path: string, object: object): Promise<unknown> {
  try {
    return await cluster.apply(path, object, { dryRun: true });
  } catch (error) {
    // Of a kind that comes with this very upgrade there is nothing to compare with.
    if (error instanceof ClusterError && error.status === 404) return object;
    throw error;
  }
}

function withoutOwn(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { status: _status, metadata, ...rest } = value;
  if (!isRecord(metadata)) return rest;
  const kept = Object.entries(metadata).filter(([name]) => !OWN_METADATA.includes(name));
  return { ...rest, metadata: Object.fromEntries(kept) };
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
