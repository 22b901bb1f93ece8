import { beforeEach, describe, expect, it } from "vitest";
import type { Fault } from "../../base/fault.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { type Exchange, OUTBOUND } from "../exchange/exchange.ts";
import { SampleStream } from "../net/sample-stream.ts";
import { DEFAULT_SERVER_TIMING } from "./caller-watch.ts";
import { type ExchangeService, ServerConnection } from "./server-connection.ts";

const GET = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";
const LAST = "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n";

/** Answers at once where `immediate`; keeps what it was given otherwise. */
class SampleService implements ExchangeService {
  readonly direction = OUTBOUND;
  draining = false;
  immediate = true;
  readonly events: string[] = [];
  exchange: Exchange | null = null;
  answered = (): void => {};

  start(exchange: Exchange): void {
    this.events.push(`start ${exchange.head.targetText()}`);
    this.exchange = exchange;
    if (this.immediate) this.answer();
  }

  answer(): void {
    const { exchange } = this;
    this.answered();
    exchange?.downstream.respond(exchange, { status: 200, fields: "", body: "ok" });
  }

  cancel(exchange: Exchange): void {
    this.events.push(`cancel ${exchange.fault?.code ?? ""}`);
  }

  refused(fault: Fault): void {
    this.events.push(`refused ${fault.code}`);
  }

  closed(): void {
    this.events.push("closed");
  }
}

let timers: ManualTimers;
let stream: SampleStream;
let service: SampleService;
let connection: ServerConnection;

beforeEach(() => {
  timers = new ManualTimers();
  timers.advance(1_000);
  stream = new SampleStream();
  service = new SampleService();
  const { clock } = timers;
  connection = new ServerConnection(stream, service, {
    clock,
    wheel: new TimerWheel({ clock, timers }),
    limits: DEFAULT_HTTP1_LIMITS,
    timing: DEFAULT_SERVER_TIMING,
  });
  stream.handler = connection;
});

const answers = () => stream.written.match(/HTTP\/1\.1 200/g)?.length ?? 0;

describe("the last answer of a connection", () => {
  beforeEach(() => {
    stream.unsentBytes = 100_000;
    stream.receive(LAST);
  });

  it("ends our side, and the connection a while after it is out", () => {
    expect(stream.finished).toBe(true);
    stream.unsentBytes = 0;
    timers.advance(2_010);
    expect(stream.closed).toBe(false);
    timers.advance(2_010);
    expect(stream.closed).toBe(true);
  });

  it("reaches a caller that reads slowly, as long as it reads", () => {
    for (let round = 0; round < 100; round += 1) {
      stream.unsentBytes -= 500;
      timers.advance(10_000);
      expect(stream.closed).toBe(false);
    }
  });

  it("is given up when nothing of it is read", () => {
    timers.advance(20_000);
    expect(stream.closed).toBe(false);
    timers.advance(20_000);
    expect(stream.closed).toBe(true);
  });

  it("is not cut by the caller having nothing more to say", () => {
    stream.receiveEnd();
    expect(stream.closed).toBe(false);
    stream.close("closed");
    expect(service.events.at(-1)).toBe("closed");
  });

  it("is followed by nothing", () => {
    stream.receive(GET);
    expect(service.events.filter((event) => event.startsWith("start"))).toHaveLength(1);
  });
});

describe("a connection that is drained", () => {
  it("closes at once when it is idle", () => {
    stream.receive(GET);
    connection.drain();
    expect(stream.closed).toBe(true);
  });

  it("sends out first what is not sent yet", () => {
    stream.receive(GET);
    stream.unsentBytes = 10;
    connection.drain();
    expect([stream.closed, stream.finished]).toEqual([false, true]);
  });

  it("finishes what is under way, and says that it was the last", () => {
    service.immediate = false;
    stream.receive(GET);
    connection.drain();
    expect(stream.finished).toBe(false);
    service.answer();
    expect(stream.written).toContain("Connection: close\r\n");
    expect(stream.finished).toBe(true);
  });

  it("can be cut, which its service is told", () => {
    service.immediate = false;
    stream.receive(GET);
    connection.abort();
    expect(stream.closed).toBe(true);
    expect(service.events).toEqual(["start /", "closed", "cancel "]);
  });
});

