/** Every object that the API server has, to see what an uninstallation leaves. */
import type { Tour } from "../tour.ts";

/** What the cluster writes about its own life, whatever anybody installs. */
const OWN_LIFE = [/^Event /, /^Lease kube-/, /^PodMetrics /, /^ComponentStatus /];

const remembered = new WeakMap<Tour, readonly string[]>();

export function rememberObjects(tour: Tour, objects: readonly string[]): void {
  remembered.set(tour, objects);
}

/** What there was when it was remembered; empty when nobody did. */
export function rememberedObjects(tour: Tour): readonly string[] {
  return remembered.get(tour) ?? [];
}

/** `Kind namespace/name`, sorted. */
export async function listObjects(tour: Tour): Promise<readonly string[]> {
  const kinds = await tour.kubectl(["api-resources", "--verbs=list", "-o", "name"]);
  const all = kinds.trim().split("\n").join(",");
  const row = '{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
  const text = await tour.kubectl(["get", all, "-A", "--ignore-not-found", `-o=jsonpath=${row}`]);
  const rows = text.split("\n").filter((line) => line !== "");
  return rows.filter((line) => !OWN_LIFE.some((one) => one.test(line))).sort();
}
