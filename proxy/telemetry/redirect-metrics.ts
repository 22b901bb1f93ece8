/** What became of the connections that arrived at a door of a transparent proxy. */
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { CounterFamily, Metrics } from "../../base/metrics.ts";
import { type Direction, INBOUND } from "../exchange/exchange.ts";

const LABELS = ["direction", "kind"] as const;

/**
 * Where it was meant to go: a service; an endpoint that the caller chose; an address that the mesh
 * does not know; one about which nothing was heard in time. Or it was not redirected: the caller
 * means the proxy (`explicit`), or has gone past the rules (`not-intercepted`).
 */
export const REDIRECT_KINDS = [
  "service",
  "endpoint",
  "unknown",
  "unmanaged",
  "explicit",
  "not-intercepted",
] as const;
export type RedirectKind = (typeof REDIRECT_KINDS)[number];

export class RedirectMetrics {
  readonly #family: CounterFamily<typeof LABELS>;

  constructor(metrics: Metrics) {
    this.#family = metrics.counter({
      name: "heddle_redirect_connections_total",
      help: "Connections that arrived at a transparent proxy, by where they were meant to go.",
      labels: LABELS,
    });
  }

  open(direction: Direction): RedirectRecorder {
    return new RedirectRecorder(direction, this.#family);
  }
}

/** The numbers of one direction, for the life of the process. */
export class RedirectRecorder {
  readonly #slots = new Map<RedirectKind, CounterSlot>();

  constructor(direction: Direction, family: CounterFamily<typeof LABELS>) {
    const name = direction === INBOUND ? "inbound" : "outbound";
    for (const kind of REDIRECT_KINDS) this.#slots.set(kind, family.slot([name, kind]));
  }

  count(kind: RedirectKind): void {
    this.#slots.get(kind)?.add(1);
  }

  of(kind: RedirectKind): number {
    return this.#slots.get(kind)?.value ?? 0;
  }
}
