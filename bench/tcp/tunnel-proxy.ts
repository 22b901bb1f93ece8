/**
 * The tunnel of the proxy, alone: every connection that comes to one port is carried to another,
 * through the network, the balancer and the recorder that the proxy has. What decides that a
 * connection is carried as it is costs nothing per byte, and needs redirected connections.
 *
 *   node bench/tcp/tunnel-proxy.ts LISTEN_PORT TARGET_PORT
 */
import { silentLog } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { becomeLean, NURSERY_MB } from "../../base/platform/lean-process.ts";
import { systemClock, systemTimers } from "../../base/platform/system.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { TcpTunnel } from "../../proxy/connection/tcp-tunnel.ts";
import { OUTBOUND } from "../../proxy/exchange/exchange.ts";
import { createNodeNetwork } from "../../proxy/net/node-network.ts";
import { FixedTcpRoute } from "../../proxy/outbound/fixed-tcp-route.ts";
import { FaultRecorder } from "../../proxy/telemetry/fault-recorder.ts";
import { TcpMetrics } from "../../proxy/telemetry/tcp-recorder.ts";

const SERVICE = formatServiceKey({ scheme: "svc", namespace: "bench", name: "tcp", port: 80 });

becomeLean(NURSERY_MB.proxy);
const [listenPort = 0, targetPort = 0] = process.argv.slice(2).map(Number);
const metrics = new Metrics({ clock: systemClock });
const recorder = new TcpMetrics(metrics, {
  clock: systemClock,
  faults: new FaultRecorder(metrics, silentLog),
  accessLog: null,
}).open(OUTBOUND, SERVICE);
const network = createNodeNetwork();
const deps = {
  network,
  clock: systemClock,
  wheel: new TimerWheel({ clock: systemClock, timers: systemTimers }),
  timing: { connectTimeoutMs: 1_000 },
};
const ignore = (): void => {};
const listener = { connected: ignore, serverSpoke: ignore, failed: ignore, ended: ignore };
await network.listen({
  host: "127.0.0.1",
  port: listenPort,
  backlog: 4_096,
  refusesOwn: true,
  accept: (stream) => {
    const options = { service: SERVICE, idleTimeoutMs: 0, recorder };
    const route = new FixedTcpRoute("127.0.0.1", targetPort, options);
    new TcpTunnel(route, deps, listener).join(stream);
  },
});
