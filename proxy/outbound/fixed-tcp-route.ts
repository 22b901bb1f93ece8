/**
 * The way to one address that is not chosen: what the mesh does not know is dialled where the
 * client meant to go, once, and nothing is learnt of it. Made for each connection.
 */
import { formatAddress } from "../../base/address.ts";
import { Fault } from "../../base/fault.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { EndpointChoice, TcpRoute } from "../connection/tcp-route.ts";
import type { TcpRecorder } from "../telemetry/tcp-recorder.ts";

const NOT_DIALLED = new Fault("internal", "the address was not dialled");

export interface FixedTcpRouteOptions {
  /** What it counts as in metrics: not the address, which callers choose. */
  readonly service: ServiceKey;
  readonly idleTimeoutMs: number;
  readonly recorder: TcpRecorder;
}

export class FixedTcpRoute implements TcpRoute, EndpointChoice {
  readonly service: ServiceKey;
  readonly route = "";
  readonly backend = "";
  readonly idleTimeoutMs: number;
  readonly recorder: TcpRecorder;
  problem = NOT_DIALLED;
  readonly #endpoint: Endpoint;
  #isDialled = false;

  constructor(address: string, port: number, options: FixedTcpRouteOptions) {
    this.service = options.service;
    this.idleTimeoutMs = options.idleTimeoutMs;
    this.recorder = options.recorder;
    this.#endpoint = {
      id: formatAddress({ host: address, port }),
      address,
      port,
      state: "ready",
      weight: 1,
      zone: "",
      node: "",
      protocol: "opaque",
      proxied: false,
      identity: "",
    };
  }

  choose(): EndpointChoice {
    return this;
  }

  next(): Endpoint | null {
    if (this.#isDialled) return null;
    this.#isDialled = true;
    return this.#endpoint;
  }

  connected(): void {}

  failed(_nowMs: number, _latencyMs: number, fault: Fault): void {
    this.problem = fault;
  }

  release(): void {}
}
