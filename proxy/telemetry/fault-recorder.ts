/** Counts the failures that the mesh itself told callers of, by code. */
import { FAULT_CODES, type Fault, type FaultCode } from "../../base/fault.ts";
import type { Log } from "../../base/log.ts";
import type { CounterSlot } from "../../base/metric-slots.ts";
import type { Metrics } from "../../base/metrics.ts";
import { type Direction, type Exchange, INBOUND } from "../exchange/exchange.ts";

export class FaultRecorder {
  readonly #log: Log;
  readonly #inbound = new Map<FaultCode, CounterSlot>();
  readonly #outbound = new Map<FaultCode, CounterSlot>();

  constructor(metrics: Metrics, log: Log) {
    this.#log = log;
    const family = metrics.counter({
      name: "heddle_faults_total",
      help: "Requests that the mesh failed, by the code in heddle-error.",
      labels: ["direction", "code"],
    });
    // All of them from the start: an alert on a series that was never there stays silent.
    for (const code of FAULT_CODES) {
      this.#inbound.set(code, family.slot(["inbound", code]));
      this.#outbound.set(code, family.slot(["outbound", code]));
    }
  }

  /** For what never became an exchange. */
  count(direction: Direction, fault: Fault): void {
    const slots = direction === INBOUND ? this.#inbound : this.#outbound;
    slots.get(fault.code)?.add(1);
  }

  record(exchange: Exchange, fault: Fault): void {
    this.count(exchange.direction, fault);
    // Failures come in crowds: one line each is for those who look for them.
    this.#log.debug("request failed", {
      code: fault.code,
      detail: fault.detail,
      service: exchange.destination?.key,
      endpoint: exchange.endpoint?.endpoint.id,
      attempt: exchange.attempt,
    });
  }
}
