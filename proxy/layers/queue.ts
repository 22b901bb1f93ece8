/**
 * Takes requests through the destination's gate: at once, after a wait, or not at all. Stands
 * below the deadline, so that time in the queue counts like any other, and above faults on
 * purpose, which it sees as it would see a slow service.
 */
import type { Clock } from "../../base/clock.ts";
import type { Fault, FaultCode } from "../../base/fault.ts";
import type { Importance } from "../../mesh/route-behaviour.ts";
import { FieldName } from "../../wire/http1/field-name.ts";
import type { Head } from "../../wire/http1/head.ts";
import { type Exchange, TOO_SLOW } from "../exchange/exchange.ts";
import { HEDDLE_ERROR } from "../exchange/heddle-fields.ts";
import {
  type LoadOutcome,
  OUTCOME_DROPPED,
  OUTCOME_IGNORED,
  OUTCOME_SERVED,
} from "../limits/concurrency-limit.ts";
import { type ImportanceLevel, importanceLevel } from "../limits/waiting-queue.ts";
import { type ConcurrencyGate, type GateUser, passOf } from "./concurrency-gate.ts";
import { Layer } from "./layer.ts";

/** Failures that a service shows when it is asked for too much. */
const SIGNS_OF_LOAD: ReadonlySet<FaultCode> = new Set([
  "overloaded",
  "connect-timeout",
  "request-timeout",
  "response-timeout",
  "per-try-timeout",
  "deadline-exceeded",
]);

const LEVELS: ReadonlyMap<string, ImportanceLevel> = new Map(
  (["critical", "normal", "sheddable"] as const).map((name) => [name, importanceLevel(name)]),
);

export interface QueueDeps {
  readonly gate: ConcurrencyGate;
  readonly clock: Clock;
  readonly importance: Importance;
  /** Of the caller's, and goes before the route's; empty: there is none. */
  readonly importanceHeader: string;
}

export class QueueLayer extends Layer implements GateUser {
  readonly #gate: ConcurrencyGate;
  readonly #clock: Clock;
  readonly #level: ImportanceLevel;
  readonly #header: FieldName | null;

  constructor(deps: QueueDeps) {
    super();
    this.#gate = deps.gate;
    this.#clock = deps.clock;
    this.#level = importanceLevel(deps.importance);
    this.#header = deps.importanceHeader === "" ? null : new FieldName(deps.importanceHeader);
  }

  override start(exchange: Exchange): void {
    this.#gate.enter(exchange, this, this.#levelOf(exchange));
  }

  admitted(exchange: Exchange): void {
    this.below.start(exchange);
  }

  refused(exchange: Exchange, fault: Fault): void {
    this.above.fault(exchange, fault);
  }

  override end(exchange: Exchange): void {
    this.#leave(exchange, OUTCOME_SERVED);
    this.above.end(exchange);
  }

  override head(exchange: Exchange, head: Head): void {
    // What was shed further on came fast, and must not look like a service with time to spare.
    if (head.status === 503 && head.textOf(HEDDLE_ERROR) === "overloaded") {
      this.#leave(exchange, OUTCOME_DROPPED);
    }
    this.above.head(exchange, head);
  }

  override fault(exchange: Exchange, fault: Fault): void {
    this.#leave(exchange, SIGNS_OF_LOAD.has(fault.code) ? OUTCOME_DROPPED : OUTCOME_IGNORED);
    this.above.fault(exchange, fault);
  }

  override cancel(exchange: Exchange): void {
    if (this.#gate.withdraw(passOf(exchange))) return;
    this.below.cancel(exchange);
    this.#leave(exchange, exchange.givenUp === TOO_SLOW ? OUTCOME_DROPPED : OUTCOME_IGNORED);
  }

  #leave(exchange: Exchange, outcome: LoadOutcome): void {
    const pass = passOf(exchange);
    const nowMs = this.#clock.nowMs();
    const toMs = exchange.answeredMs > 0 ? exchange.answeredMs : nowMs;
    this.#gate.leave(pass, Math.max(0, toMs - pass.enteredMs), nowMs, outcome);
  }

  #levelOf(exchange: Exchange): ImportanceLevel {
    if (this.#header === null) return this.#level;
    const text = exchange.head.textOf(this.#header);
    if (text === undefined) return this.#level;
    return LEVELS.get(text.toLowerCase()) ?? this.#level;
  }
}
