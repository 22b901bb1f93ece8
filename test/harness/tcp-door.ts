/**
 * A door through which every connection is carried to one service of a running proxy, as it is:
 * what a redirected connection becomes once it is known to be no HTTP.
 */
import { systemClock, systemTimers } from "../../base/platform/system.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { TcpTunnel } from "../../proxy/connection/tcp-tunnel.ts";
import { createNodeNetwork } from "../../proxy/net/node-network.ts";
import type { Listener, Stream } from "../../proxy/net/stream.ts";
import { service } from "./fake-table.ts";
import type { RunningProxy } from "./running-proxy.ts";
import { until } from "./until.ts";

const CONNECT_TIMEOUT_MS = 10_000;

export class TcpDoor {
  /** How tunnels ended, by reason or by the code of the fault. */
  readonly ends: string[] = [];
  /** Clients whose tunnels are open. */
  readonly clients = new Set<Stream>();
  readonly #listener: Listener;

  private constructor(listener: Listener) {
    this.#listener = listener;
  }

  static async open(proxy: RunningProxy, name: string): Promise<TcpDoor> {
    const network = createNodeNetwork();
    const wheel = new TimerWheel({ clock: systemClock, timers: systemTimers });
    const { table } = proxy.app.outbound;
    const slot = table.slot(service(name), systemClock.nowMs());
    await until(`${name} is known`, () => slot.stack !== null);
    const timing = { connectTimeoutMs: CONNECT_TIMEOUT_MS };
    const deps = { network, clock: systemClock, wheel, timing };
    const accept = (stream: Stream): void => {
      const { stack } = slot;
      if (stack === null) {
        stream.reset();
        return;
      }
      door.clients.add(stream);
      const over = (how: string): void => {
        door.clients.delete(stream);
        door.ends.push(how);
      };
      const tunnel = new TcpTunnel(stack.tcp, deps, {
        connected: () => {},
        serverSpoke: () => {},
        failed: ({ code }) => over(code),
        ended: over,
      });
      tunnel.join(stream);
    };
    const options = { host: "127.0.0.1", port: 0, backlog: 1_024, refusesOwn: true, accept };
    const door = new TcpDoor(await network.listen(options));
    return door;
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Bytes for clients that the kernel has not taken yet, of the one that has most. */
  get unsentBytesMost(): number {
    return Math.max(0, ...[...this.clients].map(({ unsentBytes }) => unsentBytes));
  }

  close(): void {
    this.#listener.close();
    for (const client of [...this.clients]) client.destroy();
  }
}
