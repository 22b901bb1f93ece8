/** Heads of answers that the proxy makes: read by the same codec as those of endpoints. */
import { ResponseDecoder } from "../../wire/http1/decoder.ts";
import type { Head } from "../../wire/http1/head.ts";
import { DEFAULT_HTTP1_LIMITS, type Http1Limits } from "../../wire/http1/limits.ts";
import { METHOD_CONNECT, METHOD_OTHER } from "../../wire/http1/method.ts";

/** A redirect repeats the request's target, which has passed the same limit with its head. */
const LIMITS: Http1Limits = { ...DEFAULT_HTTP1_LIMITS, headBytesMax: 8 * 1_048_576 };

const ignore = (): void => {};
const SINK = {
  onHead: ignore,
  onBody: ignore,
  onTrailers: ignore,
  onEnd: ignore,
  onError: ignore,
};

/**
 * `fields` are whole lines, each with its line break; one character per byte. `methodCode` is that
 * of the request, where it matters to what follows the head.
 */
export function ownHead(
  status: number,
  reason: string,
  fields: string,
  methodCode = METHOD_OTHER,
): Head {
  const decoder = new ResponseDecoder(SINK, LIMITS);
  const bytes = Buffer.from(`HTTP/1.1 ${status} ${reason}\r\n${fields}\r\n`, "latin1");
  decoder.expect(methodCode, false);
  decoder.consume(bytes, 0, bytes.length);
  decoder.head.keep();
  return decoder.head;
}

/** The answer to a CONNECT whose tunnel is open: one for all. */
export const CONNECT_ESTABLISHED: Head = ownHead(200, "Connection established", "", METHOD_CONNECT);
