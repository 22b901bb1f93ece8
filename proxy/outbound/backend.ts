/**
 * The concrete side of the way out: the endpoints of one service port, how loaded each looks, and
 * the connections to each. One backend serves every destination and route that names it, and
 * lives on when the configuration changes, with what it has learned.
 */
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Balancer } from "../../mesh/backend-settings.ts";
import type { EndpointSet } from "../../mesh/endpoint-set.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import { EndpointBalancer } from "../balance/endpoint-balancer.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import type { ClientConnectionDeps } from "../connection/client-connection.ts";
import type { BackendStack } from "../exchange/stacks.ts";
import { BalanceLayer, type EndpointSource } from "../layers/balance.ts";
import { FromBackend } from "../layers/junctions.ts";
import { compose, type Layer } from "../layers/layer.ts";
import { SendLayer } from "../layers/send.ts";
import { EndpointPool, type PoolLimits } from "../pool/endpoint-pool.ts";

export interface BackendDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly connection: ClientConnectionDeps;
  readonly poolLimits: PoolLimits;
}

export class Backend implements BackendStack, EndpointSource {
  readonly key: ServiceKey;
  readonly top: Layer;
  readonly #deps: BackendDeps;
  readonly #balancer: EndpointBalancer;
  readonly #pools = new Map<EndpointLoad, EndpointPool>();
  #endpoints: EndpointSet;

  constructor(set: EndpointSet, balancer: Balancer, deps: BackendDeps) {
    this.key = set.service;
    this.#deps = deps;
    this.#endpoints = set;
    this.#balancer = new EndpointBalancer(balancer, deps.random);
    this.top = compose([
      new FromBackend(),
      new BalanceLayer(this, deps.clock),
      new SendLayer(this),
    ]).top;
    this.update(set);
  }

  get endpoints(): EndpointSet {
    return this.#endpoints;
  }

  get available(): boolean {
    return this.#balancer.picker.size > 0;
  }

  get loads(): IterableIterator<EndpointLoad> {
    return this.#balancer.loads;
  }

  isEligible(load: EndpointLoad): boolean {
    return this.#balancer.picker.includes(load);
  }

  update(set: EndpointSet): void {
    this.#endpoints = set;
    this.#balancer.update(set.endpoints, this.#deps.clock.nowMs());
    const current = new Set(this.#balancer.loads);
    for (const [load, pool] of this.#pools) {
      if (current.has(load)) continue;
      this.#pools.delete(load);
      pool.retire();
    }
  }

  pick(nowMs: number, avoid: EndpointLoad | null): EndpointLoad | null {
    return this.#balancer.picker.pick(nowMs, avoid);
  }

  /** Why there is nothing to pick. */
  describe(): string {
    const count = this.#endpoints.endpoints.length;
    return count === 0
      ? `${this.key} has no endpoints`
      : `none of the ${count} endpoints of ${this.key} is ready`;
  }

  pool(load: EndpointLoad): EndpointPool {
    const known = this.#pools.get(load);
    if (known !== undefined) return known;
    const made = new EndpointPool(load.endpoint, this.#deps.connection, this.#deps.poolLimits);
    this.#pools.set(load, made);
    return made;
  }

  /** What pools hold now, for metrics. */
  countConnections(): { readonly open: number; readonly idle: number } {
    let open = 0;
    let idle = 0;
    for (const pool of this.#pools.values()) {
      open += pool.openCount;
      idle += pool.idleCount;
    }
    return { open, idle };
  }

  /** Nobody names it any more. What is under way is finished. */
  retire(): void {
    for (const pool of this.#pools.values()) pool.retire();
    this.#pools.clear();
  }
}
