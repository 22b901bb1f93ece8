/** What a route does to a request beside choosing where it goes. */
import type { Match } from "./match.ts";
import type { ServiceKey } from "./service-key.ts";

/** Each is null, or empty, where the route says nothing: the layer for it is then left out. */
export interface RouteBehaviour {
  readonly mirror: Mirror | null;
  readonly delay: DelayFault | null;
  readonly abort: AbortFault | null;
  readonly requestHeaders: HeaderEdits | null;
  readonly answerHeaders: HeaderEdits | null;
  readonly rewrite: Rewrite | null;
  /** Answers in place of any backend. */
  readonly redirect: Redirect | null;
  readonly rateLimit: RateLimit | null;
  readonly importance: Importance;
}

/** What is shed first under load: sheddable, then normal, and critical last. */
export type Importance = "critical" | "normal" | "sheddable";

/** Copies requests to another service. The primary is never delayed or failed by it. */
export interface Mirror {
  readonly service: ServiceKey;
  /** Share of requests, 0 to 1; 1 where `match` decides. */
  readonly share: number;
  readonly match: Match | null;
  /** A request with a longer body is not copied, and counted. */
  readonly bodyBytesMax: number;
  /** Count answers whose status differs, and record how much longer the copy took. */
  readonly compare: boolean;
}

export interface DelayFault {
  readonly share: number;
  readonly minMs: number;
  readonly maxMs: number;
}

export interface AbortFault {
  readonly share: number;
  readonly status: number;
}

export interface HeaderEdits {
  /** Names in lower case throughout. */
  readonly set: readonly HeaderValue[];
  readonly add: readonly HeaderValue[];
  readonly remove: readonly string[];
}

export interface HeaderValue {
  readonly name: string;
  readonly value: string;
}

/** Empty texts leave their part as it is; the query always stays. */
export interface Rewrite {
  readonly path: string;
  /** Takes the place of `matchedPrefix` at the head of the path. */
  readonly pathPrefix: string;
  readonly matchedPrefix: string;
  readonly host: string;
}

export const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const;

export interface Redirect {
  readonly status: (typeof REDIRECT_STATUSES)[number];
  /** Empty texts keep the request's own. */
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly pathPrefix: string;
  readonly matchedPrefix: string;
}

/** Kept by each proxy for itself, on the way in. */
export interface RateLimit {
  readonly requestsPerSecond: number;
  readonly burst: number;
  /** Lower case; each value is counted by itself. Empty: all together. */
  readonly header: string;
}

/** Bounds how much one proxy asks of a destination at a time. */
export interface Concurrency {
  /** Zero means none. */
  readonly limit: number;
  readonly queueLength: number;
  readonly queueTimeoutMs: number;
  /** Finds the limit from how latency answers to load, never above `limit` where one is set. */
  readonly adaptive: boolean;
  /** Lower case. A header of the caller's that names the importance; empty: only routes do. */
  readonly importanceHeader: string;
}

export const DEFAULT_BEHAVIOUR: RouteBehaviour = {
  mirror: null,
  delay: null,
  abort: null,
  requestHeaders: null,
  answerHeaders: null,
  rewrite: null,
  redirect: null,
  rateLimit: null,
  importance: "normal",
};

export const DEFAULT_CONCURRENCY: Concurrency = {
  limit: 0,
  queueLength: 0,
  queueTimeoutMs: 0,
  adaptive: false,
  importanceHeader: "",
};
