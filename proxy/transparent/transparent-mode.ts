/** Joins what a proxy needs to serve connections that the kernel redirects to it. */
import type { Clock } from "../../base/clock.ts";
import type { IpFamily } from "../../base/ip-address.ts";
import type { Log } from "../../base/log.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { PortRange } from "../../base/port-ranges.ts";
import type { Random } from "../../base/random.ts";
import type { TimerWheel } from "../../base/timer-wheel.ts";
import type { Timers } from "../../base/timers.ts";
import type { ServerConnectionDeps } from "../connection/server-connection.ts";
import type { Configuration } from "../control/configuration.ts";
import type { DetectionTiming } from "../detect/detection.ts";
import { ServerFirstMemory } from "../detect/server-first-memory.ts";
import { INBOUND, OUTBOUND } from "../exchange/exchange.ts";
import type { Inbound } from "../inbound/inbound.ts";
import type { OpenSockets } from "../net/open-sockets.ts";
import type { Network } from "../net/stream.ts";
import { AddressTable } from "../outbound/address-table.ts";
import type { FixedStackDeps } from "../outbound/compose-fixed.ts";
import type { Outbound } from "../outbound/outbound.ts";
import { Passages } from "../outbound/passages.ts";
import { DetectMetrics } from "../telemetry/detect-metrics.ts";
import { RedirectMetrics, type RedirectRecorder } from "../telemetry/redirect-metrics.ts";
import type { Arrivals } from "./inbound-ports.ts";
import { observeInterception } from "./interception-metrics.ts";
import { InterceptionProof, type InterceptionProofDeps } from "./interception-proof.ts";
import { TransparentInbound } from "./transparent-inbound.ts";
import { TransparentOutbound } from "./transparent-outbound.ts";
import type { UnreachedApp } from "./unreached-apps.ts";

/**
 * Where there is no other endpoint to try, nothing is won by giving up before the kernel does,
 * which takes about two minutes (tcp_syn_retries). A client that is less patient leaves by itself.
 */
const OUTSIDE_CONNECT_TIMEOUT_MS = 130_000;

/**
 * An application that is too busy to accept makes the kernel try again after one, three and seven
 * seconds, and its caller would have waited as well. Not for ever: whether the caller has left is
 * not seen meanwhile, because it is not read.
 */
const APP_CONNECT_TIMEOUT_MS = 10_000;

/** Endpoints that applications have chosen by themselves, as those of StatefulSets. */
const DIALLED_ENDPOINTS_MAX = 1_024;

export interface TransparentModeDeps {
  readonly network: Network;
  readonly sockets: OpenSockets;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly wheel: TimerWheel;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly configuration: Configuration;
  readonly outbound: Outbound;
  /** Null: there is no door for what comes in. */
  readonly inbound: Inbound | null;
  readonly fixed: FixedStackDeps;
  readonly server: ServerConnectionDeps;
  /** False: there is nobody to ask what stands at an address. */
  readonly hasOperator: boolean;
  /** Of this process; null where the system has none. */
  readonly userId: number | null;
  readonly usedFamilies: () => readonly IpFamily[];
  /** Null: whatever comes here comes to this very thread. */
  readonly tellArrival: InterceptionProofDeps["tellArrival"];
  readonly opaquePorts: readonly PortRange[];
  readonly detectionTiming: DetectionTiming;
}

export class TransparentMode {
  readonly addresses: AddressTable;
  readonly outbound: TransparentOutbound;
  readonly inbound: TransparentInbound | null;
  readonly proof: InterceptionProof;
  readonly #arrived: RedirectRecorder;

  constructor(deps: TransparentModeDeps) {
    const { clock, wheel, network, fixed, metrics, inbound, log, opaquePorts, server } = deps;
    const redirects = new RedirectMetrics(metrics);
    this.#arrived = redirects.open(INBOUND);
    this.addresses = new AddressTable(deps);
    this.proof = new InterceptionProof(deps);
    observeInterception(metrics, this.proof);
    const detections = new DetectMetrics(metrics);
    const detection = {
      wheel,
      timing: deps.detectionTiming,
      targetBytesMax: server.limits.targetBytesMax,
    };
    const sockets = { network, clock, wheel };
    const parts = {
      clock,
      wheel,
      addresses: this.addresses,
      server,
      opaquePorts,
      tcpMetrics: fixed.compose.tcp,
      tcpIdleTimeoutMs: fixed.compose.tcpIdleTimeoutMs,
    };
    this.outbound = new TransparentOutbound({
      ...parts,
      outbound: deps.outbound,
      tunnel: { ...sockets, timing: fixed.backend.connection.timing },
      outsideTunnel: { ...sockets, timing: { connectTimeoutMs: OUTSIDE_CONNECT_TIMEOUT_MS } },
      passages: new Passages(fixed, DIALLED_ENDPOINTS_MAX),
      proof: this.proof,
      recorder: redirects.open(OUTBOUND),
      detection: {
        ...detection,
        serverFirst: new ServerFirstMemory(clock),
        recorder: detections.open(OUTBOUND),
      },
    });
    const arriving = { ...detection, serverFirst: null, recorder: detections.open(INBOUND) };
    const recorder = this.#arrived;
    this.inbound =
      inbound === null
        ? null
        : new TransparentInbound({
            ...parts,
            inbound,
            recorder,
            log,
            detection: arriving,
            tunnel: { ...sockets, timing: { connectTimeoutMs: APP_CONNECT_TIMEOUT_MS } },
          });
  }

  /** Connections to the inbound door that nothing had redirected there. */
  notInterceptedCount(): number {
    return this.#arrived.of("not-intercepted");
  }

  arrivals(): readonly Arrivals[] {
    return this.inbound?.arrivals() ?? [];
  }

  unreached(): readonly UnreachedApp[] {
    return this.inbound?.unreached() ?? [];
  }

  /** The doors are open. */
  start(outboundPort: number): void {
    this.proof.start(outboundPort);
  }

  stop(): void {
    this.proof.stop();
  }
}
