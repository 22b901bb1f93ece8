/** What is said between the inside of a cluster and the outside. */
import type { PartPaths } from "./part-paths.ts";

export interface NodeSettings {
  /** For everything that it writes. */
  readonly folder: string;
  /** Of all pods, below the root of every hierarchy. */
  readonly cgroup: string;
  readonly paths: PartPaths;
  readonly snapshotter: "overlayfs" | "native";
  /** Archives of images that pods can run. */
  readonly images: readonly string[];
}

export type NodeLine =
  | { readonly kind: "progress" | "failed"; readonly text: string }
  | { readonly kind: "ready" };
