import { describe, expect, it } from "vitest";
import { ResponseDecoder } from "./decoder.ts";
import { encodeErrorResponse } from "./error-response.ts";
import { DEFAULT_HTTP1_LIMITS } from "./limits.ts";
import { METHOD_GET, METHOD_HEAD } from "./method.ts";
import { feed, RecordingSink } from "./recording-sink.ts";

const ANSWER = { status: 503, code: "no-endpoints", text: "try later", close: false };

function decode(bytes: Uint8Array, methodCode = METHOD_GET): RecordingSink {
  const sink = new RecordingSink();
  const decoder = new ResponseDecoder(sink, DEFAULT_HTTP1_LIMITS);
  decoder.expect(methodCode, false);
  feed(decoder, bytes);
  return sink;
}

describe("encodeErrorResponse", () => {
  it("is a whole answer that says what failed and what to do", () => {
    const sink = decode(encodeErrorResponse(ANSWER));
    expect(sink.heads[0]?.line).toBe("503 Service Unavailable 1.1");
    expect(sink.heads[0]?.fields).toContain("heddle-error: no-endpoints");
    expect(sink.bodyText).toBe("no-endpoints: try later\n");
    expect(sink.endCount).toBe(1);
  });

  it("closes, adds lines, and leaves the body out, when told", () => {
    const withoutBody = { ...ANSWER, close: true, withoutBody: true, lines: "Retry-After: 1\r\n" };
    const sink = decode(encodeErrorResponse(withoutBody), METHOD_HEAD);
    expect(sink.heads[0]?.fields).toContain("Connection: close");
    expect(sink.heads[0]?.fields).toContain("Retry-After: 1");
    expect(sink.events.map((event) => event.kind)).toEqual(["head", "end"]);
  });

  it("counts bytes, not characters, and lets no text end its line", () => {
    const hostile = { ...ANSWER, text: "é\r\nX: y\r\n\r\n\x1b[2J\x9b" };
    const sink = decode(encodeErrorResponse(hostile));
    expect(sink.endCount).toBe(1);
    expect(Buffer.from(sink.bodyText, "latin1").toString()).toBe(
      "no-endpoints: é??X: y?????[2J?\n",
    );
  });
});
