/**
 * Ways to single addresses that somebody has named and the mesh does not choose: outside of it,
 * or an endpoint that a caller picked by itself. Each gets a stack like any other destination, so
 * that limits, metrics and the log hold for it too. Only so many are kept: callers name them.
 */
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { DestinationStack } from "../exchange/stacks.ts";
import {
  composeFixed,
  type FixedStack,
  type FixedStackDeps,
  type FixedTarget,
} from "./compose-fixed.ts";

export const PASSAGES_MAX = 256;

export class Passages {
  readonly #deps: FixedStackDeps;
  /** In the order of use, the longest unused first. */
  readonly #ways = new Map<string, FixedStack>();

  constructor(deps: FixedStackDeps) {
    this.#deps = deps;
  }

  /** `service` is what it counts as in metrics. */
  stack(service: ServiceKey, target: FixedTarget): DestinationStack {
    const name = `${service} ${target.address} ${target.port}`;
    const known = this.#ways.get(name);
    const way = known ?? composeFixed(service, target, this.#deps);
    if (known !== undefined) this.#ways.delete(name);
    else if (this.#ways.size >= PASSAGES_MAX) this.#closeOldest();
    this.#ways.set(name, way);
    return way.stack;
  }

  #closeOldest(): void {
    for (const [name, way] of this.#ways) {
      this.#ways.delete(name);
      way.close(way.stack);
      return;
    }
  }
}
