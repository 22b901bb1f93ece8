/**
 * What a contender is to the bench: something that can be started as one proxy in front of the two
 * backends, with the same work as all the others: ten routes, a 90/10 split, statistics on, access
 * log off, kept-alive connections to the backends, retries of what cannot be sent, one worker.
 */
import type { Child } from "./child.ts";
import type { Cores } from "./machine.ts";

export interface Place {
  /** A folder of its own for configuration, logs and process ids. */
  readonly folder: string;
  readonly port: number;
  readonly adminPort: number;
  /** Nine of ten requests go to the first. */
  readonly backendPorts: readonly [number, number];
  readonly cores: Cores;
}

export interface Contender {
  readonly name: string;
  readonly version: string;
  /** Writes the configuration. Called once, before any start. */
  prepare(place: Place): Promise<void>;
  /** Starts the proxy alone: what is started here is what is measured. */
  start(place: Place): Child;
  /** Ends what `prepare` started. */
  release(): Promise<void>;
}

/** A contender that this machine does not have, and what would bring it. */
export interface Absence {
  readonly name: string;
  readonly reason: string;
}

export const HOST = "web.bench.svc.cluster.local";

/** The eighth route of ten, so that a contender that tries routes in order pays for seven. */
export const PATH = "/api/r7/items";

export const ROUTE_PREFIXES: readonly string[] = Array.from({ length: 9 }, (_, i) => `/api/r${i}/`);

export const SPLIT_WEIGHTS: readonly [number, number] = [90, 10];

/** Idle connections that each contender may keep to a backend. */
export const POOL_CONNECTIONS_MAX = 256;

export const REQUEST_TIMEOUT_S = 30;
