/**
 * What a proxy answers at `/explain?method=…&url=…&header=name:value`: what it would do with a
 * request, step by step and why, by the very tables that serve requests; with `address=host:port`
 * what it would do with one that is redirected on its way there, and without a `url` with any
 * connection. The command line and the dashboard read it, perhaps of another version: fields are
 * added, never renamed.
 */

import type { ObjectRef } from "./destination.ts";
import type { EndpointState } from "./endpoint-set.ts";
import type { ExplainedPolicy } from "./explain-policy.ts";
import type { PortProtocol } from "./port-protocol.ts";
import type { ServiceKey } from "./service-key.ts";
import type { Revision } from "./snapshot.ts";

export interface Explanation {
  readonly request: ExplainedRequest;
  /** What stands at the address that was dialled; null where a name decides. */
  readonly address: ExplainedAddress | null;
  /** The services that the authority may have meant, in the order they were asked for. */
  readonly namesTried: readonly ServiceKey[];
  /** The one that it means; null when the mesh knows none of them. */
  readonly service: ServiceKey | null;
  /** What the proxy holds of that service; null with `service`. */
  readonly destination: ExplainedDestination | null;
  /** Every rule that was tried, in order; the last is the one that matched. */
  readonly rules: readonly ExplainedRule[];
  readonly split: ExplainedSplit | null;
  readonly policy: ExplainedPolicy | null;
}

export interface ExplainedAddress {
  /** In the one way to write it, where it is an address: `10.96.0.1:80`. */
  readonly address: string;
  /** `pending`: no operator has told yet; `unknown`: the mesh knows nothing of it. */
  readonly state: "pending" | "unknown" | "service" | "endpoint";
  readonly service: ServiceKey | null;
  /** What is taken to be spoken there, the proxy's own list of opaque ports included. */
  readonly protocol: PortProtocol;
  /** The endpoint that was dialled by its own address; null for everything else. */
  readonly endpoint: { readonly id: string; readonly state: EndpointState } | null;
  /** Since it was told; 0 where nothing was. */
  readonly ageMs: number;
  /** Why what came last was refused; empty when it was not. */
  readonly problem: string;
}

/** Method and path are empty for a connection whose bytes are not looked at. */
export interface ExplainedRequest {
  readonly method: string;
  readonly authority: string;
  /** Without the query: what rules are held against. */
  readonly path: string;
}

export interface ExplainedDestination {
  readonly revision: Revision;
  /** Since the proxy took it over. */
  readonly ageMs: number;
  /** Every object that had a part in it. */
  readonly objects: readonly ObjectRef[];
}

/** One rule held against the request. */
export interface RuleTrial {
  /** Its place in the order, from 0. */
  readonly index: number;
  readonly matched: boolean;
  /** The first predicate that failed, in words; empty when it matched. */
  readonly failed: string;
}

export interface ExplainedRule extends RuleTrial {
  /** Empty for the default route. */
  readonly route: string;
  /** Who wrote the rule; null for what the mesh adds itself. */
  readonly object: ObjectRef | null;
}

export interface ExplainedSplit {
  /** Who set the weights; null when the service itself takes all. */
  readonly object: ObjectRef | null;
  /** Empty when the object names no valid backend. */
  readonly backends: readonly ExplainedBackend[];
}

export interface ExplainedBackend {
  readonly service: ServiceKey;
  readonly weight: number;
  /** Share of the picks when every backend can take requests, from 0 to 1. */
  readonly share: number;
  /** Some endpoint would take a request now; without one, the others share its part. */
  readonly available: boolean;
  /**
   * `live`, or why the source of its endpoints is not believed: `unsynced`, `emptied`, `unready`,
   * `stale`.
   */
  readonly standing: string;
  readonly endpoints: readonly ExplainedEndpoint[];
}

export interface ExplainedEndpoint {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly state: EndpointState;
  /** It is among those that the picker chooses from. */
  readonly eligible: boolean;
  readonly weight: number;
  readonly zone: string;
  /** What it is thought to take now. */
  readonly rttMs: number;
  /** Requests sent there and not finished. */
  readonly pending: number;
  /** What is compared when two are drawn: the lower gets the request. */
  readonly load: number;
  /** Why it is used though discovery does not list it any more; empty while it does. */
  readonly kept: string;
  /** Null where nothing is evicted. */
  readonly breaker: ExplainedBreaker | null;
}

/** What the breaker of one endpoint thinks of it. */
export interface ExplainedBreaker {
  readonly state: "closed" | "open" | "probing" | "slow-start";
  /** Why it is evicted, or should be; empty when all is well. */
  readonly reason: string;
  /** It should be evicted, and stays because too many are: chosen only when nothing is better. */
  readonly isPenalised: boolean;
  /** How long it has been so. */
  readonly forMs: number;
  /** When it may be probed; 0 when it is due, or not evicted. */
  readonly probeInMs: number;
  readonly consecutiveFailures: number;
}
