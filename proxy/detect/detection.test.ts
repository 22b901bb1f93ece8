import { describe, expect, it } from "vitest";
import { Metrics } from "../../base/metrics.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { PortProtocol } from "../../mesh/port-protocol.ts";
import { OUTBOUND } from "../exchange/exchange.ts";
import { SampleStream } from "../net/sample-stream.ts";
import { DetectMetrics } from "../telemetry/detect-metrics.ts";
import { DEFAULT_DETECTION_TIMING, Detection } from "./detection.ts";
import { RecordingHandler, RecordingOwner } from "./recording-owner.ts";
import { SERVER_FIRST_KEEP_MS, ServerFirstMemory } from "./server-first-memory.ts";

const REDIS = "10.96.0.9:6390";
const { silentWaitMs, undecidedWaitMs } = DEFAULT_DETECTION_TIMING;
/** The wheel calls up to a tick late. */
const TICK_MS = 4;

class Scene {
  readonly timers = new ManualTimers();
  readonly metrics = new Metrics({ clock: this.timers.clock });
  readonly serverFirst = new ServerFirstMemory(this.timers.clock);
  readonly wheel = new TimerWheel({ clock: this.timers.clock, timers: this.timers });
  readonly #recorder = new DetectMetrics(this.metrics).open(OUTBOUND);
  stream = new SampleStream();
  owner = new RecordingOwner();
  detection = this.#create();

  begin(hint: PortProtocol = "detect", destination = REDIS): this {
    this.detection.begin(hint, destination);
    return this;
  }

  next(): this {
    this.stream = new SampleStream();
    this.owner = new RecordingOwner();
    this.detection = this.#create();
    return this;
  }

  #create(): Detection {
    const { wheel, serverFirst } = this;
    const timing = DEFAULT_DETECTION_TIMING;
    const deps = { wheel, timing, serverFirst, targetBytesMax: 100, recorder: this.#recorder };
    return new Detection(this.stream, deps, this.owner);
  }

  count(family: "connections" | "timeouts", value: string): number {
    const text = [...this.metrics.expose()].join("");
    const line = new RegExp(
      `^heddle_detect_${family}_total\\{direction="outbound",\\w+="${value}"\\} (\\d+)$`,
      "m",
    );
    return Number(line.exec(text)?.[1]);
  }
}

