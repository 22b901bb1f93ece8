/**
 * A second exchange of the same request: a hedge beside a slow try, or a copy for a mirror. It has
 * its own head and its own idea of where the answer goes, so nothing that becomes of it touches
 * the first. Only made when the request is whole, so that nothing more will come for it.
 */
import { type Downstream, Exchange } from "./exchange.ts";
import type { KeptBody } from "./kept-body.ts";

/**
 * `body` is what will be sent, null where there is none: the first one's own, when the copy ends
 * no later than that, else a copy of it.
 */
export function copyExchange(
  first: Exchange,
  downstream: Downstream,
  body: KeptBody | null,
  nowMs: number,
): Exchange {
  const made = new Exchange(downstream, first.head.copy());
  made.begin(first.direction, nowMs);
  made.originalDestination = first.originalDestination;
  made.deadlineMs = first.deadlineMs;
  made.hasGrpcTimeout = first.hasGrpcTimeout;
  made.destination = first.destination;
  made.route = first.route;
  made.backend = first.backend;
  made.kept = body;
  made.requestEnded = true;
  made.requestEndedMs = nowMs;
  return made;
}
