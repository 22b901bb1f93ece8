/**
 * The way out. In explicit mode the caller names a service by Host or by the target, and this
 * finds what the mesh knows of it; from there on the destination's own stack serves the exchange.
 * Connections whose address says where they go give their exchanges to the same destinations.
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
  type DestinationWaiter,
  WAITING_MAX,
} from "./destination-table.ts";
import type { Egress } from "./egress.ts";
import type { Identified, Identifier } from "./identify.ts";

/** How long a caller waits for the first word about a service that was never dialled. */
export const FIRST_CONFIG_MS = 1_000;

/** Whoever sent an exchange to a destination, and knows what to do when that cannot serve it. */
export interface ExchangeSource {
  /** Sends it again: what was waited for has come. */
  start(exchange: Exchange): void;
  /** There is no such destination. */
  absent(exchange: Exchange): void;
  /** Nothing has come about it in all the time that a caller waits. */
  unanswered(exchange: Exchange, detail: string): void;
}

export interface OutboundDeps {
  readonly table: DestinationTableDeps;
  readonly identifier: Identifier;
  readonly wheel: TimerWheel;
  readonly record: RecordDeps;
  /** Null: what the mesh does not know is refused. */
  readonly egress: Egress | null;
}

export class Outbound implements ExchangeService, ExchangeSource {
  readonly direction = OUTBOUND;
  readonly connections = new OpenConnections();
  readonly table: DestinationTable;
  readonly #deps: OutboundDeps;
  readonly #slots = new WeakMap<Identified, DestinationSlot>();
  readonly #waiting = new Map<Exchange, Waiting>();

  constructor(deps: OutboundDeps) {
    this.#deps = deps;
    this.table = new DestinationTable(deps.table);
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
    if (key === undefined) this.#outside(exchange, identified);
    else this.dispatch(exchange, this.#slotOf(identified, key, exchange.startedMs), this);
  }

  /** Gives an exchange to a destination, as soon as that is known. */
  dispatch(exchange: Exchange, slot: DestinationSlot, source: ExchangeSource): void {
    const { stack } = slot;
    if (stack !== null) {
      exchange.destination = stack;
      stack.top.start(exchange);
    } else if (slot.state === "absent") source.absent(exchange);
    else if (slot.state === "invalid") {
      this.#refuse(exchange, new Fault("backend-invalid", slot.problem));
    } else this.#park(exchange, slot, source);
  }

  absent(exchange: Exchange): void {
    this.#outside(exchange, this.#deps.identifier.identify(exchange.head));
  }

  unanswered(exchange: Exchange, detail: string): void {
    this.#refuse(exchange, new Fault("no-config", detail));
  }

  /** Of a connection that is bound already there is nowhere else to go. */
  refuseConnect(exchange: Exchange): void {
    this.#refuse(exchange, new Fault("connect-not-allowed", "the connection is bound already"));
  }

  cancel(exchange: Exchange): void {
    if (exchange.destination !== null) {
      exchange.destination.top.cancel(exchange);
      return;
    }
    this.#waiting.get(exchange)?.leave();
    noteRefusal(exchange, exchange.fault ?? CLIENT_GONE, this.#deps.record);
  }

  refused(fault: Fault): void {
    this.#deps.record.faults.count(OUTBOUND, fault);
  }

  closed(connection: ServerConnection): void {
    this.connections.delete(connection);
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

  #outside(exchange: Exchange, identified: Identified): void {
    const { egress } = this.#deps;
    const { authority } = identified;
    if (egress === null || authority === undefined) {
      const tried = authority?.candidates.join(", ") ?? "";
      const names = tried === "" ? "it is no service's name" : `tried ${tried}`;
      this.#refuse(exchange, new Fault("unknown-service", names));
      return;
    }
    const stack = egress.stack(authority, exchange.startedMs);
    exchange.destination = stack;
    stack.top.start(exchange);
  }

  #refuse(exchange: Exchange, fault: Fault): void {
    refuseExchange(exchange, fault, this.#deps.record);
  }

  #park(exchange: Exchange, slot: DestinationSlot, source: ExchangeSource): void {
    if (slot.waiting.size >= WAITING_MAX) {
      this.#refuse(exchange, new Fault("overloaded", `too many requests wait for ${slot.key}`));
      return;
    }
    const { wheel, record } = this.#deps;
    const waiting = new Waiting(exchange, slot, {
      left: () => {
        this.#waiting.delete(exchange);
        wheel.cancel(exchange.timer);
        exchange.resumedMs = record.clock.nowMs();
      },
      decided: () => {
        if (!slot.dropped) source.start(exchange);
        else this.#refuse(exchange, new Fault("no-config", "too many services are named"));
      },
      expired: () => source.unanswered(exchange, this.#silenceOf(slot)),
    });
    this.#waiting.set(exchange, waiting);
    wheel.schedule(exchange.timer, FIRST_CONFIG_MS);
  }

  #silenceOf({ key }: DestinationSlot): string {
    const held = this.#deps.table.configuration.holdings.destinations.get(key);
    const problem = held?.problem ?? "";
    const detail = problem === "" ? "" : `: what came was refused, ${problem}`;
    return `nothing is known of ${key} yet${detail}`;
  }
}

interface WaitingOwner {
  readonly left: () => void;
  readonly decided: () => void;
  readonly expired: () => void;
}

/** An exchange that waits for a destination. Few ever do, so that it may have closures. */
class Waiting implements DestinationWaiter, ExchangeTimerOwner {
  readonly #slot: DestinationSlot;
  readonly #owner: WaitingOwner;

  constructor(exchange: Exchange, slot: DestinationSlot, owner: WaitingOwner) {
    this.#slot = slot;
    this.#owner = owner;
    slot.waiting.add(this);
    exchange.timerOwner = this;
  }

  leave(): void {
    this.#slot.waiting.delete(this);
    this.#owner.left();
  }

  destinationDecided(): void {
    this.leave();
    this.#owner.decided();
  }

  exchangeTimer(): void {
    this.leave();
    this.#owner.expired();
  }
}
