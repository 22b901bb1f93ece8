/** Exchanges to write tests with: a request that was read, and a caller that keeps what it gets. */
import type { Fault } from "../../base/fault.ts";
import { type DecoderSink, RequestDecoder, ResponseDecoder } from "../../wire/http1/decoder.ts";
import type { Head } from "../../wire/http1/head.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { METHOD_GET } from "../../wire/http1/method.ts";
import type { Stream } from "../net/stream.ts";
import { type Downstream, Exchange, OUTBOUND, type OwnAnswer } from "./exchange.ts";

const IGNORING: DecoderSink = {
  onHead: () => {},
  onBody: () => {},
  onTrailers: () => {},
  onEnd: () => {},
  onError: (error) => {
    throw new Error(error.detail);
  },
};

export function sampleRequest(text = "GET / HTTP/1.1\r\nHost: web\r\n\r\n"): Head {
  const decoder = new RequestDecoder(IGNORING, DEFAULT_HTTP1_LIMITS);
  const bytes = Buffer.from(text, "latin1");
  decoder.consume(bytes, 0, bytes.length);
  decoder.head.keep();
  return decoder.head;
}

export function sampleResponse(text: string, methodCode = METHOD_GET, upgrade = false): Head {
  const decoder = new ResponseDecoder(IGNORING, DEFAULT_HTTP1_LIMITS);
  const bytes = Buffer.from(text, "latin1");
  decoder.expect(methodCode, upgrade);
  decoder.consume(bytes, 0, bytes.length);
  decoder.head.keep();
  return decoder.head;
}

/** A caller: one word for each thing that happened to it. */
export class SampleCaller implements Downstream {
  readonly remoteAddress = "127.0.0.1";
  readonly events: string[] = [];
  received = "";

  informational(_exchange: Exchange, head: Head): void {
    this.events.push(`informational ${head.status}`);
  }

  head(_exchange: Exchange, head: Head): void {
    this.events.push(`head ${head.status}`);
  }

  body(bytes: Uint8Array, start: number, end: number): boolean {
    this.received += Buffer.from(bytes.subarray(start, end)).toString("latin1");
    return true;
  }

  trailers(): void {
    this.events.push("trailers");
  }

  end(): void {
    this.events.push("end");
  }

  fail(_exchange: Exchange, fault: Fault): void {
    this.events.push(`fail ${fault.code}`);
  }

  cut(_exchange: Exchange, fault: Fault): void {
    this.events.push(`cut ${fault.code}`);
  }

  resume(): void {}

  respond(_exchange: Exchange, answer: OwnAnswer): void {
    this.events.push(`respond ${answer.status}`);
  }

  tunnel(_exchange: Exchange, _peer: Stream, ended: () => void): void {
    this.events.push("tunnel");
    ended();
  }
}

export interface SampleExchange {
  readonly caller: SampleCaller;
  readonly exchange: Exchange;
}

/** An exchange that has begun, its request whole where it has no body. */
export function sampleExchange(request?: string, nowMs = 1): SampleExchange {
  const caller = new SampleCaller();
  const exchange = new Exchange(caller, sampleRequest(request));
  exchange.begin(OUTBOUND, nowMs);
  exchange.requestEnded = true;
  exchange.requestEndedMs = nowMs;
  return { caller, exchange };
}
