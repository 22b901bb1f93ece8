/**
 * The way in of a transparent proxy: callers dial an application of this workload, and the kernel
 * redirects them here. Whoever dials the inbound door itself has come past the redirection, which
 * is told, and is served as in explicit mode.
 */
import type { Address } from "../../base/address.ts";
import type { Log } from "../../base/log.ts";
import type { TcpRoute } from "../connection/tcp-route.ts";
import { INBOUND } from "../exchange/exchange.ts";
import type { Inbound } from "../inbound/inbound.ts";
import { UNNAMED_SERVICE } from "../inbound/inbound-apps.ts";
import type { Stream } from "../net/stream.ts";
import type { AddressTable } from "../outbound/address-table.ts";
import { FixedTcpRoute } from "../outbound/fixed-tcp-route.ts";
import type { RedirectRecorder } from "../telemetry/redirect-metrics.ts";
import type { TcpMetrics, TcpRecorder } from "../telemetry/tcp-recorder.ts";
import { ArrivingConnection, type ArrivingConnectionDeps } from "./arriving-connection.ts";
import { InboundPort } from "./inbound-port.ts";
import { type Arrivals, InboundPorts } from "./inbound-ports.ts";
import { type UnreachedApp, UnreachedApps } from "./unreached-apps.ts";

/** They come in crowds: one line for each would tell nothing more. */
const TELL_EVERY_MS = 60_000;

export interface TransparentInboundDeps
  extends Omit<ArrivingConnectionDeps, "connections" | "ports" | "routeTo" | "unreached"> {
  readonly inbound: Inbound;
  readonly addresses: AddressTable;
  readonly recorder: RedirectRecorder;
  readonly tcpMetrics: TcpMetrics;
  readonly tcpIdleTimeoutMs: number;
  readonly log: Log;
}

export class TransparentInbound {
  readonly #deps: TransparentInboundDeps;
  readonly #connection: ArrivingConnectionDeps;
  readonly #ports: InboundPorts<InboundPort>;
  /** Of ports where nothing is known to listen. */
  readonly #unnamed: TcpRecorder;
  readonly #unreached: UnreachedApps;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(deps: TransparentInboundDeps) {
    this.#deps = deps;
    this.#unnamed = deps.tcpMetrics.open(INBOUND, UNNAMED_SERVICE);
    const { inbound, addresses, clock, log } = deps;
    this.#unreached = new UnreachedApps(clock, log);
    this.#ports = new InboundPorts((address) => new InboundPort(address, inbound, addresses));
    this.#connection = {
      ...deps,
      connections: deps.inbound.connections,
      ports: this.#ports,
      unreached: this.#unreached,
      routeTo: (meant) => this.#routeTo(meant),
    };
  }

  /** True: the connection is taken. False: it was not redirected. */
  take(stream: Stream): boolean {
    const meant = stream.originalDestination();
    // By another address of this machine it is our own door all the same.
    if (meant === null || meant.port === stream.localPort) {
      this.#notIntercepted(stream);
      return false;
    }
    this.#deps.recorder.count("endpoint");
    new ArrivingConnection(stream, meant, this.#connection).begin();
    return true;
  }

  arrivals(): readonly Arrivals[] {
    return this.#ports.describe();
  }

  unreached(): readonly UnreachedApp[] {
    return this.#unreached.describe();
  }

  #routeTo(meant: Address): TcpRoute {
    const { clock, tcpIdleTimeoutMs } = this.#deps;
    const app = this.#ports.find(meant)?.app(clock.nowMs()) ?? null;
    const tcp = app?.stack.tcp ?? null;
    return new FixedTcpRoute(meant.host, meant.port, {
      service: app?.service ?? UNNAMED_SERVICE,
      idleTimeoutMs: tcp?.idleTimeoutMs ?? tcpIdleTimeoutMs,
      recorder: tcp?.recorder ?? this.#unnamed,
    });
  }

  #notIntercepted({ remoteAddress }: Stream): void {
    const { clock, log, recorder } = this.#deps;
    recorder.count("not-intercepted");
    const nowMs = clock.nowMs();
    if (nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = nowMs;
    log.warn("callers come to the inbound port without being redirected there", {
      caller: remoteAddress,
      connections: recorder.of("not-intercepted"),
      hint: "callers must dial the application's own port",
    });
  }
}
