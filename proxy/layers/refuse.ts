/**
 * Ends an exchange before any stack took it: told to the caller, counted, and written to the
 * access log like every other.
 */
import type { Fault } from "../../base/fault.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { RecordDeps } from "./record.ts";

export function refuseExchange(exchange: Exchange, fault: Fault, deps: RecordDeps): void {
  noteRefusal(exchange, fault, deps);
  exchange.active = false;
  exchange.downstream.fail(exchange, fault);
}

/** The same where the caller has been told already, or is gone. */
export function noteRefusal(exchange: Exchange, fault: Fault, deps: RecordDeps): void {
  exchange.fault = fault;
  exchange.status = fault.status;
  exchange.endedMs = deps.clock.nowMs();
  deps.faults.record(exchange, fault);
  deps.accessLog?.record(exchange);
}
