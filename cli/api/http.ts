/**
 * One bounded question to a loopback API. Not `fetch`: this says exactly which step failed, keeps
 * the answer's size in hand, and costs no start-up time.
 */
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";

/** Answers are tables of one mesh; more than this is not one. */
export const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** A program that hangs never answers; one on a machine that is very busy takes some seconds. */
export const ANSWER_TIMEOUT_MS = 10_000;

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** How a question can fail before there is an answer. `refused`: nothing listens there. */
export type HttpFailure = "refused" | "timeout" | "unreachable" | "too-large" | "not-http";

export class HttpError extends Error {
  readonly failure: HttpFailure;

  constructor(failure: HttpFailure, detail: string) {
    super(detail);
    this.failure = failure;
  }
}

export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

/** As `httpGet`; commands take it as a capability, so that tests need no network. */
export type HttpGet = (address: HttpAddress, path: string) => Promise<HttpAnswer>;

/** The same for what changes something there. */
export type HttpPost = HttpGet;

/** Gets `path`; fails with an `HttpError`, never otherwise. */
export const httpGet: HttpGet = (address, path) => send("GET", address, path);

/** Posts nothing to `path`; fails with an `HttpError`, never otherwise. */
export const httpPost: HttpPost = (address, path) => send("POST", address, path);

/** The same over a connection that is there already; its other end is told that it is local. */
export function getOver(stream: Duplex, path: string): Promise<HttpAnswer> {
  if (stream.destroyed) {
    const why = stream.errored?.message ?? "the connection has ended";
    return Promise.reject(new HttpError("unreachable", why));
  }
  return send("GET", { host: "localhost", port: 80 }, path, stream);
}

function send(
  method: "GET" | "POST",
  address: HttpAddress,
  path: string,
  stream?: Duplex,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(toHttpError(error));
    const sent: ClientRequest = request(
      {
        host: address.host,
        port: address.port,
        path,
        method,
        ...(stream === undefined ? {} : { createConnection: () => stream }),
        headers: { accept: "application/json", connection: "close" },
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      },
      (answer) => collect(answer, resolve, fail),
    );
    sent.on("error", fail);
    sent.end();
  });
}

function collect(
  answer: IncomingMessage,
  resolve: (answer: HttpAnswer) => void,
  fail: (error: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  answer.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) {
      fail(new HttpError("too-large", `the answer is larger than ${ANSWER_BYTES_MAX} bytes`));
      answer.destroy();
      return;
    }
    chunks.push(chunk);
  });
  answer.on("error", fail);
  answer.on("end", () =>
    resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
  );
}

function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (!(error instanceof Error)) return new HttpError("unreachable", String(error));
  const code = "code" in error ? String(error.code) : "";
  if (error.name === "TimeoutError" || error.name === "AbortError") {
    return new HttpError("timeout", `no answer within ${ANSWER_TIMEOUT_MS} ms`);
  }
  if (code === "ECONNREFUSED") return new HttpError("refused", "nothing listens there");
  if (code.startsWith("HPE_")) return new HttpError("not-http", "what answers is not HTTP");
  return new HttpError("unreachable", error.message);
}
