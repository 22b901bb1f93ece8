import { expect, it } from "vitest";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { DEFAULT_CLIENT_TIMING } from "../connection/client-connection.ts";
import { sampleExchange } from "../exchange/sample-exchange.ts";
import { SampleLayer } from "../layers/sample-layer.ts";
import { SampleNetwork } from "../net/sample-stream.ts";
import { EndpointPool } from "./endpoint-pool.ts";

/** A pool of one connection, on which a request is under way; three more may wait. */
function scene() {
  const timers = new ManualTimers();
  timers.advance(1_000);
  const { clock } = timers;
  const network = new SampleNetwork();
  const wheel = new TimerWheel({ clock, timers });
  const limits = DEFAULT_HTTP1_LIMITS;
  const connection = { network, clock, wheel, limits, timing: DEFAULT_CLIENT_TIMING };
  const bounds = { connectionsMax: 1, waitingMax: 3, idleMax: 1 };
  const owner = { isEvicted: () => false, poolEmptied: () => {} };
  const pool = new EndpointPool({ address: "127.0.0.1", port: 80 }, connection, bounds, owner);
  const layer = new SampleLayer();
  const ask = (path: string) => {
    const { exchange } = sampleExchange(`GET ${path} HTTP/1.1\r\nHost: web\r\n\r\n`, 1_000);
    pool.send(exchange, layer);
    return exchange;
  };
  const underWay = ask("/0");
  const [stream] = network.dialled;
  if (stream === undefined) throw new Error("one was dialled");
  stream.connect();
  return { pool, layer, network, stream, ask, underWay };
}

it("those that wait are sent in their order, and each that goes away leaves its place", () => {
  const { pool, layer, network, stream, ask, underWay } = scene();
  const [first, middle, last] = [ask("/1"), ask("/2"), ask("/3")];
  ask("/too-many");
  expect(layer.events).toEqual(["fault overloaded"]);
  for (const one of [last, middle]) {
    expect(pool.withdraw(one)).toBe(true);
    expect(pool.withdraw(one)).toBe(false);
  }
  const sent = [underWay, ask("/4"), ask("/5")];
  ask("/too-many");
  expect(layer.events).toEqual(["fault overloaded", "fault overloaded"]);
  expect(pool.withdraw(first)).toBe(true);
  sent.push(ask("/6"));
  for (const one of sent) {
    one.answeredMs = 1_000;
    stream.receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  }
  expect(stream.written.match(/\/\d /g)).toEqual(["/0 ", "/4 ", "/5 ", "/6 "]);
  expect([pool.openCount, pool.idleCount]).toEqual([1, 1]);
  expect(network.dialled).toHaveLength(1);
});
