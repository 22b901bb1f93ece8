/**
 * What one object of the user's asks for, in the mesh's own words, whatever group and version it
 * was written in. `crds/` translates each kind into one of these; the operator merges them into
 * destinations. Nothing here is checked against other objects yet.
 */

import type { PortRange } from "../base/port-ranges.ts";
import type { Balancer, Breaker, Discovery, NodePreference } from "./backend-settings.ts";
import type { ObjectRef, ResponseClass } from "./destination.ts";
import type { EndpointProtocol, EndpointState } from "./endpoint-set.ts";
import type { Match } from "./match.ts";
import type { Retry, RetryBudget } from "./retry.ts";
import {
  type Concurrency,
  DEFAULT_BEHAVIOUR,
  type Mirror,
  type RouteBehaviour,
} from "./route-behaviour.ts";

export type Intent =
  | ProfileIntent
  | SplitIntent
  | PolicyIntent
  | RouteGroupIntent
  | ServiceIntent
  | EndpointSliceIntent;

/** Where an object stands, for messages: `shop/web.yaml:12:3`, lines and columns from 1. */
export interface Location {
  readonly file: string;
  /** The document's place in the file, from 0. */
  readonly document: number;
  readonly line: number;
  readonly column: number;
}

export interface IntentObject {
  readonly ref: ObjectRef;
  /** As written: `heddle.mesh/v1alpha1`. */
  readonly apiVersion: string;
  readonly location: Location;
  /** Since the epoch; only where objects stand in no files, whose place says who was first. */
  readonly createdAtWallMs?: number;
  readonly intent: Intent;
  /** Fields that were accepted and are not enforced yet, as dotted paths. */
  readonly notEnforced: readonly string[];
}

export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

export interface ProfileIntent {
  readonly type: "profile";
  /** The service it speaks about. Its own namespace is the client's where they differ. */
  readonly service: ServiceName;
  readonly routes: readonly RouteIntent[];
  readonly budget: RetryBudget | null;
  /** `authority` resolved to a service; port 0 means the port that is looked up. */
  readonly overrides: readonly BackendIntent[];
  /** These are null where the profile says nothing, and each is decided by itself. */
  readonly balancer: Balancer | null;
  readonly breaker: Breaker | null;
  readonly discovery: Discovery | null;
  readonly concurrency: Concurrency | null;
  /** Of the service; they take the place of those that the Service itself names. */
  readonly opaquePorts: readonly PortRange[] | null;
}

export interface RouteIntent {
  readonly name: string;
  readonly match: Match;
  /** Higher goes first; equal keep the order of the list. */
  readonly priority: number;
  readonly responseClasses: readonly ResponseClass[];
  readonly isRetryable: boolean;
  readonly requestTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly behaviour: BehaviourIntent;
}

/** The mirror by its service's name: its port is the one that is called. */
export interface BehaviourIntent extends Omit<RouteBehaviour, "mirror"> {
  readonly mirror: MirrorIntent | null;
}

export const DEFAULT_BEHAVIOUR_INTENT: BehaviourIntent = { ...DEFAULT_BEHAVIOUR, mirror: null };

export interface MirrorIntent extends Omit<Mirror, "service"> {
  readonly service: ServiceName;
}

export interface BackendIntent {
  readonly service: ServiceName;
  readonly port: number;
  /** In thousandths, so that `500m` is exact: a whole number from 0. */
  readonly weightMilli: number;
}

export interface SplitIntent {
  readonly type: "split";
  readonly service: ServiceName;
  readonly backends: readonly BackendIntent[];
  /** Empty: all traffic. Otherwise only what matches any of them; the rest goes to the apex. */
  readonly matches: readonly SplitMatch[];
}

export type SplitMatch =
  | { readonly kind: "match"; readonly match: Match }
  /** SMI: all matches of a group, or those named. The group stands in the split's namespace. */
  | { readonly kind: "group"; readonly group: string; readonly names: readonly string[] };

/** `HTTPRouteGroup` of `specs.smi-spec.io`. */
export interface RouteGroupIntent {
  readonly type: "route-group";
  readonly matches: readonly { readonly name: string; readonly match: Match }[];
}

export interface PolicyIntent {
  readonly type: "policy";
  readonly service: ServiceName;
  /** Names of routes; empty means every route of the service. */
  readonly routes: readonly string[];
  readonly retry: PolicyRetry;
  readonly budget: RetryBudget | null;
}

/** What happened to a try that makes another one wanted. */
export type RetryConditions = Pick<
  Retry,
  "statuses" | "grpcCodes" | "onReset" | "onRefusedStream" | "onPerTryTimeout"
>;

/** Whether a route may be repeated is for profiles to say. */
export interface PolicyRetry extends Omit<Retry, "object" | "isRetryable" | keyof RetryConditions> {
  /** Null: the policy leaves it to the route. */
  readonly conditions: RetryConditions | null;
}

export interface ServiceIntent {
  readonly type: "service";
  readonly clusterIps: readonly string[];
  /** Of its addresses and endpoints, the one that counts first; empty where it does not say. */
  readonly ipFamilies: readonly IpFamily[];
  readonly headless: boolean;
  /** Set for `type: ExternalName`. */
  readonly externalName: string;
  readonly ports: readonly ServicePortIntent[];
  /** From an annotation; null where it is not there. */
  readonly opaquePorts: readonly PortRange[] | null;
  /** What being on the caller's node means for an endpoint. */
  readonly nodes: NodePreference;
}

export type IpFamily = "IPv4" | "IPv6";

export interface ServicePortIntent {
  readonly name: string;
  readonly port: number;
  /** A number, or the name of a port of the pods. */
  readonly targetPort: number | string;
  readonly appProtocol: string;
}

export interface EndpointSliceIntent {
  readonly type: "endpoint-slice";
  /** A proxy of ours stands in front of all of its endpoints, says its label. */
  readonly proxied: boolean;
  /** From the label `kubernetes.io/service-name`. */
  readonly service: ServiceName;
  /** Of the very Service that it was made for; empty when nobody says. */
  readonly serviceUid: string;
  readonly ports: readonly {
    readonly name: string;
    /** 0 when the slice leaves it open. */
    readonly port: number;
    readonly appProtocol: string;
  }[];
  readonly endpoints: readonly SliceEndpoint[];
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly state: EndpointState;
  readonly hostname: string;
  readonly node: string;
  readonly zone: string;
  readonly zoneHints?: readonly string[];
  /** `targetRef.uid`; empty when there is none. */
  readonly targetUid: string;
  readonly protocol: EndpointProtocol;
}
