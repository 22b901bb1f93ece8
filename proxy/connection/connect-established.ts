/** The answer to a CONNECT whose tunnel is open: made once, read by the same codec as any other. */
import { ResponseDecoder } from "../../wire/http1/decoder.ts";
import type { Head } from "../../wire/http1/head.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import { METHOD_CONNECT } from "../../wire/http1/method.ts";

export const CONNECT_ESTABLISHED: Head = decode("HTTP/1.1 200 Connection established\r\n\r\n");

function decode(text: string): Head {
  const ignore = (): void => {};
  const sink = {
    onHead: ignore,
    onBody: ignore,
    onTrailers: ignore,
    onEnd: ignore,
    onError: ignore,
  };
  const decoder = new ResponseDecoder(sink, DEFAULT_HTTP1_LIMITS);
  const bytes = Buffer.from(text, "latin1");
  decoder.expect(METHOD_CONNECT, false);
  decoder.consume(bytes, 0, bytes.length);
  decoder.head.keep();
  return decoder.head;
}
