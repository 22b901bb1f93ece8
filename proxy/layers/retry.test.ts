import { beforeEach, describe, expect, it } from "vitest";
import { Fault, type FaultCode } from "../../base/fault.ts";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_RETRY, type Retry } from "../../mesh/retry.ts";
import { EndpointLoad } from "../balance/peak-ewma.ts";
import { sampleEndpoint } from "../balance/sample-endpoint.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { sampleExchange, sampleResponse } from "../exchange/sample-exchange.ts";
import { RetryBudget } from "../limits/retry-budget.ts";
import { RetryMetrics } from "../telemetry/retry-metrics.ts";
import { compose } from "./layer.ts";
import { RetryLayer } from "./retry.ts";
import { SampleLayer } from "./sample-layer.ts";

const LABELS = ["outbound", "shop", "web", "80"] as const;
const POST = "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\n";
const EAGER: Partial<Retry> = {
  maxRetries: 3,
  statuses: [{ min: 503, max: 504 }],
  onReset: true,
  onPerTryTimeout: true,
  grpcCodes: [14],
};

let timers: ManualTimers;
let wheel: TimerWheel;
let metrics: Metrics;
let budget: RetryBudget;
let above: SampleLayer;
let below: SampleLayer;
let retry: RetryLayer;

beforeEach(() => {
  timers = new ManualTimers();
  timers.advance(1_000);
  wheel = new TimerWheel({ clock: timers.clock, timers });
  budget = new RetryBudget({ ratio: 0, minRetriesPerSecond: 100, ttlMs: 10_000 });
  composed({});
});

function composed(policy: Partial<Retry>): RetryLayer {
  const { clock } = timers;
  metrics = new Metrics({ clock });
  const recorder = new RetryMetrics(metrics).open(LABELS);
  const random = createSeededRandom(1);
  retry = new RetryLayer(
    { ...DEFAULT_RETRY, ...policy },
    { clock, random, wheel, budget, recorder },
  );
  above = new SampleLayer();
  below = new SampleLayer();
  compose([above, retry, below]);
  below.onStart = (exchange) => {
    exchange.attempt += 1;
    exchange.attemptStartedMs = clock.nowMs();
    Object.assign(exchange, { sent: false, heard: false, reused: false });
    withEndpoint(exchange, false);
  };
  return retry;
}

/** Started, and its head sent. */
function started(request?: string): Exchange {
  const { exchange } = sampleExchange(request, timers.clock.nowMs());
  retry.start(exchange);
  return exchange;
}

function sent(request?: string): Exchange {
  return Object.assign(started(request), { sent: true });
}

function withEndpoint(exchange: Exchange, proxied: boolean): EndpointLoad {
  const endpoint = sampleEndpoint("a", { proxied });
  const load = new EndpointLoad(endpoint, { decayMs: 1, defaultRttMs: 1 }, 0);
  exchange.endpoint = load;
  return load;
}

const fails = (exchange: Exchange, code: FaultCode) => retry.fault(exchange, new Fault(code));
const answer = (status: number, fields = "") =>
  sampleResponse(`HTTP/1.1 ${status} X\r\n${fields}Content-Length: 0\r\n\r\n`);
const count = (name: string, labels: string) =>
  [...metrics.expose()]
    .join("")
    .split("\n")
    .find((line) => line.startsWith(`${name}{`) && line.includes(labels))
    ?.split(" ")
    .at(-1);

describe("a request that is provably unsent", () => {
  it("is tried once more, whatever its method, and the endpoint that failed is named", () => {
    const exchange = started(POST);
    const failed = withEndpoint(exchange, false);
    fails(exchange, "connect-failed");
    expect(below.events).toEqual(["start", "start"]);
    expect(exchange.failed?.includes(failed)).toBe(true);
    fails(exchange, "connect-failed");
    expect(above.events).toEqual(["fault connect-failed"]);
    expect(count("heddle_retries_total", 'reason="unsent",outcome="failure"')).toBe("1");
    expect(count("heddle_retries_withheld_total", 'cause="tries"')).toBe("1");
  });

  it("waits from the second retry on", () => {
    composed({ maxRetries: 3, backoff: { baseMs: 100, maxMs: 1_000, jitter: 0 } });
    const exchange = started();
    fails(exchange, "connect-failed");
    expect(below.events).toEqual(["start", "start"]);
    fails(exchange, "connect-failed");
    timers.advance(190);
    expect(below.events).toHaveLength(2);
    timers.advance(20);
    expect(below.events).toHaveLength(3);
  });

  it("is not tried again where there is nobody to try, or for a fault of ours", () => {
    for (const code of ["no-endpoints", "body-timeout", "overloaded", "deadline-exceeded"] as const)
      fails(started(), code);
    expect(below.events).toEqual(["start", "start", "start", "start"]);
  });
});

