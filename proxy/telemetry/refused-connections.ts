/** What was refused because no more files may be open: counted, and told now and then. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { OpenSockets } from "../net/open-sockets.ts";

/** Refusals come in crowds: one line for each would be one more burden. */
const TELL_EVERY_MS = 60_000;

export interface RefusedConnectionsDeps {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

export function watchRefusedConnections(sockets: OpenSockets, deps: RefusedConnectionsDeps): void {
  const { metrics, clock, log } = deps;
  metrics.observe({
    name: "heddle_refused_connections_total",
    help: "Connections, of callers and to endpoints, refused because too many files are open.",
    type: "counter",
    read: (emit) => emit(sockets.refused),
  });
  let toldMs = Number.NEGATIVE_INFINITY;
  sockets.onRefused = () => {
    const nowMs = clock.nowMs();
    if (nowMs - toldMs < TELL_EVERY_MS) return;
    toldMs = nowMs;
    log.warn("connections are refused: too many files are open", {
      refused: sockets.refused,
      open: sockets.open,
      connectionsMax: sockets.max,
      hint: "raise the limit of open files (ulimit -n)",
    });
  };
}