describe("a client that speaks first", () => {
  it("decides with its first read, which is passed on without a copy", () => {
    const scene = new Scene().begin();
    const handler = scene.owner.takeAtOnce(scene.detection);
    const bytes = Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    scene.stream.handler.onRead(bytes, 0, bytes.length);
    expect(scene.owner.events).toEqual(["http1"]);
    expect(handler.text).toBe("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(handler.firstBytes).toBe(bytes);
    expect(scene.stream.handler).toBe(handler);
    expect(scene.detection.keptBytes).toBe(0);
    expect(scene.wheel.scheduledCount).toBe(0);
    expect(scene.count("connections", "http1")).toBe(1);
  });

  it("is kept until the owner has a handler, and then told all in one piece", () => {
    const scene = new Scene().begin();
    scene.stream.receive("GET / HT");
    expect(scene.owner.events).toEqual([]);
    scene.stream.receive("TP/1.1\r\nHost: a\r\n");
    expect(scene.owner.events).toEqual(["http1"]);
    expect(scene.stream.paused).toBe(true);
    // One read may have been on its way when the stream was paused.
    scene.stream.receive("\r\n");
    const handler = new RecordingHandler();
    scene.detection.handOver(handler);
    expect(handler.text).toBe("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(handler.readCount).toBe(1);
    expect(scene.stream.paused).toBe(false);
    scene.stream.receive("more");
    expect(handler.text).toMatch(/more$/);
  });

  it("may end in the same breath", () => {
    const scene = new Scene().begin();
    scene.stream.receive("PING\r\n");
    scene.stream.receiveEnd();
    const handler = new RecordingHandler();
    scene.detection.handOver(handler);
    expect(scene.owner.events).toEqual(["opaque"]);
    expect(handler.text).toBe("PING\r\n");
    expect(handler.readEnds).toBe(1);
  });

  it("that ends before it has decided anything is opaque", () => {
    const scene = new Scene().begin();
    const handler = scene.owner.takeAtOnce(scene.detection);
    scene.stream.receive("hello");
    scene.stream.receiveEnd();
    expect(scene.owner.events).toEqual(["opaque"]);
    expect(handler.text).toBe("hello");
    expect(handler.readEnds).toBe(1);
  });

  it("is not held up for long by bytes that decide nothing", () => {
    const scene = new Scene().begin();
    const handler = scene.owner.takeAtOnce(scene.detection);
    scene.timers.advance(silentWaitMs - 2 * TICK_MS);
    scene.stream.receive("hel");
    scene.timers.advance(undecidedWaitMs - TICK_MS);
    scene.stream.receive("lo");
    expect(scene.owner.events).toEqual([]);
    scene.timers.advance(2 * TICK_MS);
    expect(scene.owner.events).toEqual(["opaque"]);
    expect(handler.text).toBe("hello");
    expect(scene.count("timeouts", "undecided")).toBe(1);
    expect(scene.count("timeouts", "silent")).toBe(0);
    expect(scene.wheel.scheduledCount).toBe(0);
  });

  it("that pauses its stream while it takes the bytes is not resumed", () => {
    const scene = new Scene().begin();
    scene.stream.receive("PING\r\n");
    const handler = new RecordingHandler();
    handler.onRead = () => scene.stream.pause();
    scene.detection.handOver(handler);
    expect(scene.stream.paused).toBe(true);
  });
});

describe("a client that keeps silent", () => {
  it("has its server dialled after a short wait, once", () => {
    const scene = new Scene().begin();
    scene.timers.advance(silentWaitMs - 1);
    expect(scene.owner.events).toEqual([]);
    scene.timers.advance(1 + TICK_MS);
    expect(scene.owner.events).toEqual(["silent"]);
    scene.timers.advance(60_000);
    expect(scene.owner.events).toEqual(["silent"]);
    expect(scene.count("timeouts", "silent")).toBe(1);
  });

  it("may still be the first to speak", () => {
    const scene = new Scene().begin();
    scene.timers.advance(10_000);
    scene.stream.receive("GET / HTTP/1.0\r\n");
    expect(scene.owner.events).toEqual(["silent", "http1"]);
    scene.detection.serverSpoke();
    expect(scene.owner.events).toEqual(["silent", "http1"]);
    expect(scene.serverFirst.size).toBe(0);
  });

  it("is opaque when the server speaks, and what it had begun to say follows", () => {
    const scene = new Scene().begin();
    scene.timers.advance(silentWaitMs + TICK_MS);
    scene.stream.receive("EHLO");
    scene.detection.serverSpoke();
    expect(scene.owner.events).toEqual(["silent", "opaque"]);
    const handler = new RecordingHandler();
    scene.detection.handOver(handler);
    expect(handler.text).toBe("EHLO");
    expect(scene.count("connections", "server-first")).toBe(1);
    expect(scene.wheel.scheduledCount).toBe(0);
  });

  it("may have nothing to say at all", () => {
    const scene = new Scene().begin();
    const handler = scene.owner.takeAtOnce(scene.detection);
    scene.stream.receiveEnd();
    expect(scene.owner.events).toEqual(["opaque"]);
    expect(handler.readEnds).toBe(1);
    expect(handler.readCount).toBe(0);
  });

  it("may leave", () => {
    const scene = new Scene().begin();
    scene.stream.close("reset");
    expect(scene.owner.events).toEqual(["ended: reset"]);
    expect(scene.count("connections", "ended")).toBe(1);
    expect(scene.wheel.scheduledCount).toBe(0);
    scene.detection.serverSpoke();
    scene.detection.handOver(new RecordingHandler());
    expect(scene.owner.events).toEqual(["ended: reset"]);
  });
});

describe("a server that was seen to speak first", () => {
  it("is dialled at once the next time", () => {
    const scene = new Scene().begin();
    scene.timers.advance(silentWaitMs + TICK_MS);
    scene.detection.serverSpoke();
    scene.next().begin();
    expect(scene.owner.events).toEqual(["silent"]);
    expect(scene.count("timeouts", "silent")).toBe(1);
    scene.next().begin("detect", "10.96.0.9:6391");
    expect(scene.owner.events).toEqual([]);
  });

  it("is forgotten after a while", () => {
    const scene = new Scene();
    scene.serverFirst.learn(REDIS);
    scene.timers.advance(SERVER_FIRST_KEEP_MS);
    expect(scene.begin().owner.events).toEqual([]);
  });

  it("is forgotten when a client speaks HTTP there", () => {
    const scene = new Scene();
    scene.serverFirst.learn(REDIS);
    scene.begin().stream.receive("GET / HTTP/1.1\r\n");
    expect(scene.owner.events).toEqual(["silent", "http1"]);
    expect(scene.next().begin().owner.events).toEqual([]);
  });
});

describe("a hint", () => {
  it.each(["opaque", "http2"] as const)("of %s decides before anybody speaks", (hint) => {
    const scene = new Scene();
    const handler = scene.owner.takeAtOnce(scene.detection);
    scene.begin(hint);
    expect(scene.owner.events).toEqual([hint]);
    expect(scene.stream.handler).toBe(handler);
    expect(scene.count("connections", "hint")).toBe(1);
    expect(scene.wheel.scheduledCount).toBe(0);
  });

  it("may be all that is known for a while: nothing is read until somebody takes it", () => {
    const scene = new Scene().begin("opaque");
    expect(scene.stream.paused).toBe(true);
    scene.detection.handOver(new RecordingHandler());
    expect(scene.stream.paused).toBe(false);
  });

  it("of HTTP/1 takes anything that is surely nothing else", () => {
    const scene = new Scene().begin("http1");
    scene.stream.receive("G");
    expect(scene.owner.events).toEqual(["http1"]);
    expect(scene.count("connections", "hint")).toBe(1);
  });

  it("of HTTP/1 does not break those who speak HTTP/2 or TLS there", () => {
    const scene = new Scene().begin("http1");
    scene.stream.receive("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    expect(scene.owner.events).toEqual(["http2"]);
    expect(scene.count("connections", "http2")).toBe(1);
    expect(scene.count("connections", "hint")).toBe(0);
    scene.next().begin("http1").stream.receive("PRI * HTTP/1.1");
    expect(scene.owner.events).toEqual(["http1"]);
    scene.next().begin("http1").stream.receive("\x16\x03\x01\x00\x80\x01");
    expect(scene.owner.events).toEqual([]);
    scene.timers.advance(undecidedWaitMs + TICK_MS);
    expect(scene.owner.events).toEqual(["tls"]);
  });

  it("of HTTP/1 has no server dialled, and lets the codec judge a silent client", () => {
    const scene = new Scene().begin("http1");
    scene.timers.advance(undecidedWaitMs + TICK_MS);
    expect(scene.owner.events).toEqual(["http1"]);
    expect(scene.count("timeouts", "silent")).toBe(0);
    expect(scene.count("timeouts", "undecided")).toBe(0);
  });
});

describe("an owner", () => {
  it("may reset the stream in the moment of the decision", () => {
    const scene = new Scene().begin();
    scene.owner.onDetected = () => scene.stream.reset();
    scene.stream.receive("PING\r\n");
    expect(scene.owner.events).toEqual(["opaque", "ended: reset"]);
    expect(scene.detection.keptBytes).toBe(0);
  });

  it("hears of a stream that closes before it is handed over", () => {
    const scene = new Scene().begin();
    scene.stream.receive("PING\r\n");
    scene.stream.close("reset");
    expect(scene.owner.events).toEqual(["opaque", "ended: reset"]);
    expect(scene.count("connections", "opaque")).toBe(1);
    expect(scene.count("connections", "ended")).toBe(0);
  });

  it("hears nothing after it has stopped it", () => {
    const scene = new Scene().begin();
    scene.detection.stop();
    scene.timers.advance(1_000);
    scene.stream.receive("GET / HTTP/1.1\r\n");
    scene.stream.close("closed");
    expect(scene.owner.events).toEqual([]);
    expect(scene.detection.keptBytes).toBe(0);
  });

  it("may begin with a stream that has ended or closed already", () => {
    const ended = new Scene();
    ended.stream.receiveEnd();
    expect(ended.begin().owner.events).toEqual(["opaque"]);
    const closed = new Scene();
    closed.stream.close("reset");
    expect(closed.begin().owner.events).toEqual(["ended: closed"]);
  });
});