it("another try avoids all endpoints that failed before", () => {
  composed({ maxRetries: 3 });
  const exchange = started();
  const first = withEndpoint(exchange, false);
  fails(exchange, "connect-failed");
  const second = withEndpoint(exchange, false);
  fails(exchange, "connect-failed");
  const { failed } = exchange;
  expect(failed?.count).toBe(2);
  expect(failed?.includes(first)).toBe(true);
  expect(failed?.earlier(second, first)).toBe(first);
});

describe("a connection that dies under a request", () => {
  function lost(request: string | undefined, change: Partial<Exchange>): readonly string[] {
    const exchange = Object.assign(sent(request), { reused: true, ...change });
    fails(exchange, "connection-lost");
    return above.events;
  }

  it("that was used before is made good for an idempotent method, once", () => {
    const exchange = Object.assign(sent(), { reused: true });
    fails(exchange, "connection-lost");
    expect(below.events).toEqual(["start", "start"]);
    expect(exchange.lostOnce).toBe(true);
    Object.assign(exchange, { sent: true, reused: true });
    fails(exchange, "connection-lost");
    expect(above.events).toEqual(["fault connection-lost"]);
  });

  it("is made good once, also where there could be more tries", () => {
    composed({ maxRetries: 3 });
    const exchange = sent();
    for (let lost = 0; lost < 2; lost += 1) {
      Object.assign(exchange, { sent: true, reused: true });
      fails(exchange, "connection-lost");
    }
    expect(below.events).toEqual(["start", "start"]);
    expect(above.events).toEqual(["fault connection-lost"]);
  });

  it("is made good with the body, where that is kept", () => {
    const exchange = sent("PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\n");
    exchange.kept?.add(Buffer.from("ab"), 0, 2);
    Object.assign(exchange, { reused: true, bodySentBytes: 2 });
    fails(exchange, "connection-lost");
    expect(above.events).toEqual([]);
  });

  it.each([
    ["was new", undefined, { reused: false }],
    ["had begun to answer", undefined, { heard: true }],
    ["carried a POST", "POST / HTTP/1.1\r\nHost: web\r\n\r\n", {}],
    ["had been answered from", undefined, { answered: true }],
  ])("that %s is not, when nobody asks for it", (_, request, change) => {
    expect(lost(request, change)).toEqual(["fault connection-lost"]);
  });

  it("is, where the policy asks for it and the method allows", () => {
    composed({ ...EAGER, backoff: { baseMs: 0, maxMs: 0, jitter: 0 } });
    expect(lost(undefined, { reused: false, heard: true })).toEqual([]);
    expect(lost("POST / HTTP/1.1\r\nHost: web\r\n\r\n", {})).toEqual(["fault connection-lost"]);
    expect(count("heddle_retries_withheld_total", 'cause="harmful"')).toBe("1");
  });
});

