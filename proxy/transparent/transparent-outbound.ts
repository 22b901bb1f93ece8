/**
 * The way out of a transparent proxy: applications dial whom they mean, the kernel redirects them
 * here, and the address that they dialled says where each goes. Who dials the proxy itself is
 * served as in explicit mode.
 */
import type { Address } from "../../base/address.ts";
import type { PortRange } from "../../base/port-ranges.ts";
import type { TcpRoute } from "../connection/tcp-route.ts";
import { portHint } from "../detect/opaque-ports.ts";
import { OUTBOUND } from "../exchange/exchange.ts";
import type { Stream } from "../net/stream.ts";
import type { AddressSlot } from "../outbound/address-table.ts";
import { EGRESS_SERVICE } from "../outbound/egress.ts";
import { FixedTcpRoute } from "../outbound/fixed-tcp-route.ts";
import type { Outbound } from "../outbound/outbound.ts";
import type { Passages } from "../outbound/passages.ts";
import type { TcpMetrics, TcpRecorder } from "../telemetry/tcp-recorder.ts";
import { BoundExchanges } from "./bound-exchanges.ts";
import type { InterceptionProof } from "./interception-proof.ts";
import {
  type Meaning,
  RedirectedConnection,
  type RedirectedConnectionDeps,
} from "./redirected-connection.ts";

export interface TransparentOutboundDeps
  extends Omit<RedirectedConnectionDeps, "connections" | "meaningOf" | "straightOn"> {
  readonly outbound: Outbound;
  readonly passages: Passages;
  readonly proof: InterceptionProof;
  /** Where servers speak first, unless their objects say otherwise. */
  readonly opaquePorts: readonly PortRange[];
  readonly tcpMetrics: TcpMetrics;
  readonly tcpIdleTimeoutMs: number;
}

export class TransparentOutbound {
  readonly #deps: TransparentOutboundDeps;
  readonly #connection: RedirectedConnectionDeps;
  /** All that the mesh does not know counts as one. */
  readonly #unknown: TcpRecorder;
  readonly #exchanges = new WeakMap<AddressSlot, BoundExchanges>();

  constructor(deps: TransparentOutboundDeps) {
    this.#deps = deps;
    this.#unknown = deps.tcpMetrics.open(OUTBOUND, EGRESS_SERVICE);
    this.#connection = {
      ...deps,
      connections: deps.outbound.connections,
      meaningOf: (slot, meant) => this.#meaningOf(slot, meant),
      straightOn: (meant) => this.#straightOn(meant),
    };
  }

  /** True: the connection is taken. False: it was not redirected, and means the proxy. */
  take(stream: Stream): boolean {
    const meant = stream.originalDestination();
    const { proof, recorder } = this.#deps;
    if (proof.takes(stream, meant)) return true;
    if (meant === null) {
      recorder.count("explicit");
      return false;
    }
    proof.joinedBy(this.#connection.connections.size, meant);
    if (proof.mustNotDial) {
      recorder.count("loop");
      stream.reset();
    } else new RedirectedConnection(stream, meant, this.#connection).begin();
    return true;
  }

  #meaningOf(slot: AddressSlot, meant: Address): Meaning {
    const { binding } = slot;
    if (binding === null) return { exchanges: null, hint: "detect" };
    const hint = portHint(binding.protocol, meant.port, this.#deps.opaquePorts);
    return { exchanges: this.#exchangesOf(slot, meant), hint };
  }

  #exchangesOf(slot: AddressSlot, meant: Address): BoundExchanges | null {
    const { binding } = slot;
    if (binding === null) return null;
    const known = this.#exchanges.get(slot);
    if (known?.binding === binding) return known;
    const exchanges = new BoundExchanges(binding, meant, this.#deps);
    this.#exchanges.set(slot, exchanges);
    return exchanges;
  }

  #straightOn({ host, port }: Address): TcpRoute {
    return new FixedTcpRoute(host, port, {
      service: EGRESS_SERVICE,
      idleTimeoutMs: this.#deps.tcpIdleTimeoutMs,
      recorder: this.#unknown,
    });
  }
}
