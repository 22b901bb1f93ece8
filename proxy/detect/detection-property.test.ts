/**
 * Whatever a client sends, however it is cut and whenever it comes: every byte is handed over once
 * and in order, the owner is told what it was promised, and no more is kept than the bound.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Metrics } from "../../base/metrics.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { PORT_PROTOCOLS, type PortProtocol } from "../../mesh/port-protocol.ts";
import { METHOD_BYTES_MAX } from "../../wire/http1/limits.ts";
import { CLIENT_HELLO_BYTES_MAX } from "../../wire/tls/client-hello.ts";
import { sampleHello, serverName } from "../../wire/tls/sample-hello.ts";
import { INBOUND } from "../exchange/exchange.ts";
import { SampleStream } from "../net/sample-stream.ts";
import { DetectMetrics } from "../telemetry/detect-metrics.ts";
import { DEFAULT_DETECTION_TIMING, Detection } from "./detection.ts";
import { RecordingHandler, RecordingOwner } from "./recording-owner.ts";
import { ServerFirstMemory } from "./server-first-memory.ts";

const SEED = 20_260_104;
const TARGET_BYTES_MAX = 200;
/** Nothing here is about its numbers. */
const RECORDER = new DetectMetrics(new Metrics({ clock: new ManualClock() })).open(INBOUND);
/** Empty lines, method, blanks, target, `HTTP/1.1`. */
const LINE_BYTES_MAX = 4 + METHOD_BYTES_MAX + 1 + TARGET_BYTES_MAX + 1 + 8;

type Step =
  | { readonly do: "send"; readonly text: string }
  | { readonly do: "wait"; readonly byMs: number }
  | { readonly do: "server" | "handOver" | "end" | "reset" | "stop" };

