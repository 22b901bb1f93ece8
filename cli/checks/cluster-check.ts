/** What checks of a cluster have in common: what they may ask, and how they say what they found. */
import { isRecord } from "../../base/shape.ts";
import type { CheckResult, CheckVerdict } from "../../mesh/self-check.ts";
import { type Cluster, ClusterError } from "../cluster/cluster.ts";

export interface ClusterScene {
  readonly cluster: Cluster;
  /** Where Heddle is, or is to be. */
  readonly meshNamespace: string;
  /** Milliseconds since the epoch. */
  readonly wallMs: number;
}

/** One subject, and all that is found about it; none where it does not come up. */
export type ClusterCheck = (scene: ClusterScene) => Promise<readonly CheckResult[]>;

export function result(
  name: string,
  verdict: CheckVerdict,
  detail: string,
  hint = "",
): readonly CheckResult[] {
  return [{ name, verdict, detail, hint }];
}

/**
 * Who may not even look here has checked nothing, and a script must not take that for well: whether
 * the programs run, and before an installation, whether one may install.
 */
const ESSENTIAL: ReadonlySet<string> = new Set(["deployments", "install-rights"]);

/**
 * A check that could not look is told as such: what one may not see need not be broken, but nobody
 * should take it for well either. Without an essential one the whole has failed.
 */
export async function guarded(
  name: string,
  check: ClusterCheck,
  scene: ClusterScene,
): Promise<readonly CheckResult[]> {
  try {
    return await check(scene);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    if (error.status === 403) {
      const hint = "ask as somebody who may, with --context or --kubeconfig";
      const verdict = ESSENTIAL.has(name) ? "failed" : "warning";
      return result(name, verdict, `cannot be looked at: ${error.detail}`, hint);
    }
    return result(name, "failed", error.message);
  }
}

/** At most so many names stand in a line. */
const NAMES_MAX = 5;

/** `a, b and 3 more` */
export function listed(names: readonly string[]): string {
  const more = names.length - NAMES_MAX;
  const shown = names.slice(0, NAMES_MAX).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** The fields of a part of an object; none where there is no such part. */
export function partOf(object: unknown, ...path: readonly string[]) {
  let at: unknown = object;
  for (const key of path) at = isRecord(at) ? at[key] : undefined;
  return isRecord(at) ? at : {};
}

/** The records of a list in an object. */
export function listAt(object: unknown, key: string) {
  const value = isRecord(object) ? object[key] : undefined;
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function textAt(object: unknown, key: string): string {
  const value = isRecord(object) ? object[key] : undefined;
  return typeof value === "string" ? value : "";
}
