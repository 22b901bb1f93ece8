import { beforeEach, describe, expect, it } from "vitest";
import { Fault } from "../../base/fault.ts";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { type Breaker, DEFAULT_BALANCER, DEFAULT_BREAKER } from "../../mesh/backend-settings.ts";
import { DEFAULT_TIMEOUTS, type Rule } from "../../mesh/destination.ts";
import { MATCH_EVERYTHING } from "../../mesh/match.ts";
import { DEFAULT_RETRY, type Retry } from "../../mesh/retry.ts";
import { DEFAULT_BEHAVIOUR } from "../../mesh/route-behaviour.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { EndpointBalancer } from "../balance/endpoint-balancer.ts";
import type { Eviction } from "../balance/eviction.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import { sampleEndpoint } from "../balance/sample-endpoint.ts";
import { WITHDRAWN } from "../connection/client-connection.ts";
import { type Exchange, INBOUND, OUTBOUND, OVERTAKEN, TOO_SLOW } from "../exchange/exchange.ts";
import { sampleExchange, sampleResponse } from "../exchange/sample-exchange.ts";
import type { RouteStack } from "../exchange/stacks.ts";
import { RetryBudget } from "../limits/retry-budget.ts";
import type { ProbeOutcome } from "../telemetry/eviction-recorder.ts";
import { RouteRecorders } from "../telemetry/route-recorder.ts";
import { BalanceLayer, type EndpointSource } from "./balance.ts";
import { compose } from "./layer.ts";
import { PROBE_ANSWER_MS } from "./request-probes.ts";
import { SampleLayer } from "./sample-layer.ts";

const WEB = formatServiceKey({ scheme: "svc", namespace: "shop", name: "web", port: 80 });
const GET = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n";
const OUT_MS = 1_000;
const BREAKER: Breaker = {
  ...DEFAULT_BREAKER,
  consecutiveFailures: 2,
  backoff: { baseMs: OUT_MS, maxMs: 60_000, jitter: 0 },
};

class Endpoints implements EndpointSource {
  readonly balancer: EndpointBalancer;
  readonly outcomes: string[] = [];

  constructor(ids: readonly string[], nowMs: number) {
    this.balancer = new EndpointBalancer(DEFAULT_BALANCER, createSeededRandom(1), {
      ownZone: "",
      breaker: BREAKER,
      events: null,
    });
    const endpoints = ids.map((id) => sampleEndpoint(id, { proxied: true }));
    this.balancer.update(endpoints, nowMs);
  }

  get eviction(): Eviction {
    if (this.balancer.eviction === null) throw new Error("there is a breaker");
    return this.balancer.eviction;
  }

  load(id: string): EndpointLoad {
    const found = [...this.balancer.loads].find(({ endpoint }) => endpoint.id === id);
    if (found === undefined) throw new Error(`there is no ${id}`);
    return found;
  }

  pick(nowMs: number, exchange: Exchange): EndpointLoad | null {
    return this.balancer.picker.pick(nowMs, exchange.failed);
  }

  takeProbe(nowMs: number): EndpointLoad | null {
    return this.eviction.takeProbe(nowMs);
  }

  probeEnded(load: EndpointLoad, outcome: ProbeOutcome, nowMs: number): void {
    this.outcomes.push(`${load.endpoint.id} ${outcome}`);
    if (outcome === "good") this.eviction.probeSucceeded(load, nowMs);
    else if (outcome === "bad") this.eviction.probeFailed(load, nowMs);
    else this.eviction.probeAbandoned(load, nowMs);
  }

  describe(): string {
    return "nobody is there";
  }
}

let timers: ManualTimers;
let above: SampleLayer;
let below: SampleLayer;
let source: Endpoints;
let layer: BalanceLayer;
let budget: RetryBudget;

beforeEach(() => {
  timers = new ManualTimers();
  timers.advance(1_000);
  budget = new RetryBudget({ ratio: 0, minRetriesPerSecond: 100, ttlMs: 10_000 });
  withEndpoints("a", "b", "c", "d");
});

function withEndpoints(...ids: readonly string[]): void {
  const { clock } = timers;
  source = new Endpoints(ids, clock.nowMs());
  layer = new BalanceLayer(source, clock, new TimerWheel({ clock, timers }));
  above = new SampleLayer();
  below = new SampleLayer();
  compose([above, layer, below]);
  below.onStart = (exchange) => {
    exchange.sent = true;
  };
}

