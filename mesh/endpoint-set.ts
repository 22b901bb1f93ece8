import type { ServiceKey } from "./service-key.ts";

/** The endpoints of one service port, from one source, with that source's health. */
export interface EndpointSet {
  readonly service: ServiceKey;
  /** Which source said so: `files`, `kubernetes`, `consul` … For people, and for trust. */
  readonly source: string;
  /** False while the source has not yet told everything, or cannot be reached. */
  readonly synced: boolean;
  /** Sorted by `id`, no `id` twice. */
  readonly endpoints: readonly Endpoint[];
}

/** One address and port that serves. */
export interface Endpoint {
  /** Stable over changes of state: `address:port`, and the target's uid where there is one. */
  readonly id: string;
  /**
   * An IPv4 or IPv6 literal, without brackets; or, where a service is but another name for a host,
   * that host's name, which is looked up whenever it is dialled.
   */
  readonly address: string;
  readonly port: number;
  readonly state: EndpointState;
  readonly weight: number;
  readonly zone: string;
  /** Zones whose callers the source would have go here; absent where it says nothing. */
  readonly zoneHints?: readonly string[];
  readonly node: string;
  readonly protocol: EndpointProtocol;
  /** A Heddle proxy stands in front of it. */
  readonly proxied: boolean;
  /** SPIFFE ID that it must show under TLS; empty when unknown. */
  readonly identity: string;
}

/**
 * `ready` takes requests; `serving` is not ready but still works while it terminates;
 * `terminating` finishes what it has; `not-ready` is named, and takes nothing.
 */
export type EndpointState = "ready" | "serving" | "terminating" | "not-ready";

export type EndpointProtocol = "http1" | "http2" | "opaque" | "unknown";

/** RFC 1035 section 2.3.4, without the length of the root. */
export const HOST_NAME_LENGTH_MAX = 253;

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * A DNS name that stands where an address may, in lower case, as names of hosts are compared. One
 * whose last label is a number is an address that is written wrong (RFC 1123 section 2.1).
 */
export function isHostName(text: string): boolean {
  if (text.length > HOST_NAME_LENGTH_MAX) return false;
  const labels = text.split(".");
  return labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "");
}

/** Above this many entries changes travel as deltas. */
export const ENDPOINT_DELTA_THRESHOLD = 100;

export const ENDPOINTS_MAX = 50_000;

/** Kubernetes' own bound. */
export const ZONE_HINTS_MAX = 8;