const HELLO = Buffer.from(sampleHello(serverName("a.b"))).toString("latin1");
const text = fc.oneof(
  fc.constantFrom("G", "GET /", "x", " HTTP/1.1", "\r\n", "PRI * HTTP/2.0", "\r\n\r\nSM", HELLO),
  fc.constantFrom(
    "x".repeat(150),
    HELLO.slice(0, 100),
    HELLO.slice(0, 3),
    "\x16\x03\x01\0\x01\x01",
  ),
  fc.uint8Array({ minLength: 1, maxLength: 30 }).map((b) => Buffer.from(b).toString("latin1")),
);
const step = fc.oneof(
  { weight: 8, arbitrary: text.map((sent): Step => ({ do: "send", text: sent })) },
  { weight: 3, arbitrary: fc.nat(120).map((byMs): Step => ({ do: "wait", byMs })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Step>({ do: "server" }, { do: "handOver" }, { do: "end" }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: "reset" }, { do: "stop" }) },
);
const scenario = fc.record({
  hint: fc.constantFrom<PortProtocol>("detect", "detect", "detect", ...PORT_PROTOCOLS),
  isRemembered: fc.boolean(),
  handsOverAtOnce: fc.boolean(),
  steps: fc.array(step, { maxLength: 12 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

class Run {
  readonly #timers = new ManualTimers();
  readonly stream = new SampleStream();
  readonly owner = new RecordingOwner();
  readonly handler = new RecordingHandler();
  readonly detection: Detection;
  readonly wheel = new TimerWheel({ clock: this.#timers.clock, timers: this.#timers });
  sent = "";
  isHandedOver = false;
  isGone = false;

  constructor({ hint, isRemembered, handsOverAtOnce, steps }: Scenario) {
    const { clock } = this.#timers;
    const serverFirst = new ServerFirstMemory(clock);
    if (isRemembered) serverFirst.learn("a");
    const { wheel } = this;
    const timing = DEFAULT_DETECTION_TIMING;
    const limits = { timing, targetBytesMax: TARGET_BYTES_MAX };
    const deps = { wheel, serverFirst, recorder: RECORDER, ...limits };
    this.detection = new Detection(this.stream, deps, this.owner);
    if (handsOverAtOnce) this.owner.onDetected = () => this.#handOver();
    this.detection.begin(hint, "a");
    for (const each of steps) this.#take(each);
  }

  finish(): void {
    this.#timers.advance(1_000);
  }

  #take(each: Step): void {
    if (each.do === "wait") this.#timers.advance(each.byMs);
    else if (each.do === "server") this.detection.serverSpoke();
    else if (each.do === "handOver") this.#handOver();
    else if (each.do === "stop") this.#stop();
    else if (this.stream.closed) return;
    else if (each.do === "reset") this.stream.reset();
    else if (!this.stream.ended && each.do === "send") this.#send(each.text);
    else if (!this.stream.ended) this.stream.receiveEnd();
    if (this.stream.closed && !this.isHandedOver) this.isGone = true;
    this.#checkBounds();
  }

  #send(sent: string): void {
    // A stream that is paused brings one read more at most, and here none.
    if (this.stream.paused) return;
    this.sent += sent;
    this.stream.receive(sent);
  }

  #handOver(): void {
    const canBe = this.owner.protocol !== null && !this.isGone;
    this.detection.handOver(this.handler);
    if (canBe) this.isHandedOver = true;
  }

  #stop(): void {
    this.detection.stop();
    if (!this.isHandedOver) this.isGone = true;
  }

  #checkBounds(): void {
    const { protocol } = this.owner;
    if (protocol !== null || this.isGone) return;
    const most = this.sent.startsWith("\x16") ? CLIENT_HELLO_BYTES_MAX : LINE_BYTES_MAX;
    expect(this.detection.keptBytes).toBeLessThanOrEqual(most);
  }
}

it("hands every byte over once, whatever happens", () => {
  let handedOver = 0;
  fc.assert(
    fc.property(scenario, (drawn) => {
      const run = new Run(drawn);
      run.finish();
      const { events } = run.owner;
      expect(run.wheel.scheduledCount).toBe(0);
      const order = events.map((event) => event.replace(/:.*/, "")).join(" ");
      expect(order).toMatch(/^(?:silent ?)?(?:(?:http1|http2|tls|opaque) ?)?(?:ended)?$/);
      if (run.isHandedOver) {
        handedOver += 1;
        expect(run.handler.text).toBe(run.sent);
        expect(run.handler.readEnds).toBe(run.stream.ended ? 1 : 0);
        expect(run.handler.closed === null).toBe(!run.stream.closed);
        expect(run.stream.paused).toBe(false);
      } else {
        expect(run.handler.text).toBe("");
        // Nobody who sent anything, or ended, waits for an answer to what it is.
        const isWaiting = run.sent !== "" || run.stream.ended || drawn.hint !== "detect";
        if (isWaiting && !run.isGone) expect(run.owner.protocol).not.toBe(null);
      }
      if (run.isGone) expect(run.detection.keptBytes).toBe(0);
    }),
    { seed: SEED, numRuns: 3_000 },
  );
  expect(handedOver).toBeGreaterThan(1_000);
});

const SMALL_RECORD = "\x16\x03\x01\0\x01";
/** A ClientHello of 16,368 bytes. */
const LONG_HELLO = "\x01\0\x3f\xf0";

it.each([
  [
    "a hello in records of one byte",
    [...LONG_HELLO].map((byte) => SMALL_RECORD + byte).join(""),
    `${SMALL_RECORD}\0`,
    CLIENT_HELLO_BYTES_MAX,
  ],
  ["a hello that never ends", `\x16\x03\x01\x3f\xf4${LONG_HELLO}`, "\0", CLIENT_HELLO_BYTES_MAX],
  ["a line that never ends", "\r\nGET ", "x", LINE_BYTES_MAX],
])("keeps no more than its bound of %s", (_, start, more, bytesMax) => {
  const run = new Run({ hint: "detect", isRemembered: false, handsOverAtOnce: false, steps: [] });
  run.stream.receive(start);
  let keptMost = 0;
  while (run.owner.protocol === null) {
    keptMost = Math.max(keptMost, run.detection.keptBytes);
    expect(keptMost).toBeLessThanOrEqual(bytesMax);
    run.stream.receive(more);
  }
  expect(keptMost).toBeGreaterThan(bytesMax - METHOD_BYTES_MAX - 20);
});
