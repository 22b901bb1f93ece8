import { beforeEach, describe, expect, it } from "vitest";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { Timeouts } from "../../mesh/destination.ts";
import { METHOD_GET } from "../../wire/http1/method.ts";
import { type Exchange, OVERTAKEN, TOO_SLOW } from "../exchange/exchange.ts";
import { sampleExchange, sampleResponse } from "../exchange/sample-exchange.ts";
import { compose } from "./layer.ts";
import { SampleLayer } from "./sample-layer.ts";
import { TimeoutsLayer } from "./timeouts.ts";

const NONE: Timeouts = { requestMs: 0, responseMs: 0, idleMs: 0 };
const HEAD = sampleResponse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
const SWITCH = sampleResponse(
  "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
  METHOD_GET,
  true,
);

let timers: ManualTimers;
let above: SampleLayer;
let below: SampleLayer;
let wheel: TimerWheel;

beforeEach(() => {
  timers = new ManualTimers();
  timers.advance(1_000);
  above = new SampleLayer();
  below = new SampleLayer();
});

function started(
  timeouts: Partial<Timeouts>,
  fields = "",
): { layer: TimeoutsLayer; exchange: Exchange } {
  const { clock } = timers;
  wheel = new TimerWheel({ clock, timers });
  const layer = new TimeoutsLayer({ ...NONE, ...timeouts }, clock, wheel);
  compose([above, layer, below]);
  const request = `GET / HTTP/1.1\r\nHost: web\r\n${fields}\r\n`;
  const { exchange } = sampleExchange(request, clock.nowMs());
  exchange.attemptStartedMs = clock.nowMs();
  layer.start(exchange);
  return { layer, exchange };
}

describe("a route's timeout", () => {
  it.each([
    ["requestMs", "request-timeout"],
    ["responseMs", "response-timeout"],
  ])("%s ends what takes longer, and nothing sooner", (name, code) => {
    started({ [name]: 500 });
    timers.advance(496);
    expect(above.events).toEqual([]);
    timers.advance(10);
    expect(above.events).toEqual([`fault ${code}`]);
    expect(below.events).toEqual(["start", "cancel"]);
  });

  it("responseMs counts from the request's own start while no try has begun", () => {
    const { exchange } = started({ responseMs: 2_000, idleMs: 1_000 });
    // As of a request that waits in a queue, on a connection that carried another one long ago.
    exchange.attemptStartedMs = 0;
    exchange.requestEndedMs = 0;
    for (let round = 0; round < 4; round += 1) {
      timers.advance(480);
      exchange.answerBytes += 1;
    }
    expect(above.events).toEqual([]);
    timers.advance(600);
    expect(above.events).toEqual(["fault response-timeout"]);
  });

  it("idleMs counts from the last movement of bytes, either way", () => {
    const { exchange } = started({ idleMs: 1_000 });
    for (let round = 0; round < 20; round += 1) {
      timers.advance(400);
      if (round % 2 === 0) exchange.requestBytes += 1;
      else exchange.answerBytes += 1;
    }
    expect(above.events).toEqual([]);
    timers.advance(2_000);
    expect(above.events).toEqual(["fault idle-timeout"]);
  });

  it("idleMs sees what moves both ways at once", () => {
    const { exchange } = started({ idleMs: 1_000 });
    for (let round = 0; round < 5; round += 1) {
      timers.advance(800);
      exchange.requestBytes += 7;
      exchange.answerBytes += 7;
    }
    expect(above.events).toEqual([]);
  });

  it("idleMs counts from the last try as well", () => {
    const { exchange } = started({ idleMs: 1_000 });
    for (let round = 0; round < 5; round += 1) {
      timers.advance(800);
      exchange.attempt += 1;
    }
    expect(above.events).toEqual([]);
  });

  it("responseMs waits for the end of the request, and ends with the answer's head", () => {
    const { exchange } = started({ responseMs: 500 });
    exchange.requestEnded = false;
    timers.advance(3_000);
    expect(above.events).toEqual([]);
    exchange.requestEnded = true;
    exchange.requestEndedMs = timers.clock.nowMs();
    timers.advance(400);
    exchange.answeredMs = timers.clock.nowMs();
    timers.advance(10_000);
    expect(above.events).toEqual([]);
  });

  it("responseMs begins anew with each try, and not before it", () => {
    const { exchange } = started({ responseMs: 500 });
    timers.advance(400);
    // An answer that was not passed on, and the wait for another try.
    exchange.answeredMs = timers.clock.nowMs();
    exchange.waitsToRetry = true;
    timers.advance(2_000);
    expect(above.events).toEqual([]);
    exchange.waitsToRetry = false;
    exchange.answeredMs = 0;
    exchange.attemptStartedMs = timers.clock.nowMs();
    timers.advance(480);
    expect(above.events).toEqual([]);
    timers.advance(600);
    expect(above.events).toEqual(["fault response-timeout"]);
  });

  it("responseMs does not count the wait after a try that brought no answer at all", () => {
    const { exchange } = started({ responseMs: 500 });
    exchange.waitsToRetry = true;
    timers.advance(2_000);
    expect(above.events).toEqual([]);
  });

  it("the earliest of all is the one that ends it", () => {
    started({ requestMs: 900, responseMs: 300, idleMs: 5_000 });
    timers.advance(310);
    expect(above.events).toEqual(["fault response-timeout"]);
  });

  it.each(["end", "cancel"] as const)("leaves no timer after %s", (how) => {
    const { layer, exchange } = started({ requestMs: 500 });
    layer[how](exchange);
    expect(wheel.scheduledCount).toBe(0);
    timers.advance(1_000);
    expect(above.events.filter((event) => event.startsWith("fault"))).toEqual([]);
  });

  it("goes on over the head of an answer, and ends where a tunnel begins", () => {
    const one = started({ requestMs: 500 });
    one.layer.head(one.exchange, HEAD);
    expect(wheel.scheduledCount).toBe(1);
    const two = started({ requestMs: 500, idleMs: 100 });
    two.layer.head(two.exchange, SWITCH);
    expect(wheel.scheduledCount).toBe(0);
  });
});

describe("what a caller gives", () => {
  it.each([
    [{ requestMs: 500 }, 300, "deadline-exceeded", OVERTAKEN],
    [{ requestMs: 300 }, 500, "request-timeout", TOO_SLOW],
  ])("with %o and %i ms ends as %s, and is held against nobody but for the route's", (...row) => {
    const [timeouts, givenMs, code, givenUp] = row;
    const { exchange } = started(timeouts, `heddle-deadline: ${givenMs}\r\n`);
    timers.advance(296);
    expect(above.events).toEqual([]);
    timers.advance(10);
    expect(above.events).toEqual([`fault ${code}`]);
    expect(exchange.givenUp).toBe(givenUp);
  });

  it("is not sent on when it is nothing", () => {
    started({}, "heddle-deadline: 0\r\n");
    expect(above.events).toEqual(["fault deadline-exceeded"]);
    expect(below.events).toEqual([]);
    expect(wheel.scheduledCount).toBe(0);
  });
});
