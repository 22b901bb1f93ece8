/** A caller in the simulation: one connection at a time, one request at a time. */
import type { ManualTimers } from "../../base/timers.ts";
import { latin1Text } from "../../mesh/latin1.ts";
import type { CloseReason, Network, Stream, StreamHandler } from "../../proxy/net/stream.ts";
import { DECODER_DONE, type DecoderSink, ResponseDecoder } from "../../wire/http1/decoder.ts";
import { FieldName } from "../../wire/http1/field-name.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { methodCodeOf } from "../../wire/http1/method.ts";
import { bodyByteAt } from "./virtual-origin.ts";

const HEDDLE_ERROR = new FieldName("heddle-error");
const WORKLOAD = new FieldName("x-workload");

/** The second half of a body comes so much after the first. */
const BODY_PAUSE_MS = 3;
export const BODY_BYTES_MAX = 65_536;
const BODY = Uint8Array.from({ length: BODY_BYTES_MAX }, (_, at) => bodyByteAt(at));

export interface CallerRequest {
  readonly id: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly fields: string;
  readonly bodyBytes: number;
}

export interface CallResult {
  readonly request: CallerRequest;
  readonly startedMs: number;
  readonly endedMs: number;
  /** 0 when the connection was lost before a whole answer. */
  readonly status: number;
  readonly heddleError: string;
  readonly workload: string;
  readonly body: string;
}

export interface ClientOptions {
  readonly timers: ManualTimers;
  readonly network: Network;
  readonly proxyHost: string;
  readonly proxyPort: number;
  readonly done: (result: CallResult) => void;
}

export class VirtualClient implements StreamHandler, DecoderSink {
  readonly #options: ClientOptions;
  #stream: Stream | null = null;
  #isConnected = false;
  #decoder = new ResponseDecoder(this, DEFAULT_HTTP1_LIMITS);
  #request: CallerRequest | null = null;
  #startedMs = 0;
  #status = 0;
  #heddleError = "";
  #workload = "";
  #body = "";
  #keepAlive = false;
  /** Half of the request's body is still to come. */
  #isSending = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#request !== null;
  }

  send(request: CallerRequest): void {
    const { timers, network, proxyHost, proxyPort } = this.#options;
    this.#request = request;
    this.#startedMs = timers.clock.nowMs();
    this.#status = 0;
    this.#heddleError = "";
    this.#workload = "";
    this.#body = "";
    if (this.#stream !== null && this.#isConnected && !this.#stream.closed) {
      this.#write();
      return;
    }
    this.#isConnected = false;
    this.#decoder = new ResponseDecoder(this, DEFAULT_HTTP1_LIMITS);
    this.#stream = network.dial(proxyHost, proxyPort, this);
  }

  /** Goes away in the middle of whatever it does; gives back what that was. */
  leave(): CallerRequest | null {
    const request = this.#request;
    this.#request = null;
    this.#drop();
    return request;
  }

  #write(): void {
    const request = this.#request;
    if (request === null || this.#stream === null) return;
    this.#decoder.expect(methodCodeOf(request.method), false);
    const { method, path, host, id, fields, bodyBytes } = request;
    const length = bodyBytes === 0 ? "" : `Content-Length: ${bodyBytes}\r\n`;
    this.#stream
      .writer()
      .ascii(
        `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n` +
          `x-request-id: ${id}\r\n${fields}${length}\r\n`,
      );
    if (bodyBytes > 0) this.#writeBody(this.#stream, bodyBytes);
  }

  #writeBody(stream: Stream, bodyBytes: number): void {
    const body = BODY.subarray(0, bodyBytes);
    const half = bodyBytes >> 1;
    stream.write(body, 0, half);
    this.#isSending = true;
    this.#options.timers.set(BODY_PAUSE_MS, () => {
      if (stream !== this.#stream || stream.closed) return;
      this.#isSending = false;
      stream.write(body, half, bodyBytes);
    });
  }

  #finish(): void {
    const request = this.#request;
    this.#request = null;
    if (request === null) return;
    this.#options.done({
      request,
      startedMs: this.#startedMs,
      endedMs: this.#options.timers.clock.nowMs(),
      status: this.#status,
      heddleError: this.#heddleError,
      workload: this.#workload,
      body: this.#body,
    });
  }

  #drop(): void {
    const stream = this.#stream;
    this.#stream = null;
    this.#isConnected = false;
    this.#isSending = false;
    stream?.destroy();
  }

  onConnected(): void {
    this.#isConnected = true;
    this.#write();
  }

  onRead(bytes: Uint8Array, start: number, end: number): void {
    this.#decoder.consume(bytes, start, end);
    if (this.#decoder.state !== DECODER_DONE) return;
    this.#decoder.next();
    // Whoever is answered early does not bother with the rest of its body.
    if (!this.#keepAlive || this.#isSending) this.#drop();
    this.#finish();
  }

  onReadEnd(): void {
    this.#decoder.finish();
    this.#drop();
    this.#status = 0;
    this.#finish();
  }

  onWritable(): void {}

  onClosed(_reason: CloseReason): void {
    if (this.#stream?.closed !== true) return;
    this.#drop();
    this.#status = 0;
    this.#finish();
  }

  onHead(): void {
    const { head } = this.#decoder;
    this.#status = head.status;
    this.#keepAlive = head.keepAlive;
    this.#heddleError = head.textOf(HEDDLE_ERROR) ?? "";
    this.#workload = head.textOf(WORKLOAD) ?? "";
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    this.#body += latin1Text(bytes, start, end);
  }

  onTrailers(): void {}
  onEnd(): void {}

  onError(): void {
    this.#status = 0;
  }
}