describe("an answer that says unsent", () => {
  const claim = (reason: string, status = 502, more = "") =>
    answer(status, `heddle-unsent: 1\r\nheddle-error: ${reason}\r\n${more}`);

  it.each(["app-unreachable", "draining", "overloaded"])("for %s is tried again", (reason) => {
    const exchange = sent(POST);
    withEndpoint(exchange, true);
    retry.head(exchange, claim(reason));
    expect(below.events).toEqual(["start", "discard", "start"]);
    expect(above.events).toEqual([]);
    withEndpoint(exchange, true);
    retry.head(exchange, claim(reason));
    expect(above.events).toEqual(["head 502"]);
  });

  it.each([
    ["from who is no proxy", false, claim("draining")],
    ["for another reason", true, claim("connection-lost")],
    ["with a good status", true, claim("draining", 200)],
    ["without a reason", true, answer(502, "heddle-unsent: 1\r\n")],
    ["that forbids it", true, claim("overloaded", 503, "heddle-retry: no\r\n")],
  ])("%s is not", (_, proxied, head) => {
    const exchange = sent();
    withEndpoint(exchange, proxied);
    retry.head(exchange, head);
    expect(below.events).toEqual(["start"]);
    expect(above.events).toHaveLength(1);
  });

  it("is passed on when the body has left and was too long to keep", () => {
    const exchange = sent("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 70000\r\n\r\n");
    withEndpoint(exchange, true);
    exchange.bodySentBytes = 70_000;
    retry.head(exchange, claim("draining"));
    expect(above.events).toEqual(["head 502"]);
    expect(count("heddle_retries_withheld_total", 'cause="body"')).toBe("1");
  });
});

