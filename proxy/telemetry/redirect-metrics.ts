/** What became of the connections that arrived at a door of a transparent proxy. */
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { CounterFamily, Metrics } from "../../base/metrics.ts";
import { type Direction, INBOUND } from "../exchange/exchange.ts";

const LABELS = ["direction", "kind"] as const;
const AWAITED_LABELS = ["awaited"] as const;

/**
 * Where it was meant to go: a service; an endpoint that the caller chose; an address that the mesh
 * does not know; one about which nothing was heard in time. Or it was not redirected: the caller
 * means the proxy (`explicit`), or has gone past the rules (`not-intercepted`). Or it is cut,
 * because what the proxy dials comes back to it (`loop`).
 */
export const REDIRECT_KINDS = [
  "service",
  "endpoint",
  "unknown",
  "unmanaged",
  "explicit",
  "not-intercepted",
  "loop",
] as const;
export type RedirectKind = (typeof REDIRECT_KINDS)[number];

/** What was waited for in vain: the word about an address, or about the service behind it. */
const AWAITED = ["address", "destination"] as const;
export type Awaited = (typeof AWAITED)[number];

export class RedirectMetrics {
  readonly #family: CounterFamily<typeof LABELS>;
  readonly #unmanaged = new Map<Awaited, CounterSlot>();

  constructor(metrics: Metrics) {
    this.#family = metrics.counter({
      name: "heddle_redirect_connections_total",
      help: "Connections that arrived at a transparent proxy, by where they were meant to go.",
      labels: LABELS,
    });
    const unmanaged = metrics.counter({
      name: "heddle_unmanaged_total",
      help: "Connections and requests that went where they were meant to, without the mesh.",
      labels: AWAITED_LABELS,
    });
    for (const awaited of AWAITED) this.#unmanaged.set(awaited, unmanaged.slot([awaited]));
  }

  open(direction: Direction): RedirectRecorder {
    return new RedirectRecorder(direction, this.#family, this.#unmanaged);
  }
}

/** The numbers of one direction, for the life of the process. */
export class RedirectRecorder {
  readonly #slots = new Map<RedirectKind, CounterSlot>();
  readonly #unmanaged: ReadonlyMap<Awaited, CounterSlot>;

  constructor(
    direction: Direction,
    family: CounterFamily<typeof LABELS>,
    unmanaged: ReadonlyMap<Awaited, CounterSlot>,
  ) {
    this.#unmanaged = unmanaged;
    const name = direction === INBOUND ? "inbound" : "outbound";
    for (const kind of REDIRECT_KINDS) this.#slots.set(kind, family.slot([name, kind]));
  }

  count(kind: RedirectKind): void {
    this.#slots.get(kind)?.add(1);
  }

  /** Nothing was heard in time about where something goes, so it goes where it was meant to. */
  countUnmanaged(awaited: Awaited): void {
    this.#unmanaged.get(awaited)?.add(1);
  }

  of(kind: RedirectKind): number {
    return this.#slots.get(kind)?.value ?? 0;
  }
}
