/** How the protocol of connections was found out, and how often somebody was waited for in vain. */
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { CounterFamily, Metrics } from "../../base/metrics.ts";
import { type Direction, INBOUND } from "../exchange/exchange.ts";

const RESULT_LABELS = ["direction", "result"] as const;
const WAIT_LABELS = ["direction", "wait"] as const;

/**
 * By its first bytes; because the server spoke first; because an object or the list of ports said
 * so; not at all, because the client left.
 */
export const DETECT_RESULTS = [
  "http1",
  "http2",
  "tls",
  "opaque",
  "server-first",
  "hint",
  "ended",
] as const;
export type DetectResult = (typeof DETECT_RESULTS)[number];

/** Nobody had spoken, so the server was dialled; what had come was still not enough to decide. */
export const DETECT_WAITS = ["silent", "undecided"] as const;
export type DetectWait = (typeof DETECT_WAITS)[number];

export class DetectMetrics {
  readonly #results: CounterFamily<typeof RESULT_LABELS>;
  readonly #waits: CounterFamily<typeof WAIT_LABELS>;

  constructor(metrics: Metrics) {
    this.#results = metrics.counter({
      name: "heddle_detect_connections_total",
      help: "Connections whose protocol was to be found out, by the result.",
      labels: RESULT_LABELS,
    });
    this.#waits = metrics.counter({
      name: "heddle_detect_timeouts_total",
      help: "Waits for a connection's first bytes that passed in vain.",
      labels: WAIT_LABELS,
    });
  }

  open(direction: Direction): DetectRecorder {
    return new DetectRecorder(direction, this.#results, this.#waits);
  }
}

/** The numbers of one direction, for the life of the process. */
export class DetectRecorder {
  readonly #results = new Map<DetectResult, CounterSlot>();
  readonly #waits = new Map<DetectWait, CounterSlot>();

  constructor(
    direction: Direction,
    results: CounterFamily<typeof RESULT_LABELS>,
    waits: CounterFamily<typeof WAIT_LABELS>,
  ) {
    const name = direction === INBOUND ? "inbound" : "outbound";
    for (const result of DETECT_RESULTS) this.#results.set(result, results.slot([name, result]));
    for (const wait of DETECT_WAITS) this.#waits.set(wait, waits.slot([name, wait]));
  }

  count(result: DetectResult): void {
    this.#results.get(result)?.add(1);
  }

  countTimeout(wait: DetectWait): void {
    this.#waits.get(wait)?.add(1);
  }
}
