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

/** Where whoever makes a table says nothing else. */
const PASSAGES_MAX = 256;

/** One in use counts as used anew no more often than this. */
const TOUCH_MS = 1_000;

export class Passage {
  readonly name: string;
  /** It has made room: whoever remembers it must ask for it again. */
  closed = false;
  touchedMs = 0;
  readonly #way: FixedStack;

  constructor(name: string, way: FixedStack) {
    this.name = name;
    this.#way = way;
  }

  get stack(): DestinationStack {
    return this.#way.stack;
  }

  close(): void {
    this.closed = true;
    this.#way.close(this.#way.stack);
  }
}

export class Passages {
  readonly #deps: FixedStackDeps;
  readonly #max: number;
  /** In the order of use, the longest unused first. */
  readonly #ways = new Map<string, Passage>();

  constructor(deps: FixedStackDeps, max = PASSAGES_MAX) {
    this.#deps = deps;
    this.#max = max;
  }

  /** `service` is what it counts as in metrics. */
  open(service: ServiceKey, target: FixedTarget, nowMs: number): Passage {
    const proxied = target.proxied === true ? "proxied " : "";
    const name = `${proxied}${service} ${target.address} ${target.port}`;
    const known = this.#ways.get(name);
    if (known !== undefined) {
      this.touch(known, nowMs);
      return known;
    }
    if (this.#ways.size >= this.#max) this.#closeOldest();
    const made = new Passage(name, composeFixed(service, target, this.#deps));
    made.touchedMs = nowMs;
    this.#ways.set(name, made);
    return made;
  }

  /** To be called for every use: those that are not used make room first. */
  touch(passage: Passage, nowMs: number): void {
    if (nowMs - passage.touchedMs < TOUCH_MS || passage.closed) return;
    passage.touchedMs = nowMs;
    this.#ways.delete(passage.name);
    this.#ways.set(passage.name, passage);
  }

  #closeOldest(): void {
    for (const [name, passage] of this.#ways) {
      this.#ways.delete(name);
      passage.close();
      return;
    }
  }
}
