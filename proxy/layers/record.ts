/**
 * Says what became of each exchange: metrics of its route and backend, and the access log. Stands
 * right below the top, so that it sees what the caller sees, after retries and timeouts.
 */
import type { Clock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { AccessLog } from "../telemetry/access-log.ts";
import type { FaultRecorder } from "../telemetry/fault-recorder.ts";
import { Layer } from "./layer.ts";

export const CLIENT_GONE = new Fault("client-gone");

export interface RecordDeps {
  readonly clock: Clock;
  readonly faults: FaultRecorder;
  /** Null when it is off. */
  readonly accessLog: AccessLog | null;
}

export class RecordLayer extends Layer {
  readonly #clock: Clock;
  readonly #faults: FaultRecorder;
  readonly #accessLog: AccessLog | null;

  constructor(deps: RecordDeps) {
    super();
    this.#clock = deps.clock;
    this.#faults = deps.faults;
    this.#accessLog = deps.accessLog;
  }

  override head(exchange: Exchange, head: Head): void {
    exchange.status = head.status;
    this.above.head(exchange, head);
  }

  override end(exchange: Exchange): void {
    this.#record(exchange);
    this.above.end(exchange);
  }

  override fault(exchange: Exchange, fault: Fault): void {
    exchange.fault = fault;
    this.#faults.record(exchange, fault);
    // What the caller is told, when nothing was told yet, is the fault's status.
    if (!exchange.answered) exchange.status = fault.status;
    this.#record(exchange);
    this.above.fault(exchange, fault);
  }

  override cancel(exchange: Exchange): void {
    const fault = exchange.fault ?? CLIENT_GONE;
    exchange.fault = fault;
    this.#faults.record(exchange, fault);
    if (!exchange.answered) exchange.status = fault.status;
    this.#record(exchange);
    this.below.cancel(exchange);
  }

  #record(exchange: Exchange): void {
    exchange.endedMs = this.#clock.nowMs();
    exchange.route?.recorder.record(exchange);
    this.#accessLog?.record(exchange);
  }
}
