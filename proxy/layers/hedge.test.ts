/** What passes between a try and its copies; that they keep their promises is a property's test. */
import { beforeEach, describe, expect, it } from "vitest";
import { Fault } from "../../base/fault.ts";
import { Metrics } from "../../base/metrics.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_RETRY } from "../../mesh/retry.ts";
import { EndpointLoad } from "../balance/peak-ewma.ts";
import { sampleEndpoint } from "../balance/sample-endpoint.ts";
import { type Exchange, type GivenUp, OVERTAKEN } from "../exchange/exchange.ts";
import { KeptAnswer } from "../exchange/kept-answer.ts";
import { sampleExchange, sampleResponse } from "../exchange/sample-exchange.ts";
import type { BackendStack, RouteStack } from "../exchange/stacks.ts";
import { HedgeDelay } from "../limits/hedge-delay.ts";
import { RetryBudget } from "../limits/retry-budget.ts";
import { RetryMetrics } from "../telemetry/retry-metrics.ts";
import { HedgeLayer } from "./hedge.ts";
import { ToBackend } from "./junctions.ts";
import { compose, Layer } from "./layer.ts";
import { SampleLayer } from "./sample-layer.ts";

const AFTER_MS = 20;
const OK = sampleResponse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
const BUSY = sampleResponse("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");

/** Every try at an endpoint of its own. */
class Tries extends Layer {
  readonly started: Exchange[] = [];
  /** Which endpoints each try was to avoid. */
  readonly avoided: (readonly string[])[] = [];
  readonly cancelled = new Map<Exchange, GivenUp>();
  readonly discarded: Exchange[] = [];
  readonly loads = ["a", "b", "c"].map(
    (id) => new EndpointLoad(sampleEndpoint(id), { decayMs: 1, defaultRttMs: 1 }, 0),
  );

  override start(exchange: Exchange): void {
    const avoided = this.loads.filter((load) => exchange.failed?.includes(load) === true);
    this.avoided.push(avoided.map(({ endpoint }) => endpoint.id));
    exchange.attempt += 1;
    exchange.attemptStartedMs = timers.clock.nowMs();
    exchange.sent = true;
    exchange.endpoint = this.loads[this.started.length] ?? null;
    this.started.push(exchange);
  }

  override cancel(exchange: Exchange): void {
    this.cancelled.set(exchange, exchange.givenUp);
  }

  override discard(exchange: Exchange): void {
    this.discarded.push(exchange);
  }
}

/** A time that is known beforehand; remembers what it was told. */
class KnownDelay extends HedgeDelay {
  readonly seenMs: number[] = [];

  override record(rttMs: number): void {
    this.seenMs.push(rttMs);
  }

  override delayMs(): number {
    return AFTER_MS;
  }
}

let timers: ManualTimers;
let above: SampleLayer;
let tries: Tries;
let hedges: HedgeLayer;
let observed: KnownDelay;

beforeEach(() => {
  timers = new ManualTimers();
  timers.advance(1_000);
  const { clock } = timers;
  above = new SampleLayer();
  tries = new Tries();
  observed = new KnownDelay(50);
  const retry = { ...DEFAULT_RETRY, statuses: [{ min: 503, max: 503 }] };
  hedges = new HedgeLayer({ afterMs: 0, percentile: 50, max: 2 }, retry, {
    clock,
    wheel: new TimerWheel({ clock, timers }),
    budget: new RetryBudget({ ratio: 0, minRetriesPerSecond: 100, ttlMs: 10_000 }),
    recorder: new RetryMetrics(new Metrics({ clock })).open(["outbound", "a", "b", "80"]),
    observed,
  });
});

/** Started, and so many copies beside it. */
function started(copies: number): Exchange {
  const before = tries.started.length;
  const { bottom } = compose([above, hedges, new ToBackend()]);
  const { exchange } = sampleExchange(undefined, timers.clock.nowMs());
  const route = { bottom } as Partial<RouteStack> as RouteStack;
  const backend = { top: tries, choices: 3 } as Partial<BackendStack> as BackendStack;
  Object.assign(exchange, { route, backend });
  hedges.start(exchange);
  for (let copy = 0; copy < copies; copy += 1) timers.advance(AFTER_MS + 4);
  expect(tries.started.slice(before)).toHaveLength(1 + copies);
  return exchange;
}

function copy(index: number): Exchange {
  const found = tries.started[index];
  if (found === undefined) throw new Error(`there is no copy ${index}`);
  return found;
}

