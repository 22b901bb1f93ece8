/**
 * The side of a destination that carries TCP connections as they are. Beside requests a connection
 * has no method, path or headers: the first rule that asks for none of them serves it, by its
 * weights, its retries and its idle timeout.
 */
import type { Rule } from "../../mesh/destination.ts";
import type { RouteTable } from "../../mesh/route-table.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import { TextRequest } from "../../mesh/text-request.ts";
import type { EndpointChoice, TcpRoute } from "../connection/tcp-route.ts";
import type { BackendSplit } from "../layers/split.ts";
import type { TcpRecorder } from "../telemetry/tcp-recorder.ts";
import { ConnectionChoice } from "./connection-choice.ts";
import type { DestinationMemory } from "./destination-memory.ts";

/** What a connection has of what rules ask for. */
const CONNECTION = new TextRequest("", "");

/** Index of the rule that serves connections; -1 when there is none. */
export function findTcpRule(table: RouteTable): number {
  return table.find(CONNECTION);
}

export class ServiceTcpRoute implements TcpRoute {
  readonly service: ServiceKey;
  readonly route: string;
  readonly idleTimeoutMs: number;
  readonly #retriesMax: number;
  readonly #split: BackendSplit | null;
  readonly #memory: DestinationMemory;

  /** `rule` and `split` are null where no rule serves connections. */
  constructor(
    service: ServiceKey,
    rule: Rule | null,
    split: BackendSplit | null,
    memory: DestinationMemory,
    idleTimeoutMs: number,
  ) {
    this.service = service;
    this.route = rule?.route ?? "";
    const ownIdleMs = rule?.action.timeouts.idleMs ?? 0;
    this.idleTimeoutMs = ownIdleMs > 0 ? ownIdleMs : idleTimeoutMs;
    this.#retriesMax = rule?.action.retry.maxRetries ?? 0;
    this.#split = split;
    this.#memory = memory;
  }

  get recorder(): TcpRecorder {
    return this.#memory.tcpRecorder;
  }

  choose(): EndpointChoice {
    const backend = this.#split?.next() ?? null;
    return new ConnectionChoice(backend, this.#retriesMax, this.#memory.budget);
  }
}
