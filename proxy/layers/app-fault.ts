/**
 * Tells, on the way in, an application that was not reached from one that failed: the first may
 * safely be tried at another endpoint by the caller's proxy, and is answered so.
 */
import type { Fault } from "../../base/fault.ts";
import { appFault } from "../connection/connect-fault.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { Layer } from "./layer.ts";

export class AppFaultLayer extends Layer {
  override fault(exchange: Exchange, fault: Fault): void {
    this.above.fault(exchange, appFault(fault));
  }
}
