/**
 * Chooses the endpoint of one TCP connection by the balancer of its backend. The endpoint counts
 * as busy for as long as the connection lives, and what is learnt of it is how long it takes to
 * connect. One that cannot be reached has seen nothing, so another is tried: never one that failed
 * before, so often as the route's retries allow, out of the destination's budget.
 */
import { Fault } from "../../base/fault.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import type { EndpointChoice } from "../connection/tcp-route.ts";
import { FAILED_ENDPOINTS_MAX, FailedEndpoints } from "../exchange/failed-endpoints.ts";
import type { RetryBudget } from "../limits/retry-budget.ts";

/** One backend, for connections that are nobody else's. */
export interface ConnectionBackend {
  readonly key: ServiceKey;
  /** One of `failed` only when there is no other; null when there is none at all. */
  pickForConnection(nowMs: number, failed: FailedEndpoints | null): EndpointLoad | null;
  /** Whether a new connection there leads to the endpoint, and to nobody else. */
  mayDial(load: EndpointLoad): boolean;
  /** Whether the endpoint took the connection, for eviction. */
  connectEnded(load: EndpointLoad, connected: boolean, nowMs: number): void;
  /** Why there is nothing to pick. */
  describe(): string;
}

const NO_BACKEND = new Fault("backend-invalid", "this rule has no valid backend");

export class ConnectionChoice implements EndpointChoice {
  problem = NO_BACKEND;
  readonly #backend: ConnectionBackend | null;
  readonly #retriesMax: number;
  readonly #budget: RetryBudget;
  #tries = 0;
  #failed: FailedEndpoints | null = null;
  #load: EndpointLoad | null = null;

  /** `backend` is null where the rule has none that is valid. */
  constructor(backend: ConnectionBackend | null, retriesMax: number, budget: RetryBudget) {
    this.#backend = backend;
    this.#retriesMax = retriesMax;
    this.#budget = budget;
  }

  get backend(): ServiceKey | "" {
    return this.#backend?.key ?? "";
  }

  next(nowMs: number): Endpoint | null {
    const backend = this.#backend;
    if (backend === null) return null;
    if (this.#tries === 0) this.#budget.deposit(nowMs);
    else if (this.#tries > this.#retriesMax) return null;
    const load = this.#pick(backend, nowMs);
    if (load === null) {
      if (this.#tries === 0) this.problem = new Fault("no-endpoints", backend.describe());
      return null;
    }
    if (this.#tries > 0 && !this.#budget.tryWithdraw(nowMs)) return null;
    this.#tries += 1;
    this.#load = load;
    load.start();
    return load.endpoint;
  }

  connected(nowMs: number, latencyMs: number): void {
    const load = this.#load;
    if (load === null) return;
    load.learn(nowMs, latencyMs, false);
    this.#backend?.connectEnded(load, true, nowMs);
  }

  failed(nowMs: number, latencyMs: number, fault: Fault): void {
    const load = this.#load;
    this.problem = fault;
    if (load === null) return;
    this.release();
    this.#avoid(load);
    // What fails on our side says nothing of the endpoint.
    if (fault.side !== "upstream") {
      this.#tries = this.#retriesMax + 1;
      return;
    }
    load.learn(nowMs, latencyMs, true);
    this.#backend?.connectEnded(load, false, nowMs);
  }

  release(): void {
    this.#load?.abandon();
    this.#load = null;
  }

  /** One that has not failed this connection, and that may be dialled. */
  #pick(backend: ConnectionBackend, nowMs: number): EndpointLoad | null {
    for (let count = 0; count < FAILED_ENDPOINTS_MAX; count += 1) {
      const load = backend.pickForConnection(nowMs, this.#failed);
      if (load === null || this.#failed?.includes(load) === true) return null;
      if (backend.mayDial(load)) return load;
      this.#avoid(load);
    }
    return null;
  }

  #avoid(load: EndpointLoad): void {
    this.#failed ??= new FailedEndpoints();
    this.#failed.add(load);
  }
}