const answer = (exchange: Exchange, head = OK) => exchange.route?.bottom.head(exchange, head);
const fail = (exchange: Exchange, code: "connect-failed" | "connection-lost") =>
  exchange.route?.bottom.fault(exchange, new Fault(code));

describe("a copy", () => {
  it("avoids the endpoints of all that run beside it", () => {
    started(2);
    expect(tries.avoided).toEqual([[], ["a"], ["a", "b"]]);
  });

  it("that wins overtakes the first, and is discarded in its place", () => {
    const first = started(1);
    answer(copy(1));
    expect(above.events).toEqual(["head 200"]);
    expect(tries.cancelled.get(first)).toBe(OVERTAKEN);
    expect(first.endpoint).toBe(tries.loads[1]);
    first.lastAnswer = new KeptAnswer(OK, null);
    hedges.discard(first);
    expect(tries.discarded).toEqual([copy(1)]);
    expect(copy(1).lastAnswer).toBe(first.lastAnswer);
  });

  it("gives its body to the first one's caller once it has won, and is counted there", () => {
    const first = started(2);
    const bytes = Buffer.from("answer");
    const body = (index: number) => copy(index).downstream.body(bytes, 0, bytes.length);
    // Nobody has won: what a discarded answer brings goes nowhere, and holds nothing up.
    expect(body(1)).toBe(true);
    expect(first.answerBytes).toBe(0);
    answer(copy(2));
    body(2);
    expect(first.answerBytes).toBe(bytes.length);
    expect(first.downstream).toMatchObject({ received: "answer" });
  });

  it("that fails last leaves with the first what it sent", () => {
    const first = started(1);
    fail(first, "connection-lost");
    Object.assign(copy(1), { sent: false, bodySentBytes: 7 });
    fail(copy(1), "connect-failed");
    expect(above.events).toEqual(["fault connect-failed"]);
    // The first had gone out, so that the request is not provably unsent.
    expect(first.sent).toBe(true);
    expect(first.bodySentBytes).toBe(7);
  });

  it("that was refused leaves its answer, for the case that the first brings none", () => {
    const first = started(1);
    answer(copy(1), BUSY);
    expect(above.events).toEqual([]);
    expect(first.lastAnswer?.head.status).toBe(503);
    expect(first.lastAnswer?.endpoint).toBe(tries.loads[1]);
    fail(first, "connection-lost");
    expect(above.events).toEqual(["fault connection-lost"]);
  });
});

describe("the first try", () => {
  it("does not win by a failure while a copy runs, and is passed on when it is alone", () => {
    const first = started(1);
    answer(first, BUSY);
    expect(above.events).toEqual([]);
    expect(tries.discarded).toEqual([first]);
    answer(copy(1));
    expect(above.events).toEqual(["head 200"]);
    answer(started(0), BUSY);
    expect(above.events).toEqual(["head 200", "head 503"]);
  });

  it("that answers well overtakes its copies, whichever they are", () => {
    const first = started(2);
    answer(first);
    expect(above.events).toEqual(["head 200"]);
    expect([copy(1), copy(2)].map((one) => tries.cancelled.get(one))).toEqual([
      OVERTAKEN,
      OVERTAKEN,
    ]);
    timers.advance(10 * AFTER_MS);
    expect(tries.started).toHaveLength(3);
  });

  it("has no copy before the caller has sent all of it", () => {
    const first = started(0);
    first.requestEnded = false;
    timers.advance(5 * AFTER_MS);
    expect(tries.started).toEqual([first]);
    first.requestEnded = true;
    timers.advance(2 * AFTER_MS);
    expect(copy(1).attempt).toBe(2);
    expect(first.attempt).toBe(tries.started.length);
  });
});

describe("what is observed", () => {
  it("is how long the winner took, and at least how long those took that it overtook", () => {
    started(1);
    timers.advance(26);
    answer(copy(1));
    const [won, first] = observed.seenMs;
    expect(observed.seenMs).toHaveLength(2);
    expect(first).toBe(AFTER_MS + 4 + 26);
    expect(won).toBeLessThan(first ?? 0);
  });

  it("are no failures: they would have copies made all the sooner", () => {
    answer(started(0), BUSY);
    const first = started(1);
    fail(first, "connection-lost");
    answer(copy(2), BUSY);
    expect(above.events).toEqual(["head 503", "head 503"]);
    expect(observed.seenMs).toEqual([]);
  });
});
