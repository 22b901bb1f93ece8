/** The control side of a proxy, with real connections and nothing behind it. */
import { silentLog } from "../../../base/log.ts";
import { createSystemRandom, systemClock, systemTimers } from "../../../base/platform/system.ts";
import { formatServiceKey, type ServiceKey } from "../../../mesh/service-key.ts";
import { ControlClient } from "../../../proxy/control/client.ts";
import { Configuration } from "../../../proxy/control/configuration.ts";
import { createWebSocketConnector } from "../../../proxy/control/web-socket.ts";

export class LooseProxy {
  readonly #configuration: Configuration;
  readonly #client: ControlClient;
  readonly #key: ServiceKey;
  /** When it left an operator, by the system's clock. */
  readonly leftAtMs: number[] = [];
  #wasLive = false;

  /** `addresses` as `127.0.0.1:4190`; it begins with any of them. */
  constructor(name: string, namespace: string, addresses: readonly [string, ...string[]]) {
    const [first, ...others] = addresses;
    this.#configuration = new Configuration({ clock: systemClock, timers: systemTimers });
    this.#key = formatServiceKey({ scheme: "svc", namespace, name: "web", port: 80 });
    this.#client = new ControlClient({
      addresses: [`ws://${first}`, ...others.map((address) => `ws://${address}`)],
      connect: createWebSocketConnector(null),
      configuration: this.#configuration,
      proxy: { name, version: "1" },
      namespace,
      ...{ clock: systemClock, timers: systemTimers, random: createSystemRandom() },
      log: silentLog,
      changed: () => this.#changed(),
    });
    this.#client.start();
    this.#configuration.watch(this.#key);
  }

  /** `127.0.0.1:4190`, of the operator that it is at; empty where it is at none. */
  get operator(): string {
    const { state, address } = this.#client.status();
    return state === "live" ? address.replace("ws://", "") : "";
  }

  /** What of `web` is live. */
  get revision(): string {
    const entries = this.#configuration.entries();
    return (
      entries.find(({ key, type }) => key === this.#key && type === "destination")?.revision ?? ""
    );
  }

  stop(): void {
    this.#client.stop();
    this.#configuration.stop();
  }

  #changed(): void {
    const isLive = this.#client.status().state === "live";
    if (this.#wasLive && !isLive) this.leftAtMs.push(systemClock.nowMs());
    this.#wasLive = isLive;
  }
}
