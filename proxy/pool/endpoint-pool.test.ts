import { beforeEach, describe, expect, it } from "vitest";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { DEFAULT_CLIENT_TIMING } from "../connection/client-connection.ts";
import { sampleExchange } from "../exchange/sample-exchange.ts";
import { SampleLayer } from "../layers/sample-layer.ts";
import { SampleNetwork, SampleStream } from "../net/sample-stream.ts";
import { EndpointPool } from "./endpoint-pool.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

let timers: ManualTimers;
let network: SampleNetwork;
let layer: SampleLayer;
let pool: EndpointPool;
let emptied: number;
let isEvicted: boolean;

beforeEach(() => {
  timers = new ManualTimers();
  timers.advance(1_000);
  network = new SampleNetwork();
  layer = new SampleLayer();
  emptied = 0;
  isEvicted = false;
  pool = create({ connectionsMax: 2, waitingMax: 2, idleMax: 2 });
});

function create(limits: {
  readonly connectionsMax: number;
  readonly waitingMax: number;
  readonly idleMax: number;
}): EndpointPool {
  const { clock } = timers;
  const wheel = new TimerWheel({ clock, timers });
  const connection = {
    network,
    clock,
    wheel,
    limits: DEFAULT_HTTP1_LIMITS,
    timing: DEFAULT_CLIENT_TIMING,
  };
  return new EndpointPool({ address: "127.0.0.1", port: 80 }, connection, limits, {
    isEvicted: () => isEvicted,
    poolEmptied: () => {
      emptied += 1;
    },
  });
}

function send(request?: string): ReturnType<typeof sampleExchange> {
  const made = sampleExchange(request, timers.clock.nowMs());
  pool.send(made.exchange, layer);
  return made;
}

/** Answers what is under way; the answer's head marks the time as the layers above do. */
function answer(stream: SampleStream, made: ReturnType<typeof sampleExchange>, text = OK): void {
  made.exchange.answeredMs = timers.clock.nowMs();
  stream.receive(text);
}