function route(retry: Partial<Retry>): RouteStack {
  const action = {
    backends: [{ service: WEB, weight: 1 }],
    splitObject: -1,
    timeouts: DEFAULT_TIMEOUTS,
    retry: { ...DEFAULT_RETRY, ...retry },
    behaviour: DEFAULT_BEHAVIOUR,
    responseClasses: [],
  };
  const rule: Rule = { route: "", object: -1, match: MATCH_EVERYTHING, action };
  const recorders = new RouteRecorders(new Metrics({ clock: timers.clock }));
  const recorder = recorders.open(OUTBOUND, WEB, rule, []);
  return { rule, top: above, bottom: above, backends: [], recorder, edits: null, budget };
}

function start(request = GET, retry: Partial<Retry> = {}): Exchange {
  const { exchange } = sampleExchange(request, timers.clock.nowMs());
  exchange.route = route(retry);
  layer.start(exchange);
  return exchange;
}

function answer(exchange: Exchange, status: number, field = ""): void {
  layer.head(
    exchange,
    sampleResponse(`HTTP/1.1 ${status} Said\r\n${field}Content-Length: 0\r\n\r\n`),
  );
  // A probe that failed is another try by now.
  if (exchange.answeredMs > 0) layer.end(exchange);
}

function idOf(exchange: Exchange): string {
  return exchange.endpoint?.endpoint.id ?? "";
}

function evict(id: string): void {
  const load = source.load(id);
  for (let index = 0; index < BREAKER.consecutiveFailures; index += 1) {
    source.eviction.failed(load, timers.clock.nowMs());
  }
  expect(load.evicted).toBe(true);
}

describe("a try", () => {
  it("begins when the request went on after it had waited", () => {
    const { exchange } = sampleExchange(GET, timers.clock.nowMs());
    timers.advance(500);
    exchange.resumedMs = timers.clock.nowMs();
    layer.start(exchange);
    expect(exchange.attemptStartedMs).toBe(timers.clock.nowMs());
  });

  it("counts as under way until it ended, however it ends", () => {
    const endings: readonly ((exchange: Exchange) => void)[] = [
      (exchange) => answer(exchange, 200),
      (exchange) => answer(exchange, 503),
      (exchange) => layer.fault(exchange, new Fault("connection-lost")),
      (exchange) => layer.fault(exchange, new Fault("overloaded")),
      (exchange) => layer.cancel(exchange),
      (exchange) => {
        exchange.givenUp = TOO_SLOW;
        layer.cancel(exchange);
      },
      (exchange) => {
        layer.head(exchange, sampleResponse("HTTP/1.1 503 No\r\n\r\n"));
        layer.discard(exchange);
      },
    ];
    for (const end of endings) {
      const exchange = start();
      expect(exchange.endpoint?.pending).toBe(1);
      end(exchange);
      for (const load of source.balancer.loads) expect(load.pending).toBe(0);
    }
  });

  it("learns the time to the first byte, and nothing from what failed on our side", () => {
    const exchange = start();
    const { endpoint } = exchange;
    timers.advance(400);
    layer.head(exchange, sampleResponse("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"));
    timers.advance(9_000);
    layer.end(exchange);
    expect(endpoint?.rttMs(timers.clock.nowMs() - 9_000)).toBeCloseTo(400, 6);
    const other = start();
    const before = other.endpoint?.rttMs(timers.clock.nowMs());
    layer.fault(other, new Fault("overloaded"));
    expect(other.endpoint?.rttMs(timers.clock.nowMs())).toBe(before);
  });

  it("that another overtook took at least as long as it had", () => {
    const exchange = start();
    timers.advance(700);
    exchange.givenUp = OVERTAKEN;
    layer.cancel(exchange);
    expect(exchange.endpoint?.rttMs(timers.clock.nowMs())).toBe(700);
  });

  it("that is given up during a slow upload has taken no time of the endpoint's", () => {
    for (const [endedAfterMs, rttMs] of [
      [500, 200],
      [-1, DEFAULT_BALANCER.defaultRttMs],
    ] as const) {
      withEndpoints("a");
      const exchange = start(POST);
      const beganMs = timers.clock.nowMs();
      timers.advance(700);
      exchange.requestEnded = endedAfterMs >= 0;
      exchange.requestEndedMs = beganMs + endedAfterMs;
      layer.cancel(exchange);
      expect(source.load("a").rttMs(beganMs)).toBe(rttMs);
    }
  });

  it("keeps its number, however many begin beside it", () => {
    const exchange = start();
    exchange.attempt += 1;
    layer.fault(exchange, WITHDRAWN);
    expect(below.events).toEqual(["start", "start"]);
    expect(exchange.tryNumber).toBe(1);
    layer.start(exchange);
    expect(exchange.tryNumber).toBe(3);
  });

  it("says nothing of the one before it", () => {
    withEndpoints("a");
    const failures = () => source.load("a").breaker?.consecutiveFailures;
    const exchange = start();
    layer.head(exchange, sampleResponse("HTTP/1.1 500 No\r\n\r\n"));
    layer.discard(exchange);
    layer.start(exchange);
    layer.cancel(exchange);
    expect(failures()).toBe(1);
    source.eviction.succeeded(source.load("a"), timers.clock.nowMs());
    layer.start(exchange);
    exchange.givenUp = TOO_SLOW;
    layer.cancel(exchange);
    layer.start(exchange);
    layer.cancel(exchange);
    expect(failures()).toBe(1);
  });

  it("that was served ends a row of failures, and holds nothing against its endpoint", () => {
    withEndpoints("a");
    const load = source.load("a");
    for (let index = 0; index < 5; index += 1) answer(start(), 200);
    expect(load.merit(timers.clock.nowMs())).toBe(1);
    for (const status of [500, 200, 500]) answer(start(), status);
    expect(load.breaker?.consecutiveFailures).toBe(1);
    expect(load.merit(timers.clock.nowMs())).toBeLessThan(1);
  });

  it("finds nobody", () => {
    withEndpoints();
    start();
    expect(above.events).toEqual(["fault no-endpoints"]);
  });
});

