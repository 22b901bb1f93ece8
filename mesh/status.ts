/** What the mesh says about an object: the same words in a cluster's status and off Kubernetes. */
import type { ObjectRef } from "./destination.ts";

export type ConditionType = "Accepted" | "ResolvedRefs" | "Conflicted" | "Programmed";

export interface Condition {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  /** One CamelCase word; the closed set stands in `REASONS`. */
  readonly reason: Reason;
  readonly message: string;
  readonly observedGeneration: number;
  /** RFC 3339. Moves when `status` changes, not when the message does. */
  readonly lastTransitionTime: string;
}

export const REASONS = [
  "Accepted",
  "Invalid",
  "UnknownField",
  "NotEnforced",
  "ResolvedRefs",
  "ServiceNotFound",
  "RouteGroupNotFound",
  "PortNotFound",
  "RouteNotFound",
  "TooLarge",
  "NoConflict",
  "Conflicted",
  "Overridden",
  "Programmed",
  "Pending",
  "Rejected",
  "ProxyTooOld",
  "NoSubscribers",
] as const;
export type Reason = (typeof REASONS)[number];

export interface ObjectStatus {
  readonly ref: ObjectRef;
  /** Where it stands: `file:line`, or empty in a cluster. */
  readonly location: string;
  readonly conditions: readonly Condition[];
  /** Proxies that hold this generation, of those subscribed to something it is part of: `12/12`. */
  readonly proxies: string;
  /** One line for a table, for instance `web-v1 90%, web-v2 10%`. */
  readonly summary: string;
}
