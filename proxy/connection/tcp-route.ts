/**
 * Where TCP connections go, as a tunnel sees it: the rule of a destination that asks for nothing
 * but a connection, and what is kept of each connection's fate. Made once for each revision of a
 * destination, or for one address.
 */
import type { Fault } from "../../base/fault.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { TcpRecorder } from "../telemetry/tcp-recorder.ts";

export interface TcpRoute {
  readonly service: ServiceKey;
  /** The rule's name; empty for the default route. */
  readonly route: string;
  /** With no byte moving either way for so long a connection is cut; 0 for never. */
  readonly idleTimeoutMs: number;
  readonly recorder: TcpRecorder;
  /** For one connection. */
  choose(nowMs: number): EndpointChoice;
}

/**
 * The endpoints that one connection may go to, and what they are told of it. The one that took it
 * is busy with it until `release`.
 */
export interface EndpointChoice {
  /** The backend that was chosen; empty when there is none. */
  readonly backend: ServiceKey | "";
  /** Why there is none to dial, once `next` gave null. */
  readonly problem: Fault;
  /** The endpoint to dial: the first, and another one after each that failed. */
  next(nowMs: number): Endpoint | null;
  connected(nowMs: number, latencyMs: number): void;
  /** It could not be reached, and whether that was its own doing. */
  failed(nowMs: number, latencyMs: number, fault: Fault): void;
  /** The connection is over, or is not wanted any more. */
  release(): void;
}