describe("an answer that the policy names", () => {
  const NOW = { backoff: { baseMs: 0, maxMs: 0, jitter: 0 } };

  it.each([
    [502, "", 1],
    [503, "", 2],
    [504, "", 2],
    [505, "", 1],
    [200, "grpc-status: 14\r\n", 2],
    [200, "grpc-status: 13\r\n", 1],
    [200, "grpc-status: 99\r\n", 1],
    [200, "grpc-status: 1e9\r\n", 1],
  ])("%i %s makes %i tries", (status, fields, tries) => {
    composed({ ...EAGER, ...NOW });
    retry.head(sent(), answer(status, fields));
    expect(below.events.filter((event) => event === "start")).toHaveLength(tries);
  });

  it.each([
    [true, 1],
    [false, 2],
  ])("and that forbids it is obeyed where it comes from a proxy: %s", (proxied, tries) => {
    composed({ ...EAGER, ...NOW });
    const exchange = sent();
    withEndpoint(exchange, proxied);
    retry.head(exchange, answer(503, "heddle-retry: no\r\n"));
    expect(below.events.filter((event) => event === "start")).toHaveLength(tries);
  });

  it("is passed on, the last of all, when there are no more tries", () => {
    composed({ ...EAGER, ...NOW });
    const exchange = sent();
    for (const status of [503, 504, 503, 504]) retry.head(exchange, answer(status));
    expect(above.events).toEqual(["head 504"]);
    expect(below.events.filter((event) => event === "discard")).toHaveLength(3);
    expect(count("heddle_retries_total", 'reason="status",outcome="failure"')).toBe("3");
  });

  it("counts as a success when it is good in the end", () => {
    composed({ ...EAGER, ...NOW });
    const exchange = sent();
    retry.head(exchange, answer(503));
    retry.head(exchange, answer(200));
    expect(above.events).toEqual(["head 200"]);
    expect(count("heddle_retries_total", 'reason="status",outcome="success"')).toBe("1");
  });

  it.each([
    ["POST", {}, "", false],
    ["POST", { isRetryable: true }, "", true],
    ["POST", { methods: ["POST"] }, "", true],
    ["GET", { methods: ["POST"] }, "", false],
    ["LOCK", { methods: ["LOCK"] }, "", true],
    ["POST", { idempotencyKeyHeader: "idempotency-key" }, "Idempotency-Key: 7\r\n", true],
    ["POST", { idempotencyKeyHeader: "idempotency-key" }, "", false],
    ["DELETE", {}, "", true],
  ])("is repeated for %s with %o %s: %s", (method, policy, fields, repeats) => {
    composed({ ...EAGER, ...NOW, ...policy });
    retry.head(sent(`${method} / HTTP/1.1\r\nHost: web\r\n${fields}\r\n`), answer(503));
    expect(below.events.includes("discard")).toBe(repeats);
  });

  it("is never repeated for what became a tunnel", () => {
    composed({ ...EAGER, ...NOW, statuses: [{ min: 100, max: 599 }] });
    const exchange = sent("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    const text = "HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
    retry.head(exchange, sampleResponse(text, exchange.head.methodCode, true));
    expect(above.events).toEqual(["head 101"]);
  });
});

describe("what is kept for another try", () => {
  const PUT = "PUT / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n";
  const BODY = Buffer.from("abcdef");

  it("stays whole while that is waited for, though more of it comes than is kept", () => {
    const backoff = { baseMs: 100, maxMs: 100, jitter: 0 };
    composed({ ...EAGER, bodyBytesMax: 4, backoff });
    const exchange = sent(PUT);
    exchange.requestEnded = false;
    exchange.kept?.add(BODY, 0, 3);
    exchange.bodySentBytes = 3;
    retry.head(exchange, answer(503));
    exchange.kept?.add(BODY, 3, 6);
    timers.advance(110);
    expect(below.events).toEqual(["start", "discard", "start"]);
    expect(exchange.kept?.hasOverflowed).toBe(false);
    expect(exchange.kept?.length).toBe(6);
  });

  it("is let go with the head that is passed on", () => {
    composed(EAGER);
    const exchange = sent("PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: 3\r\n\r\n");
    exchange.kept?.add(BODY, 0, 3);
    retry.head(exchange, answer(200));
    expect(exchange.kept).toBeNull();
  });

  it("as an answer goes before what an endpoint fails by, not before what we have to say", () => {
    const NOW = { backoff: { baseMs: 0, maxMs: 0, jitter: 0 } };
    for (const [code, told] of [
      ["connection-lost", ["head 503", "end"]],
      ["overloaded", ["fault overloaded"]],
    ] as const) {
      composed({ ...EAGER, ...NOW, maxRetries: 1 });
      const exchange = sent();
      retry.head(exchange, answer(503));
      Object.assign(exchange.lastAnswer ?? {}, { isWhole: true });
      exchange.sent = true;
      fails(exchange, code);
      expect(above.events).toEqual(told);
    }
  });
});

describe("Retry-After", () => {
  it.each(["2", "Thu, 01 Jan 1970 00:00:03 GMT"])("%s is waited for", (value) => {
    composed(EAGER);
    retry.head(sent(), answer(503, `Retry-After: ${value}\r\n`));
    timers.advance(1_990);
    expect(below.events).toEqual(["start", "discard"]);
    timers.advance(20);
    expect(below.events).toEqual(["start", "discard", "start"]);
  });

  it("that is longer than the cap ends it", () => {
    composed({ ...EAGER, retryAfterMaxMs: 2_000 });
    retry.head(sent(), answer(503, "Retry-After: 3\r\n"));
    expect(above.events).toEqual(["head 503"]);
    expect(count("heddle_retries_withheld_total", 'cause="retry-after"')).toBe("1");
  });
});

describe("grpc-retry-pushback-ms", () => {
  const pushback = (value: string) =>
    answer(200, `grpc-status: 14\r\ngrpc-retry-pushback-ms: ${value}\r\nRetry-After: 1\r\n`);
  const policy = { ...EAGER, grpcCodes: [14] };

  it("is waited for, and goes before Retry-After", () => {
    composed(policy);
    retry.head(sent(), pushback("2000"));
    timers.advance(1_990);
    expect(below.events).toEqual(["start", "discard"]);
    timers.advance(20);
    expect(below.events).toEqual(["start", "discard", "start"]);
  });

  it.each(["-1", "soon", "", "1.5"])("'%s' asks for no other try", (value) => {
    composed(policy);
    retry.head(sent(), pushback(value));
    expect(above.events).toEqual(["head 200"]);
    expect(count("heddle_retries_withheld_total", 'cause="retry-after"')).toBe("1");
  });

  it("that is longer than the cap ends it", () => {
    composed({ ...policy, retryAfterMaxMs: 1_999 });
    retry.head(sent(), pushback("2000"));
    expect(above.events).toEqual(["head 200"]);
  });
});

describe("the budget", () => {
  it("ends tries when it is exhausted, and callers are told", () => {
    budget.reconfigure({ ratio: 0, minRetriesPerSecond: 0.2, ttlMs: 10_000 }, 0);
    composed({ ...EAGER, backoff: { baseMs: 0, maxMs: 0, jitter: 0 } });
    const exchange = sent();
    for (let tries = 0; tries < 3; tries += 1) retry.head(exchange, answer(503));
    expect(above.events).toEqual(["head 503"]);
    expect(exchange.retries).toBe(2);
    expect(exchange.retryForbidden).toBe(true);
    expect(count("heddle_retries_withheld_total", 'cause="budget"')).toBe("1");
  });

  it("is paid in by requests, not by tries", () => {
    budget.reconfigure({ ratio: 1, minRetriesPerSecond: 0, ttlMs: 10_000 }, 0);
    composed({ ...EAGER, backoff: { baseMs: 0, maxMs: 0, jitter: 0 } });
    const exchange = sent();
    retry.head(exchange, answer(503));
    retry.head(exchange, answer(503));
    expect(exchange.retries).toBe(1);
  });
});

describe("time", () => {
  it("a try takes no longer than it may, from when the request was whole", () => {
    composed({ ...EAGER, perTryTimeoutMs: 100, backoff: { baseMs: 0, maxMs: 0, jitter: 0 } });
    const exchange = sent();
    exchange.requestEnded = false;
    timers.advance(500);
    expect(below.events).toEqual(["start"]);
    Object.assign(exchange, { requestEnded: true, requestEndedMs: timers.clock.nowMs() });
    timers.advance(150);
    expect(below.events).toEqual(["start", "cancel", "start"]);
    exchange.sent = true;
    retry.head(exchange, answer(200));
    timers.advance(1_000);
    expect(below.events).toHaveLength(3);
    expect(above.events).toEqual(["head 200"]);
  });

  it("a try's time begins when the request is whole, not when its timer was set", () => {
    composed({ ...EAGER, perTryTimeoutMs: 100, backoff: { baseMs: 0, maxMs: 0, jitter: 0 } });
    const exchange = sent();
    exchange.requestEnded = false;
    timers.advance(150);
    Object.assign(exchange, { requestEnded: true, requestEndedMs: timers.clock.nowMs() });
    timers.advance(90);
    expect(below.events).toEqual(["start"]);
    timers.advance(30);
    expect(below.events).toEqual(["start", "cancel", "start"]);
  });

  it("a try that takes too long is the caller's answer where the policy does not repeat it", () => {
    composed({ perTryTimeoutMs: 100 });
    sent();
    timers.advance(110);
    expect(above.events).toEqual(["fault per-try-timeout"]);
  });

  it("nothing is tried that could not begin before the deadline", () => {
    composed({ ...EAGER, backoff: { baseMs: 100, maxMs: 100, jitter: 0 } });
    const exchange = sent();
    exchange.deadlineMs = timers.clock.nowMs() + 100;
    retry.head(exchange, answer(503));
    expect(above.events).toEqual(["head 503"]);
    expect(count("heddle_retries_withheld_total", 'cause="deadline"')).toBe("1");
  });

  it("a wait ends with its caller", () => {
    composed({ ...EAGER, backoff: { baseMs: 100, maxMs: 100, jitter: 0 } });
    const exchange = sent();
    retry.head(exchange, answer(503));
    retry.cancel(exchange);
    timers.advance(1_000);
    expect(below.events).toEqual(["start", "discard", "cancel"]);
    expect(wheel.scheduledCount).toBe(0);
  });
});

describe("interim answers", () => {
  const interim = (exchange: Exchange, status: number) =>
    retry.informational(exchange, sampleResponse(`HTTP/1.1 ${status} X\r\n\r\n`));

  it("are passed on once over all tries", () => {
    composed({ ...EAGER, backoff: { baseMs: 0, maxMs: 0, jitter: 0 } });
    const exchange = sent();
    interim(exchange, 103);
    interim(exchange, 103);
    retry.head(exchange, answer(503));
    interim(exchange, 100);
    interim(exchange, 103);
    retry.head(exchange, answer(503));
    interim(exchange, 100);
    expect(above.events).toEqual(["informational 103", "informational 103", "informational 100"]);
  });
});
