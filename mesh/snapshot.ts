/**
 * The unit of configuration: one resource at one revision. Its revision is the hash of its
 * canonical encoding, so that any replica of the operator can say whether a proxy is up to date.
 */
import type { AddressBinding } from "./address-binding.ts";
import type { Destination } from "./destination.ts";
import type { EndpointSet } from "./endpoint-set.ts";
import type { Workload } from "./workload.ts";

export const RESOURCE_TYPES = ["workload", "destination", "endpoints", "address"] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

export interface ResourceBodies {
  readonly workload: Workload;
  readonly destination: Destination;
  readonly endpoints: EndpointSet;
  readonly address: AddressBinding;
}

/** Names a resource. `key` is a service key, an address key, or empty for `workload`. */
export interface ResourceName {
  readonly type: ResourceType;
  readonly key: string;
}

/** Capabilities a proxy must have to take a snapshot. Closed: an unknown one is refused. */
export const FEATURES = [
  "http1",
  "split",
  "retry-unsent",
  "endpoint-deltas",
  "retry",
  "breaker",
  "balancing",
  "discovery",
  "concurrency",
  "mirror",
  "faults",
  "headers",
  "rewrite",
  "redirect",
  "rate-limit",
  "addresses",
  "dns-endpoints",
  "nodes",
] as const;
export type Feature = (typeof FEATURES)[number];

/** 128 bits of SHA-256 over the canonical encoding, in lower-case hex. */
export type Revision = string;

/** The revision of "there is no such resource". */
export const ABSENT: Revision = "absent";