describe("an endpoint that is given up before anything was sent", () => {
  it("is left for another one, without a word to anybody", () => {
    const exchange = start();
    const first = exchange.endpoint;
    layer.fault(exchange, WITHDRAWN);
    expect(exchange.endpoint).not.toBe(first);
    expect(first?.pending).toBe(0);
    expect(first?.breaker?.consecutiveFailures).toBe(0);
    expect(exchange.attempt).toBe(1);
    expect(above.events).toEqual([]);
    expect(below.events).toEqual(["start", "start"]);
  });
});

describe("a failure of the endpoint's is", () => {
  const failures: readonly [string, (exchange: Exchange) => void][] = [
    ["an answer that the route takes for one", (exchange) => answer(exchange, 500)],
    ["a connection that failed", (exchange) => layer.fault(exchange, new Fault("connect-failed"))],
    [
      "a cut answer",
      (exchange) => {
        layer.head(exchange, sampleResponse("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"));
        layer.fault(exchange, new Fault("connection-lost"));
      },
    ],
    [
      "being too slow",
      (exchange) => {
        exchange.givenUp = TOO_SLOW;
        layer.cancel(exchange);
      },
    ],
    [
      "an answer that begins and is too slow to end",
      (exchange) => {
        layer.head(exchange, sampleResponse("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"));
        exchange.givenUp = TOO_SLOW;
        layer.cancel(exchange);
      },
    ],
    [
      "being busy, as an endpoint says that is no proxy of ours",
      (exchange) => {
        source.balancer.update([sampleEndpoint("a")], timers.clock.nowMs());
        answer(exchange, 503, "heddle-error: overloaded\r\n");
      },
    ],
    [
      "an answer that was thrown away for another try",
      (exchange) => {
        layer.head(exchange, sampleResponse("HTTP/1.1 503 No\r\n\r\n"));
        layer.discard(exchange);
      },
    ],
  ];

  it.each(failures)("%s", (_, fail) => {
    withEndpoints("a");
    fail(start());
    expect(source.load("a").breaker?.consecutiveFailures).toBe(1);
  });

  const others: readonly [string, (exchange: Exchange) => void][] = [
    ["a caller that goes away", (exchange) => layer.cancel(exchange)],
    [
      "a slower try",
      (exchange) => {
        exchange.givenUp = OVERTAKEN;
        layer.cancel(exchange);
      },
    ],
    ["what fails on our side", (exchange) => layer.fault(exchange, new Fault("overloaded"))],
    [
      "a proxy in front that is busy",
      (exchange) => answer(exchange, 503, "heddle-error: overloaded\r\n"),
    ],
    [
      "a proxy in front that leaves",
      (exchange) => answer(exchange, 503, "heddle-error: draining\r\n"),
    ],
    [
      "any 503 that says when to come again",
      (exchange) => answer(exchange, 503, "Retry-After: 1\r\n"),
    ],
    ["an answer that is the caller's fault", (exchange) => answer(exchange, 404)],
  ];

  it.each(others)("not %s", (_, end) => {
    withEndpoints("a");
    end(start());
    expect(source.load("a").breaker?.consecutiveFailures).toBe(0);
  });

  it("still to be penalised when it is load that was shed: that is no reason to come back", () => {
    withEndpoints("a");
    const before = source.load("a").merit(timers.clock.nowMs());
    answer(start(), 503, "heddle-error: overloaded\r\n");
    expect(source.load("a").merit(timers.clock.nowMs())).toBeLessThan(before);
  });
});

