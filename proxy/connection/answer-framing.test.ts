import { describe, expect, it } from "vitest";
import { METHOD_HEAD } from "../../wire/http1/method.ts";
import { EndpointLoad } from "../balance/peak-ewma.ts";
import { sampleEndpoint } from "../balance/sample-endpoint.ts";
import { sampleExchange, sampleResponse } from "../exchange/sample-exchange.ts";
import { SampleStream } from "../net/sample-stream.ts";
import { AnswerFraming, writeInformational } from "./answer-framing.ts";

const OLD = "GET / HTTP/1.0\r\nHost: web\r\n\r\n";
const BODY = Buffer.from("hello");

interface Framed {
  readonly text: string;
  readonly ends: boolean;
}

/** A whole answer with the body `hello`, as the caller sees it. */
function framed(response: string, request?: string, close = false): Framed {
  const stream = new SampleStream();
  const framing = new AnswerFraming();
  const { exchange } = sampleExchange(request);
  const ends = framing.begin(stream, exchange, sampleResponse(response), close);
  framing.body(stream, BODY, 0, 2);
  framing.body(stream, BODY, 2, 5);
  framing.end(stream);
  return { text: stream.written, ends };
}

describe("an answer's framing", () => {
  it("with a length stays as it is", () => {
    const response = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    expect(framed(response)).toEqual({ text: `${response}hello`, ends: false });
  });

  it("in chunks is made anew", () => {
    const response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const chunks = "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    const { text, ends } = framed(response);
    expect(text.endsWith(`\r\n\r\n${chunks}`)).toBe(true);
    expect(text).toContain("Transfer-Encoding: chunked\r\n");
    expect(ends).toBe(false);
  });

  it("until the end becomes chunks for HTTP/1.1", () => {
    const { text, ends } = framed("HTTP/1.1 200 OK\r\nX: y\r\n\r\n");
    expect(text).toContain("Transfer-Encoding: chunked\r\n");
    expect(text.endsWith("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")).toBe(true);
    expect(ends).toBe(false);
  });

  it.each([["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"], ["HTTP/1.1 200 OK\r\n\r\n"]])(
    "never is chunks for HTTP/1.0: %j",
    (response) => {
      expect(framed(response, OLD)).toEqual({
        text: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
        ends: true,
      });
    },
  );

  it("says that the connection ends, or to HTTP/1.0 that it stays", () => {
    const response = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    expect(framed(response, undefined, true).text).toContain("Connection: close\r\n");
    expect(framed(response, OLD).text).toContain("Connection: keep-alive\r\n");
  });

  it("of an answer to HEAD has no chunks", () => {
    const stream = new SampleStream();
    const framing = new AnswerFraming();
    const { exchange } = sampleExchange("HEAD / HTTP/1.1\r\nHost: web\r\n\r\n");
    const text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    framing.begin(stream, exchange, sampleResponse(text, METHOD_HEAD), false);
    framing.end(stream);
    expect(stream.written).toBe(text);
  });

  it("is forgotten by the next answer", () => {
    const stream = new SampleStream();
    const framing = new AnswerFraming();
    const { exchange } = sampleExchange();
    framing.begin(stream, exchange, sampleResponse("HTTP/1.1 200 OK\r\n\r\n"), false);
    framing.end(stream);
    const before = stream.written;
    const plain = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    framing.begin(stream, exchange, sampleResponse(plain), false);
    framing.body(stream, BODY, 0, 5);
    framing.end(stream);
    expect(stream.written.slice(before.length)).toBe(`${plain}hello`);
  });
});

describe("the mesh's own fields", () => {
  const CLAIM = "HTTP/1.1 502 No\r\nheddle-error: x\r\nContent-Length: 5\r\n\r\n";

  it("are believed from a proxy only", () => {
    const stream = new SampleStream();
    const { exchange } = sampleExchange();
    const endpoint = sampleEndpoint("a", { proxied: true });
    exchange.endpoint = new EndpointLoad(endpoint, { decayMs: 1, defaultRttMs: 1 }, 0);
    new AnswerFraming().begin(stream, exchange, sampleResponse(CLAIM), false);
    expect(stream.written).toContain("heddle-error: x\r\n");
    expect(framed(CLAIM).text).not.toContain("heddle-error");
  });

  it("are removed from interim answers as well", () => {
    const stream = new SampleStream();
    const { exchange } = sampleExchange();
    const early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nheddle-error: x\r\n\r\n";
    writeInformational(stream, exchange, sampleResponse(early));
    expect(stream.written).toBe("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  });
});