describe("a pool", () => {
  it("dials, and sends once connected", () => {
    send();
    const [stream] = network.dialled;
    expect(stream?.written).toBe("");
    stream?.connect();
    expect(stream?.written).toBe("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
    expect([pool.openCount, pool.idleCount]).toEqual([1, 0]);
  });

  it("uses a connection again, the most recently used first", () => {
    const [one, two] = [send(), send()];
    const [first, second] = network.dialled;
    first?.connect();
    second?.connect();
    if (first === undefined || second === undefined) throw new Error("two were dialled");
    answer(first, one);
    answer(second, two);
    expect([pool.openCount, pool.idleCount]).toEqual([2, 2]);
    const third = send();
    expect(third.exchange.reused).toBe(true);
    expect(network.dialled).toHaveLength(2);
    expect(second.written.match(/GET/g)).toHaveLength(2);
  });

  it("takes connections over that others have opened, within its bound", () => {
    const [first, second, third] = [new SampleStream(), new SampleStream(), new SampleStream()];
    pool.adopt(first, layer);
    pool.adopt(second, layer);
    pool.adopt(third, layer);
    expect([pool.openCount, pool.idleCount, third.closed]).toEqual([2, 2, true]);
    const one = send();
    expect([one.exchange.reused, network.dialled]).toEqual([false, []]);
    answer(second, one);
    expect([pool.idleCount, layer.events.at(-1)]).toEqual([2, "end"]);
    first.close("closed");
    expect([pool.openCount, pool.idleCount]).toEqual([1, 1]);
    pool.retire();
    const late = new SampleStream();
    pool.adopt(late, layer);
    expect([second.closed, late.closed]).toEqual([true, true]);
  });

  it("closes those that were free for longest when fewer are needed, and none that is busy", () => {
    const streams = [new SampleStream(), new SampleStream()];
    for (const stream of streams) pool.adopt(stream, layer);
    pool.trim(2);
    expect(streams.map(({ closed }) => closed)).toEqual([false, false]);
    send();
    pool.trim(0);
    expect(streams.map(({ closed }) => closed)).toEqual([true, false]);
    expect([pool.openCount, pool.idleCount]).toEqual([1, 0]);
  });

  it("keeps none that is free of an endpoint that is about to go, and still sends to it", () => {
    const streams = [new SampleStream(), new SampleStream()];
    for (const stream of streams) pool.adopt(stream, layer);
    const [first, second] = streams;
    if (first === undefined || second === undefined) throw new Error("there are two");
    const one = send();
    pool.isLeaving = true;
    expect([first.closed, second.closed]).toEqual([true, false]);
    answer(second, one);
    expect([second.closed, pool.openCount]).toEqual([true, 0]);
    const two = send();
    const [dialled] = network.dialled;
    if (dialled === undefined) throw new Error("it was dialled");
    dialled.connect();
    answer(dialled, two);
    expect([dialled.closed, layer.events.at(-1)]).toEqual([true, "end"]);
    pool.isLeaving = false;
    const three = send();
    network.dialled[1]?.connect();
    if (network.dialled[1] !== undefined) answer(network.dialled[1], three);
    expect(pool.idleCount).toBe(1);
  });

  it("lets what is beyond its connections wait its turn, and refuses what is beyond that", () => {
    const all = [send(), send(), send(), send(), send()];
    expect(network.dialled).toHaveLength(2);
    expect(layer.events).toEqual(["fault overloaded"]);
    const [first] = network.dialled;
    first?.connect();
    const [one, , third] = all;
    if (first === undefined || one === undefined) throw new Error("it was dialled");
    answer(first, one);
    expect(third?.exchange.upstream).not.toBeNull();
    expect(first.written.match(/GET/g)).toHaveLength(2);
  });

  it("forgets what waited and was given up", () => {
    const [one, , third, fourth] = [send(), send(), send(), send()];
    expect(third?.exchange.queue).toBe(pool);
    expect(pool.withdraw(third.exchange)).toBe(true);
    expect(pool.withdraw(third.exchange)).toBe(false);
    const stream = network.dialled[0];
    stream?.connect();
    if (stream === undefined) throw new Error("it was dialled");
    answer(stream, one);
    expect(third.exchange.upstream).toBeNull();
    expect(fourth.exchange.upstream).not.toBeNull();
  });

  it("opens another for what waits when a connection dies", () => {
    send();
    send();
    const waiting = send();
    network.dialled[0]?.connect();
    network.dialled[0]?.close("reset");
    expect(layer.events).toEqual(["fault connection-lost"]);
    expect(network.dialled).toHaveLength(3);
    network.dialled[2]?.connect();
    expect(waiting.exchange.sent).toBe(true);
    expect(pool.openCount).toBe(2);
  });

  it("gives a tunnel a connection that never served, though it must wait for it", () => {
    const one = send();
    send();
    const tunnel = send("CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n");
    const [stream] = network.dialled;
    stream?.connect();
    if (stream === undefined) throw new Error("it was dialled");
    answer(stream, one);
    expect(stream.closed).toBe(true);
    expect(network.dialled).toHaveLength(3);
    network.dialled[2]?.connect();
    expect(tunnel.caller.events).toEqual(["tunnel"]);
  });

  it("closes what is idle when it is retired, and what is busy when that is done", () => {
    const [one, two] = [send(), send()];
    const [first, second] = network.dialled;
    first?.connect();
    second?.connect();
    if (first === undefined || second === undefined) throw new Error("two were dialled");
    answer(first, one);
    pool.retire();
    expect([first.closed, second.closed]).toEqual([true, false]);
    answer(second, two);
    expect(second.closed).toBe(true);
    expect(pool.openCount).toBe(0);
  });

  it("keeps no more idle ones than it may", () => {
    pool = create({ connectionsMax: 9, waitingMax: 0, idleMax: 1 });
    const all = [send(), send(), send()];
    network.dialled.forEach((stream, index) => {
      const made = all[index];
      stream.connect();
      if (made !== undefined) answer(stream, made);
    });
    expect([pool.openCount, pool.idleCount]).toEqual([1, 1]);
  });
});

describe("a connection", () => {
  it("that is not made in time is given up", () => {
    send();
    timers.advance(999);
    expect(layer.events).toEqual([]);
    timers.advance(10);
    expect(layer.events).toEqual(["fault connect-timeout"]);
    expect(network.dialled[0]?.closed).toBe(true);
    expect(pool.openCount).toBe(0);
  });

  it.each(["refused", "unreachable"] as const)("that is %s leaves the request unsent", (why) => {
    const { exchange } = send();
    network.dialled[0]?.close(why);
    expect(layer.events).toEqual(["fault connect-failed"]);
    expect(exchange.sent).toBe(false);
  });

  it("is closed when it was idle for its time", () => {
    const one = send();
    const stream = network.connectNewest();
    answer(stream, one);
    timers.advance(29_990);
    expect(stream.closed).toBe(false);
    timers.advance(20);
    expect(stream.closed).toBe(true);
    expect([pool.openCount, pool.idleCount]).toEqual([0, 0]);
  });

  it("is not used later than the server said it would keep it", () => {
    const one = send();
    const stream = network.connectNewest();
    const text = OK.replace("Content", "Keep-Alive: timeout=5\r\nContent");
    answer(stream, one, text);
    timers.advance(3_900);
    const two = send();
    expect(two.exchange.reused).toBe(true);
    answer(stream, two, text);
    timers.advance(4_000);
    send();
    expect(stream.closed).toBe(true);
    expect(network.dialled).toHaveLength(2);
  });

  it("serves whoever has it to the end, however soon the server would close it then", () => {
    const one = send();
    const stream = network.connectNewest();
    answer(stream, one);
    const two = send();
    const soon = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\no";
    answer(stream, two, soon);
    timers.advance(DEFAULT_CLIENT_TIMING.idleTimeoutMs);
    expect([stream.closed, two.caller.received]).toEqual([false, "o"]);
    stream.receive("k");
    expect([layer.events.at(-1), two.caller.received]).toEqual(["end", "ok"]);
    timers.advance(8);
    expect(pool.openCount).toBe(0);
  });

  it("on which the server speaks unasked is closed", () => {
    const one = send();
    const stream = network.connectNewest();
    answer(stream, one);
    stream.receive("HTTP/1.1 408 Request Timeout\r\n\r\n");
    expect(stream.closed).toBe(true);
    expect(pool.idleCount).toBe(0);
  });

  it("is not used again when anything follows its answer", () => {
    const one = send();
    send();
    const waiting = send();
    const [stream] = network.dialled;
    stream?.connect();
    if (stream === undefined) throw new Error("it was dialled");
    answer(stream, one, `${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
    expect(layer.events).toEqual(["head 200", "end"]);
    expect(one.caller.received).toBe("ok");
    expect(stream.closed).toBe(true);
    expect(waiting.caller.received).toBe("");
  });

  it("is not used again when the answer came before the whole request", () => {
    const one = sampleExchange("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\n\r\n");
    one.exchange.requestEnded = false;
    pool.send(one.exchange, layer);
    const stream = network.connectNewest();
    answer(stream, one);
    expect(stream.closed).toBe(true);
    expect(layer.events).toEqual(["head 200", "end"]);
  });

  it("of a request that is given up is closed, also while it is being made", () => {
    const one = send();
    one.exchange.upstream?.cancel(one.exchange);
    expect(network.dialled[0]?.closed).toBe(true);
    const two = send();
    network.connectNewest();
    two.exchange.upstream?.cancel(two.exchange);
    expect(network.dialled[1]?.closed).toBe(true);
    expect(pool.openCount).toBe(0);
    expect(layer.events).toEqual([]);
  });

  it("keeps a body that comes while it is being made, and sends it after the head", () => {
    const { exchange } = send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n");
    const bytes = Buffer.from("hello");
    expect(exchange.upstream?.body(bytes, 0, 5)).toBe(false);
    bytes.fill(0);
    expect(exchange.bodySentBytes).toBe(0);
    const stream = network.connectNewest();
    expect(stream.written).toMatch(/\r\n\r\nhello$/);
    expect(exchange.bodySentBytes).toBe(5);
  });
});

describe("a pool of what may be a stranger's address by now", () => {
  it("uses what is open, in turn where that is too little, and opens nothing", () => {
    const one = send();
    const stream = network.connectNewest();
    pool.mayDial = false;
    const two = send();
    expect(network.dialled).toHaveLength(1);
    answer(stream, one);
    answer(stream, two);
    expect(two.caller.received).toBe("ok");
    send();
    expect(network.dialled).toHaveLength(1);
    expect(layer.events).toEqual(["head 200", "end", "head 200", "end"]);
  });

  it("has nothing for what needs a fresh connection", () => {
    send();
    network.connectNewest();
    pool.mayDial = false;
    const { exchange } = sampleExchange(undefined, timers.clock.nowMs());
    exchange.lostOnce = true;
    pool.send(exchange, layer);
    expect(layer.events).toEqual(["fault connect-failed"]);
  });

  it("does not send over what was still being opened", () => {
    send();
    pool.mayDial = false;
    const stream = network.connectNewest();
    expect(stream.written).toBe("");
    expect(stream.closed).toBe(true);
    expect(layer.events).toEqual(["fault connect-failed"]);
  });

  it("tells those who wait when the last connection is gone, and says so itself", () => {
    const one = send();
    const stream = network.connectNewest();
    answer(stream, one);
    pool.mayDial = false;
    const under = send();
    send();
    send();
    stream.close("reset");
    expect(emptied).toBe(1);
    expect(under.exchange.upstream).toBeNull();
    // Not from within the close, which may be somebody's who cancels.
    expect(layer.events.slice(2)).toEqual(["fault connection-lost"]);
    timers.advance(10);
    expect(layer.events.slice(2).sort()).toEqual([
      "fault connect-failed",
      "fault connect-failed",
      "fault connection-lost",
    ]);
    expect(network.dialled).toHaveLength(1);
  });

  it("dials again when it is known to be the same", () => {
    pool.mayDial = false;
    send();
    expect(layer.events).toEqual(["fault connect-failed"]);
    pool.mayDial = true;
    send();
    expect(network.dialled).toHaveLength(1);
  });

  it("is what it is when the endpoint is no longer named", () => {
    send();
    pool.retire();
    const stream = network.connectNewest();
    expect(stream.closed).toBe(true);
    expect(layer.events).toEqual(["fault connect-failed"]);
  });
});

describe("a pool of an evicted endpoint", () => {
  it("gives back those that wait, but for a probe", () => {
    const one = send();
    const stream = network.connectNewest();
    send();
    const waiting = send();
    const probe = send();
    probe.exchange.probing = true;
    isEvicted = true;
    pool.withdrawWaiting(layer);
    // Not from within the call, which may be somebody's who cancels one of them.
    expect(layer.events).toEqual([]);
    timers.advance(10);
    expect(layer.events).toEqual(["fault connect-failed"]);
    expect(waiting.exchange.queue).toBeNull();
    answer(stream, one);
    expect(stream.written.match(/GET/g)).toHaveLength(2);
    expect(probe.exchange.upstream).not.toBeNull();
  });

  it("sends none of them before it gave them back, and then the probe", () => {
    const one = send();
    const stream = network.connectNewest();
    send();
    send();
    const probe = send();
    probe.exchange.probing = true;
    isEvicted = true;
    pool.withdrawWaiting(layer);
    answer(stream, one);
    expect(stream.written.match(/GET/g)).toHaveLength(1);
    timers.advance(10);
    expect(stream.written.match(/GET/g)).toHaveLength(2);
    expect(probe.exchange.upstream).not.toBeNull();
  });

  it("does not send over what was still being opened, unless it is a probe", () => {
    send();
    isEvicted = true;
    network.connectNewest();
    expect(network.dialled[0]?.written).toBe("");
    expect(layer.events).toEqual(["fault connect-failed"]);
    const probe = sampleExchange(undefined, timers.clock.nowMs());
    probe.exchange.probing = true;
    pool.send(probe.exchange, layer);
    expect(network.connectNewest().written).toContain("GET");
  });
});

describe("an answer that is given up for another try", () => {
  function discarded(request: string | undefined, answer: string, requestEnded = true) {
    const { exchange } = sampleExchange(request, timers.clock.nowMs());
    exchange.requestEnded = requestEnded;
    pool.send(exchange, layer);
    const stream = network.connectNewest();
    stream.receive(answer);
    exchange.upstream?.discard(exchange);
    return stream;
  }

  it("is read away, and its connection used again", () => {
    const stream = discarded(undefined, "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\n");
    stream.receive("no");
    expect([pool.openCount, pool.idleCount]).toEqual([1, 1]);
  });

  it("takes its connection along when the rest of the request never goes there", () => {
    const request = "PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\n\r\n";
    const stream = discarded(request, "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\n", false);
    expect([stream.closed, pool.openCount]).toEqual([true, 0]);
  });

  it("takes its connection along when it is too long, or takes too long", () => {
    const chunked = "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n";
    const long = discarded(undefined, chunked);
    for (let count = 0; count < 4; count += 1) long.receive(`4000\r\n${"x".repeat(16_384)}\r\n`);
    expect(long.closed).toBe(false);
    long.receive("1\r\nx\r\n");
    expect(long.closed).toBe(true);
    const slow = discarded(undefined, chunked);
    timers.advance(900);
    expect(slow.closed).toBe(false);
    timers.advance(200);
    expect(slow.closed).toBe(true);
    expect(pool.openCount).toBe(0);
  });
});
