/** What it costs to find out what is spoken on a connection, once for each. */
import { Metrics } from "../../base/metrics.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_DETECTION_TIMING, Detection } from "../../proxy/detect/detection.ts";
import { FirstBytes } from "../../proxy/detect/first-bytes.ts";
import { RecordingHandler, RecordingOwner } from "../../proxy/detect/recording-owner.ts";
import { ServerFirstMemory } from "../../proxy/detect/server-first-memory.ts";
import { OUTBOUND } from "../../proxy/exchange/exchange.ts";
import { SampleStream } from "../../proxy/net/sample-stream.ts";
import { DetectMetrics } from "../../proxy/telemetry/detect-metrics.ts";
import { ClientHelloReader } from "../../wire/tls/client-hello.ts";
import {
  alpn,
  extension,
  helloMessage,
  inRecords,
  SUPPORTED_VERSIONS,
  serverName,
} from "../../wire/tls/sample-hello.ts";
import { runMicroBench, type Subject } from "./harness.ts";

const TARGET_BYTES_MAX = 16_384;
const HTTP1 = bytesOf("GET /catalog/items/42?full=1 HTTP/1.1\r\nHost: web.shop\r\n\r\n");
const HTTP2 = bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const REDIS = bytesOf("*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n");
const INLINE = bytesOf("GET key\r\n");

/** As long as those are that offer a key of the post-quantum kind. */
const HELLO_PARTS = helloMessage({
  extensions: [
    SUPPORTED_VERSIONS,
    serverName("web.shop.svc.cluster.local"),
    alpn("h2", "http/1.1"),
    extension(
      51,
      Array.from({ length: 1_258 }, () => 7),
    ),
  ],
});
const HELLO = inRecords(HELLO_PARTS);
const SMALL_HELLO = inRecords(
  helloMessage({ extensions: [SUPPORTED_VERSIONS, serverName("web.shop"), alpn("http/1.1")] }),
);

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text));
}

function subject(name: string, operation: () => number): Subject {
  const run = (times: number): number => {
    let total = 0;
    for (let count = 0; count < times; count++) total += operation();
    return total;
  };
  return { name, run };
}

function firstBytes(name: string, bytes: Uint8Array): Subject {
  return subject(`first bytes: ${name}`, () =>
    new FirstBytes(TARGET_BYTES_MAX, false).take(bytes, 0, bytes.length),
  );
}

function hello(name: string, bytes: Uint8Array, cut: number): Subject {
  return subject(`ClientHello ${name}, ${bytes.length} bytes`, () => {
    const reader = new ClientHelloReader();
    if (cut > 0) reader.take(bytes, 0, cut);
    return reader.take(bytes, cut, bytes.length);
  });
}

/** All that a connection pays which speaks at once and is handed over at once. */
function connection(): Subject {
  const timers = new ManualTimers();
  const { clock } = timers;
  const deps = {
    wheel: new TimerWheel({ clock, timers }),
    timing: DEFAULT_DETECTION_TIMING,
    targetBytesMax: TARGET_BYTES_MAX,
    serverFirst: new ServerFirstMemory(clock),
    recorder: new DetectMetrics(new Metrics({ clock })).open(OUTBOUND),
  };
  const stream = new SampleStream();
  const handler = new RecordingHandler();
  handler.onRead = () => {};
  const owner = new RecordingOwner();
  return subject("a connection: begin, first read, hand over", () => {
    const detection = new Detection(stream, deps, owner);
    owner.events.length = 0;
    owner.onDetected = () => detection.handOver(handler);
    detection.begin("detect", "10.96.0.1:80");
    stream.handler.onRead(HTTP1, 0, HTTP1.length);
    return owner.events.length;
  });
}

runMicroBench([
  firstBytes("HTTP/1", HTTP1),
  firstBytes("HTTP/2", HTTP2),
  firstBytes("Redis", REDIS),
  firstBytes("Redis, inline", INLINE),
  hello("small", SMALL_HELLO, 0),
  hello("large", HELLO, 0),
  hello("large, cut in two", HELLO, 700),
  connection(),
]);