describe("a caller that does not read", () => {
  it("is not served its next request before it does", () => {
    service.answered = () => {
      stream.congested = true;
    };
    stream.receive(GET + GET + GET);
    expect(answers()).toBe(1);
    expect(stream.paused).toBe(true);
    stream.flow();
    expect(answers()).toBe(2);
    service.answered = () => {};
    stream.flow();
    expect(answers()).toBe(3);
    expect(stream.paused).toBe(false);
  });

  it("is not served what comes in later either", () => {
    stream.receive(GET);
    stream.congested = true;
    stream.receive(GET);
    expect(answers()).toBe(1);
    stream.flow();
    expect(answers()).toBe(2);
  });

  it("is given up in the end", () => {
    stream.congested = true;
    stream.receive(GET + GET);
    timers.advance(60_000);
    expect(stream.closed).toBe(true);
  });
});

describe("requests in one read", () => {
  it("wait for the answer to the one before", () => {
    service.immediate = false;
    stream.receive(`${GET}GET /2 HTTP/1.1\r\nHost: web\r\n\r\nGET /3`);
    expect(service.events).toEqual(["start /"]);
    expect(stream.paused).toBe(true);
    service.answer();
    expect(service.events).toEqual(["start /", "start /2"]);
    service.answer();
    stream.receive(" HTTP/1.1\r\nHost: web\r\n\r\n");
    expect(service.events.at(-1)).toBe("start /3");
    expect(stream.paused).toBe(false);
  });
});

describe("a request that is refused", () => {
  it("before it could be read is counted, answered, and the last", () => {
    stream.receive("nonsense\r\n\r\n");
    expect(service.events).toEqual(["refused bad-request"]);
    expect(stream.written).toMatch(/^HTTP\/1\.1 400 [\s\S]*Connection: close/);
    expect(stream.finished).toBe(true);
  });

  it("within its body takes back what was begun, and says why", () => {
    service.immediate = false;
    stream.receive("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    expect(service.events).toEqual(["start /", "cancel bad-request"]);
    expect(stream.written).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("within trailers that trickle is told so in time", () => {
    service.immediate = false;
    stream.receive("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA");
    for (let second = 0; second < 100 && !stream.finished; second += 1) {
      timers.advance(1_000);
      stream.receive("a");
    }
    expect(service.events).toEqual(["start /", "cancel body-timeout"]);
    expect(stream.written).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe("a connection whose proxy is going", () => {
  const closes = () => stream.written.match(/Connection: close/g)?.length ?? 0;

  it("says in the answer under way that it is the last", () => {
    service.immediate = false;
    stream.receive(GET);
    connection.endAfterAnswer();
    service.answer();
    expect([answers(), closes(), stream.finished]).toEqual([1, 1, true]);
  });

  it("serves one more request where it is idle, or has begun to answer", () => {
    service.immediate = false;
    connection.endAfterAnswer();
    stream.receive(GET);
    if (service.exchange !== null) service.exchange.answered = true;
    connection.endAfterAnswer();
    service.answer();
    expect([answers(), closes(), stream.finished]).toEqual([1, 0, false]);
    service.draining = true;
    stream.receive(GET);
    service.answer();
    expect([answers(), closes(), stream.finished]).toEqual([2, 1, true]);
  });

  it("does not wait long for a caller that keeps its side open", () => {
    stream.receive(LAST);
    expect([stream.finished, stream.closed]).toEqual([true, false]);
    connection.drain();
    timers.advance(210);
    expect(stream.closed).toBe(true);
    expect(service.events.at(-1)).toBe("closed");
  });
});
