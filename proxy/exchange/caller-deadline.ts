/**
 * How much time the caller of a request gives, as its head says: `heddle-deadline` between
 * proxies and from applications that pass it on, `grpc-timeout` from those that speak gRPC. Where
 * there are both, the shorter counts.
 */
import { FieldName } from "../../wire/http1/field-name.ts";
import type { Head } from "../../wire/http1/head.ts";
import { NO_DEADLINE, parseDeadlineMs, parseGrpcTimeoutMs } from "../limits/remaining-time.ts";
import type { Exchange } from "./exchange.ts";

export const HEDDLE_DEADLINE = new FieldName("heddle-deadline");
export const GRPC_TIMEOUT = new FieldName("grpc-timeout");

/**
 * Milliseconds that remained when the request came; `NO_DEADLINE` when nothing says. Notes which
 * fields will have to be written anew.
 */
export function remainingMsOf(exchange: Exchange): number {
  const { head } = exchange;
  const grpcIndex = head.find(GRPC_TIMEOUT);
  exchange.hasGrpcTimeout = grpcIndex >= 0;
  const own = head.hasHeddle ? parsed(head, head.find(HEDDLE_DEADLINE), parseDeadlineMs) : -1;
  const grpc = parsed(head, grpcIndex, parseGrpcTimeoutMs);
  if (own === NO_DEADLINE) return grpc;
  return grpc === NO_DEADLINE ? own : Math.min(own, grpc);
}

function parsed(head: Head, index: number, parse: typeof parseDeadlineMs): number {
  if (index < 0) return NO_DEADLINE;
  return parse(head.bytes, head.valueStart(index), head.valueEnd(index));
}