describe("an evicted endpoint", () => {
  it("is not asked until it is due, and then by one request at a time", () => {
    evict("a");
    for (let index = 0; index < 200; index += 1) {
      const exchange = start();
      expect(idOf(exchange)).not.toBe("a");
      answer(exchange, 200);
    }
    timers.advance(OUT_MS);
    const probe = start();
    expect(idOf(probe)).toBe("a");
    for (let index = 0; index < 50; index += 1) expect(idOf(start())).not.toBe("a");
    answer(probe, 200);
    expect(source.outcomes).toEqual(["a good"]);
    expect(source.load("a").evicted).toBe(false);
  });

  const failures: readonly [string, (exchange: Exchange) => void, string][] = [
    ["answers wrongly", (exchange) => answer(exchange, 500), "discard"],
    ["is busy", (exchange) => answer(exchange, 503, "Retry-After: 1\r\n"), "discard"],
    ["is not there", (exchange) => layer.fault(exchange, new Fault("connect-failed")), ""],
    ["left meanwhile", (exchange) => layer.fault(exchange, WITHDRAWN), ""],
    ["says nothing", () => timers.advance(PROBE_ANSWER_MS + 4), "cancel"],
  ];

  it.each(failures)("that %s costs no caller anything", (_, fail, given) => {
    evict("a");
    timers.advance(OUT_MS);
    above.events.length = 0;
    below.events.length = 0;
    const probe = start();
    expect(idOf(probe)).toBe("a");
    fail(probe);
    expect(source.outcomes).toEqual(["a bad"]);
    expect(idOf(probe)).not.toBe("a");
    expect(probe.tryNumber).toBe(2);
    expect(below.events).toEqual(["start", given, "start"].filter((event) => event !== ""));
    expect(above.events).toEqual([]);
    answer(probe, 200);
    expect(above.events).toEqual(["head 200", "end"]);
    expect(source.load("a").pending).toBe(0);
    timers.advance(2 * PROBE_ANSWER_MS);
    expect(above.events).toEqual(["head 200", "end"]);
  });

  const unfit: readonly [string, string, Partial<Retry>][] = [
    ["a method that is not idempotent", POST, {}],
    ["a route that repeats nothing", GET, { maxRetries: 0 }],
    ["a body", "PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\nhi", {}],
    ["an upgrade", "GET / HTTP/1.1\r\nHost: web\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", {}],
  ];

  it.each(unfit)("is not probed by %s", (_, request, retry) => {
    evict("a");
    timers.advance(OUT_MS);
    for (let index = 0; index < 20; index += 1) expect(idOf(start(request, retry))).not.toBe("a");
  });

  it("is not probed by a second try, or on the way in", () => {
    const retried = start();
    evict("a");
    timers.advance(OUT_MS);
    const inward = sampleExchange(GET, timers.clock.nowMs()).exchange;
    layer.start(retried);
    expect(idOf(retried)).not.toBe("a");
    Object.assign(inward, { route: route({}), direction: INBOUND });
    layer.start(inward);
    expect(idOf(inward)).not.toBe("a");
    expect(idOf(start())).toBe("a");
  });

  it("is probed by what the route says may be repeated", () => {
    evict("a");
    timers.advance(OUT_MS);
    expect(idOf(start("POST / HTTP/1.1\r\nHost: web\r\n\r\n", { isRetryable: true }))).toBe("a");
  });

  it("is not probed by what has little time left, or no budget", () => {
    evict("a");
    timers.advance(OUT_MS);
    const { exchange } = sampleExchange(GET, timers.clock.nowMs());
    exchange.route = route({});
    exchange.deadlineMs = timers.clock.nowMs() + PROBE_ANSWER_MS;
    layer.start(exchange);
    expect(idOf(exchange)).not.toBe("a");
    while (budget.tryWithdraw(timers.clock.nowMs()));
    expect(idOf(start())).not.toBe("a");
  });

  it("is probed anew when the caller of a probe went away, but not by the very next one", () => {
    evict("a");
    timers.advance(OUT_MS);
    const probe = start();
    layer.cancel(probe);
    expect(source.outcomes).toEqual(["a unknown"]);
    expect(idOf(start())).not.toBe("a");
    timers.advance(OUT_MS);
    expect(idOf(start())).toBe("a");
    timers.advance(2 * PROBE_ANSWER_MS);
    expect(source.load("a").pending).toBe(0);
  });

  it("is not well when another try overtook its probe", () => {
    evict("a");
    timers.advance(OUT_MS);
    const probe = start();
    probe.givenUp = OVERTAKEN;
    layer.cancel(probe);
    expect(source.outcomes).toEqual(["a bad"]);
    timers.advance(OUT_MS);
    expect(idOf(start())).not.toBe("a");
    timers.advance(OUT_MS);
    expect(idOf(start())).toBe("a");
  });
});
