import { beforeEach, describe, expect, it } from "vitest";
import { Fault, type FaultCode } from "../../base/fault.ts";
import { EndpointLoad } from "../balance/peak-ewma.ts";
import { sampleEndpoint } from "../balance/sample-endpoint.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { sampleExchange, sampleResponse } from "../exchange/sample-exchange.ts";
import { compose } from "./layer.ts";
import { RetryLayer } from "./retry.ts";
import { SampleLayer } from "./sample-layer.ts";

let above: SampleLayer;
let below: SampleLayer;
let retry: RetryLayer;

beforeEach(() => {
  above = new SampleLayer();
  below = new SampleLayer();
  retry = new RetryLayer(1);
  compose([above, retry, below]);
  below.onStart = (exchange) => {
    exchange.attempt += 1;
    exchange.sent = false;
    exchange.heard = false;
    exchange.reused = false;
  };
});

const POST = "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\n";

function started(request?: string): Exchange {
  const { exchange } = sampleExchange(request);
  retry.start(exchange);
  return exchange;
}

function withEndpoint(exchange: Exchange, proxied: boolean): EndpointLoad {
  const endpoint = sampleEndpoint("a", { proxied });
  const load = new EndpointLoad(endpoint, { decayMs: 1, defaultRttMs: 1 }, 0);
  exchange.endpoint = load;
  return load;
}

const fails = (exchange: Exchange, code: FaultCode) => retry.fault(exchange, new Fault(code));

describe("a request that is provably unsent", () => {
  it("is tried once more, whatever its method, and the endpoint that failed is named", () => {
    const exchange = started(POST);
    const failed = withEndpoint(exchange, false);
    fails(exchange, "connect-failed");
    expect(below.events).toEqual(["start", "start"]);
    expect(exchange.failedEndpoint).toBe(failed);
    fails(exchange, "connect-failed");
    expect(above.events).toEqual(["fault connect-failed"]);
  });

  it("is not tried again once bytes of its body have left", () => {
    const exchange = started(POST);
    exchange.bodySentBytes = 1;
    fails(exchange, "connect-failed");
    expect(above.events).toEqual(["fault connect-failed"]);
  });

  it("is not tried again where there is nobody to try", () => {
    fails(started(), "no-endpoints");
    expect(above.events).toEqual(["fault no-endpoints"]);
  });

  it("is not tried again for a fault of the caller's or ours", () => {
    fails(started(), "body-timeout");
    fails(started(), "overloaded");
    expect(above.events).toEqual(["fault body-timeout", "fault overloaded"]);
  });
});

describe("a connection that dies under a request", () => {
  function lost(request: string | undefined, change: Partial<Exchange>): readonly string[] {
    const exchange = started(request);
    Object.assign(exchange, { sent: true, reused: true, ...change });
    fails(exchange, "connection-lost");
    return above.events;
  }

  it("that was used before is made good for an idempotent method, once", () => {
    const exchange = started();
    Object.assign(exchange, { sent: true, reused: true });
    fails(exchange, "connection-lost");
    expect(below.events).toEqual(["start", "start"]);
    expect(exchange.lostOnce).toBe(true);
    Object.assign(exchange, { sent: true, reused: true });
    fails(exchange, "connection-lost");
    expect(above.events).toEqual(["fault connection-lost"]);
  });

  it.each([
    ["was new", undefined, { reused: false }],
    ["had begun to answer", undefined, { heard: true }],
    ["carried a POST", "POST / HTTP/1.1\r\nHost: web\r\n\r\n", {}],
    ["carried a body", "PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\n", {}],
    ["had been answered from", undefined, { answered: true }],
  ])("that %s is not", (_, request, change) => {
    expect(lost(request, change)).toEqual(["fault connection-lost"]);
  });
});

describe("an answer that says unsent", () => {
  const claim = (reason: string, status = 502) =>
    sampleResponse(
      `HTTP/1.1 ${status} No\r\nheddle-unsent: 1\r\nheddle-error: ${reason}\r\n` +
        "Content-Length: 0\r\n\r\n",
    );

  it.each(["app-unreachable", "draining", "overloaded"])("for %s is tried again", (reason) => {
    const exchange = started();
    withEndpoint(exchange, true);
    retry.head(exchange, claim(reason));
    expect(below.events).toEqual(["start", "cancel", "start"]);
    expect(above.events).toEqual([]);
    withEndpoint(exchange, true);
    retry.head(exchange, claim(reason));
    expect(above.events).toEqual(["head 502"]);
  });

  it.each([
    ["from who is no proxy", false, claim("draining")],
    ["for another reason", true, claim("connection-lost")],
    ["with a good status", true, claim("draining", 200)],
    ["without a reason", true, sampleResponse("HTTP/1.1 502 No\r\nheddle-unsent: 1\r\n\r\n")],
    ["with another value", true, sampleResponse("HTTP/1.1 502 N\r\nheddle-unsent: 0\r\n\r\n")],
  ])("%s is not believed", (_, proxied, head) => {
    const exchange = started();
    withEndpoint(exchange, proxied);
    retry.head(exchange, head);
    expect(below.events).toEqual(["start"]);
    expect(above.events).toHaveLength(1);
  });

  it("is passed on when bytes of the body have left", () => {
    const exchange = started(POST);
    withEndpoint(exchange, true);
    exchange.bodySentBytes = 2;
    retry.head(exchange, claim("draining"));
    expect(above.events).toEqual(["head 502"]);
  });
});
