/** What reading one HTTP/1 head costs: whole, as nearly all arrive, and cut in two. */
import { type DecoderSink, RequestDecoder, ResponseDecoder } from "../../wire/http1/decoder.ts";
import { FieldName, HOST } from "../../wire/http1/field-name.ts";
import type { Head } from "../../wire/http1/head.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { METHOD_GET } from "../../wire/http1/method.ts";
import { runMicroBench, type Subject } from "./harness.ts";

const SMALL = `GET /catalog/items/42?full=1 HTTP/1.1\r\nHost: web.shop.svc.cluster.local\r
User-Agent: wrk/4.1.0\r\nAccept: */*\r\nX-Request-Id: 0123456789abcdef\r\n\r\n`;

const BROWSER = `GET /catalog/items/42?full=1 HTTP/1.1\r\nHost: web.shop.svc.cluster.local\r
Connection: keep-alive\r\nCache-Control: max-age=0\r\nUpgrade-Insecure-Requests: 1\r
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36\r
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r
Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9,de;q=0.8\r
Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=all; basket=17\r\n\r\n`;

const RESPONSE = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 96\r
Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: shop\r\n\r\n${"x".repeat(96)}`;

class CountingSink implements DecoderSink {
  total = 0;

  onHead(head: Head): void {
    this.total += head.fieldCount;
  }

  onBody(_bytes: Uint8Array, start: number, end: number): void {
    this.total += end - start;
  }

  onTrailers(): void {}

  onEnd(): void {
    this.total += 1;
  }

  onError(): void {
    this.total = Number.NaN;
  }
}

/** In the middle of a large buffer, as the shared read buffer gives it. */
function placed(text: string): { bytes: Uint8Array; start: number; end: number } {
  const bytes = new Uint8Array(65_536);
  const start = 1_000;
  const end = start + Buffer.from(bytes.buffer).write(text, start, "latin1");
  return { bytes, start, end };
}

function requestSubject(
  name: string,
  text: string,
  cuts = 0,
  sink: CountingSink = new CountingSink(),
): Subject {
  const { bytes, start, end } = placed(text);
  const cut = cuts === 0 ? end : start + ((end - start) >> 1);
  const decoder = new RequestDecoder(sink, DEFAULT_HTTP1_LIMITS);
  const run = (times: number): number => {
    sink.total = 0;
    for (let count = 0; count < times; count++) {
      decoder.consume(bytes, start, cut);
      if (cut !== end) decoder.consume(bytes, cut, end);
      decoder.next();
    }
    return sink.total;
  };
  return { name: `${name}, ${end - start} bytes`, run };
}

function responseSubject(name: string, text: string): Subject {
  const { bytes, start, end } = placed(text);
  const sink = new CountingSink();
  const decoder = new ResponseDecoder(sink, DEFAULT_HTTP1_LIMITS);
  const run = (times: number): number => {
    sink.total = 0;
    for (let count = 0; count < times; count++) {
      decoder.expect(METHOD_GET, false);
      decoder.consume(bytes, start, end);
      decoder.next();
    }
    return sink.total;
  };
  return { name: `${name}, ${end - start} bytes`, run };
}

class KeepingSink extends CountingSink {
  override onHead(head: Head): void {
    head.keep();
    this.total += head.end;
  }
}

class FindingSink extends CountingSink {
  readonly #names = [HOST, new FieldName("x-request-id"), new FieldName("x-absent")];

  override onHead(head: Head): void {
    for (const name of this.#names) this.total += head.find(name);
  }
}

function findSubject(): Subject {
  const { bytes, start, end } = placed(BROWSER);
  const sink = new FindingSink();
  let head: Head | undefined;
  const decoder = new RequestDecoder(
    Object.assign(new CountingSink(), {
      onHead: (parsed: Head) => {
        head = parsed;
      },
    }),
    DEFAULT_HTTP1_LIMITS,
  );
  decoder.consume(bytes, start, end);
  const run = (times: number): number => {
    for (let count = 0; count < times; count++) sink.onHead(head!);
    return sink.total;
  };
  return { name: "three fields looked up among ten", run };
}

runMicroBench([
  requestSubject("request head", SMALL),
  requestSubject("request head of a browser", BROWSER),
  requestSubject("request head cut in two", SMALL, 1),
  requestSubject("request head that is kept", SMALL, 0, new KeepingSink()),
  responseSubject("response with its body", RESPONSE),
  findSubject(),
]);
