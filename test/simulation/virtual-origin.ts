/** A server in the simulation: a workload at an address, with a capacity and with moods. */
import type { Random } from "../../base/random.ts";
import type { ManualTimers } from "../../base/timers.ts";
import type { CloseReason, Stream, StreamHandler } from "../../proxy/net/stream.ts";
import { DECODER_DONE, type DecoderSink, RequestDecoder } from "../../wire/http1/decoder.ts";
import { FieldName } from "../../wire/http1/field-name.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import type { VirtualNetwork } from "./virtual-network.ts";

const REQUEST_ID = new FieldName("x-request-id");
const RETRY_ATTEMPT = new FieldName("heddle-retry-attempt");
const DEADLINE = new FieldName("heddle-deadline");

/** What a request's body says at that place, so that a byte that is lost or doubled shows. */
export function bodyByteAt(position: number): number {
  return 97 + (position % 23);
}

/** One request that reached an application, and so may have done its work. */
export interface Execution {
  readonly id: string;
  readonly method: string;
  readonly workload: string;
  readonly address: string;
  readonly atMs: number;
  /** As the header said; 0 for a first try. */
  readonly retryAttempt: number;
  /** Until when there was time, as its head said; infinite when that said nothing. */
  readonly givenUntilMs: number;
}

/**
 * `steady` serves; `failing` answers 503 at once; `hasty` does so before it has read the body;
 * `busy` says besides when to come again; `hanging` takes requests and never answers.
 */
export type Mood = "steady" | "failing" | "hasty" | "busy" | "hanging";

export interface OriginOptions {
  readonly timers: ManualTimers;
  readonly random: Random;
  readonly network: VirtualNetwork;
  readonly workload: string;
  readonly address: string;
  readonly port: number;
  /** Requests that are served at a time; others wait. */
  readonly concurrency: number;
  readonly serviceMs: number;
  readonly executed: (execution: Execution) => void;
  /** A request's body was not what its caller had sent. */
  readonly garbled: (id: string, workload: string) => void;
}

export class VirtualOrigin {
  readonly options: OriginOptions;
  mood: Mood = "steady";
  /** Added to every service time. */
  slownessMs = 0;
  isUp = false;
  #busy = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #connections = new Set<OriginConnection>();

  constructor(options: OriginOptions) {
    this.options = options;
  }

  start(): void {
    const { network, address, port } = this.options;
    this.isUp = true;
    network.serve(address, port, (stream) => {
      const connection = new OriginConnection(this, stream);
      this.#connections.add(connection);
      stream.handler = connection;
    });
  }

  /** Dies: connections are reset, what was being served is lost. */
  crash(): void {
    const { network, address, port } = this.options;
    this.isUp = false;
    this.#busy = 0;
    this.#waiting.length = 0;
    this.#connections.clear();
    network.crash(address, port);
  }

  forget(connection: OriginConnection): void {
    this.#connections.delete(connection);
  }

  execute(connection: OriginConnection, request: ReadRequest): void {
    const { timers, workload, address, port, executed } = this.options;
    const atMs = timers.clock.nowMs();
    executed({ ...request, workload, address: `${address}:${port}`, atMs });
    if (this.mood === "hanging") return;
    if (this.mood !== "steady") {
      connection.answer(503, this.mood === "busy" ? "Retry-After: 1\r\n" : "");
      return;
    }
    if (this.#busy < this.options.concurrency) this.#serve(connection);
    else this.#waiting.push(() => this.#serve(connection));
  }

  #serve(connection: OriginConnection): void {
    const { timers, random, serviceMs } = this.options;
    this.#busy += 1;
    const tookMs = serviceMs * (0.5 + random.nextFloat()) + this.slownessMs;
    timers.set(tookMs, () => {
      if (!this.isUp || this.#busy === 0) return;
      this.#busy -= 1;
      connection.answer(200);
      this.#waiting.shift()?.();
    });
  }
}

type ReadRequest = Pick<Execution, "id" | "method" | "retryAttempt" | "givenUntilMs">;

/** HTTP/1 as a plain server speaks it, without pipelining. */
export class OriginConnection implements StreamHandler, DecoderSink {
  readonly #origin: VirtualOrigin;
  readonly #stream: Stream;
  readonly #decoder = new RequestDecoder(this, DEFAULT_HTTP1_LIMITS);
  #id = "";
  #retryAttempt = 0;
  #givenUntilMs = Number.POSITIVE_INFINITY;
  #bodyBytes = 0;
  #isExecuted = false;
  /** Whose answer has gone out, so that it is not asked for again when the body ends. */
  #isAnswered = false;

  constructor(origin: VirtualOrigin, stream: Stream) {
    this.#origin = origin;
    this.#stream = stream;
  }

  answer(status: number, fields = ""): void {
    if (this.#stream.closed || this.#isAnswered) return;
    this.#isAnswered = true;
    const body = status === 200 ? "ok" : "no";
    const { workload } = this.#origin.options;
    this.#stream
      .writer()
      .ascii(
        `HTTP/1.1 ${status} S\r\nContent-Length: 2\r\nx-workload: ${workload}\r\n` +
          `${fields}\r\n${body}`,
      );
    this.#next();
  }

  onConnected(): void {}

  onRead(bytes: Uint8Array, start: number, end: number): void {
    this.#decoder.consume(bytes, start, end);
  }

  onReadEnd(): void {
    this.#stream.end();
  }

  onWritable(): void {}

  onClosed(_reason: CloseReason): void {
    this.#origin.forget(this);
  }

  onHead(): void {
    const { head } = this.#decoder;
    this.#id = head.textOf(REQUEST_ID) ?? "";
    this.#retryAttempt = Number(head.textOf(RETRY_ATTEMPT) ?? "0");
    const remainingMs = Number(head.textOf(DEADLINE) ?? Number.POSITIVE_INFINITY);
    this.#givenUntilMs = this.#origin.options.timers.clock.nowMs() + remainingMs;
    this.#bodyBytes = 0;
    this.#isExecuted = false;
    this.#isAnswered = false;
    if (this.#origin.mood === "hasty") this.#execute();
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    const { garbled, workload } = this.#origin.options;
    for (let at = start; at < end; at += 1) {
      if (bytes[at] !== bodyByteAt(this.#bodyBytes)) garbled(this.#id, workload);
      this.#bodyBytes += 1;
    }
  }

  onTrailers(): void {}

  onEnd(): void {
    if (this.#isExecuted) this.#next();
    else this.#execute();
  }

  onError(): void {
    this.#stream.destroy();
  }

  #execute(): void {
    this.#isExecuted = true;
    const method = this.#decoder.head.methodText();
    const retryAttempt = this.#retryAttempt;
    const givenUntilMs = this.#givenUntilMs;
    this.#origin.execute(this, { id: this.#id, method, retryAttempt, givenUntilMs });
  }

  /** The next request may begin when this one is both read and answered. */
  #next(): void {
    if (this.#isAnswered && this.#decoder.state === DECODER_DONE) this.#decoder.next();
  }
}
