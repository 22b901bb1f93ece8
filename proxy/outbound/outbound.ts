/**
 * The way out in explicit mode: the caller names a service by Host or by the target, and this
 * finds what the mesh knows of it. From there on the destination's own stack serves the exchange.
 */
import { Fault } from "../../base/fault.ts";
import type { TimerWheel } from "../../base/timer-wheel.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { ExchangeService, ServerConnection } from "../connection/server-connection.ts";
import { type Exchange, type ExchangeTimerOwner, OUTBOUND } from "../exchange/exchange.ts";
import { CLIENT_GONE, type RecordDeps } from "../layers/record.ts";
import { noteRefusal, refuseExchange } from "../layers/refuse.ts";
import { OpenConnections } from "../lifecycle/open-connections.ts";
import {
  type DestinationSlot,
  DestinationTable,
  type DestinationTableDeps,
  WAITING_MAX,
} from "./destination-table.ts";
import type { Egress } from "./egress.ts";
import type { Identified, Identifier } from "./identify.ts";

/** How long a caller waits for the first word about a service that was never dialled. */
export const FIRST_CONFIG_MS = 1_000;

export interface OutboundDeps {
  readonly table: DestinationTableDeps;
  readonly identifier: Identifier;
  readonly wheel: TimerWheel;
  readonly record: RecordDeps;
  /** Null: what the mesh does not know is refused. */
  readonly egress: Egress | null;
}

export class Outbound implements ExchangeService, ExchangeTimerOwner {
  readonly direction = OUTBOUND;
  readonly connections = new OpenConnections();
  readonly table: DestinationTable;
  readonly #deps: OutboundDeps;
  readonly #slots = new WeakMap<Identified, DestinationSlot>();
  /** Exchanges that wait for a destination, and for which. */
  readonly #waiting = new Map<Exchange, DestinationSlot>();

  constructor(deps: OutboundDeps) {
    this.#deps = deps;
    this.table = new DestinationTable(deps.table, (slot) => this.#decided(slot));
  }

  get draining(): boolean {
    return this.connections.leaving;
  }

  start(exchange: Exchange): void {
    const identified = this.#deps.identifier.identify(exchange.head);
    const { authority } = identified;
    if (authority === undefined) {
      this.#refuse(exchange, new Fault("bad-request", "Host is not host[:port]"));
      return;
    }
    const [key] = authority.candidates;
    if (key === undefined) {
      this.#outside(exchange, identified);
      return;
    }
    this.#dispatch(exchange, this.#slotOf(identified, key, exchange.startedMs), identified);
  }

  cancel(exchange: Exchange): void {
    if (exchange.destination !== null) {
      exchange.destination.top.cancel(exchange);
      return;
    }
    this.#unpark(exchange);
    noteRefusal(exchange, exchange.fault ?? CLIENT_GONE, this.#deps.record);
  }

  refused(fault: Fault): void {
    this.#deps.record.faults.count(OUTBOUND, fault);
  }

  closed(connection: ServerConnection): void {
    this.connections.delete(connection);
  }

  exchangeTimer(exchange: Exchange): void {
    const slot = this.#unpark(exchange);
    if (slot === undefined) return;
    const held = this.#deps.table.configuration.holdings.destinations.get(slot.key);
    const problem = held?.problem ?? "";
    const detail = problem === "" ? "" : `: what came was refused, ${problem}`;
    this.#refuse(exchange, new Fault("no-config", `nothing is known of ${slot.key} yet${detail}`));
  }

  #slotOf(identified: Identified, key: ServiceKey, nowMs: number): DestinationSlot {
    const known = this.#slots.get(identified);
    if (known !== undefined && !known.dropped) {
      this.table.touch(known, nowMs);
      return known;
    }
    const slot = this.table.slot(key, nowMs);
    this.#slots.set(identified, slot);
    return slot;
  }

  #dispatch(exchange: Exchange, slot: DestinationSlot, identified: Identified): void {
    const { stack } = slot;
    if (stack !== null) {
      exchange.destination = stack;
      stack.top.start(exchange);
    } else if (slot.state === "absent") this.#outside(exchange, identified);
    else if (slot.state === "invalid") {
      this.#refuse(exchange, new Fault("backend-invalid", slot.problem));
    } else this.#park(exchange, slot);
  }

  #outside(exchange: Exchange, identified: Identified): void {
    const { egress } = this.#deps;
    const { authority } = identified;
    if (egress === null || authority === undefined) {
      const tried = authority?.candidates.join(", ") ?? "";
      const names = tried === "" ? "it is no service's name" : `tried ${tried}`;
      this.#refuse(exchange, new Fault("unknown-service", names));
      return;
    }
    const stack = egress.stack(authority);
    exchange.destination = stack;
    stack.top.start(exchange);
  }

  #refuse(exchange: Exchange, fault: Fault): void {
    refuseExchange(exchange, fault, this.#deps.record);
  }

  #park(exchange: Exchange, slot: DestinationSlot): void {
    if (slot.waiting.size >= WAITING_MAX) {
      this.#refuse(exchange, new Fault("overloaded", `too many requests wait for ${slot.key}`));
      return;
    }
    slot.waiting.add(exchange);
    this.#waiting.set(exchange, slot);
    exchange.timerOwner = this;
    this.#deps.wheel.schedule(exchange.timer, FIRST_CONFIG_MS);
  }

  #unpark(exchange: Exchange): DestinationSlot | undefined {
    const slot = this.#waiting.get(exchange);
    this.#waiting.delete(exchange);
    slot?.waiting.delete(exchange);
    this.#deps.wheel.cancel(exchange.timer);
    return slot;
  }

  /** What was waited for is known now, or had to make room. */
  #decided(slot: DestinationSlot): void {
    for (const exchange of [...slot.waiting]) {
      this.#unpark(exchange);
      if (slot.dropped) {
        this.#refuse(exchange, new Fault("no-config", "too many services are named"));
      } else this.start(exchange);
    }
  }
}
