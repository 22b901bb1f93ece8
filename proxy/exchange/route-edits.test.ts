import { describe, expect, it } from "vitest";
import {
  DEFAULT_BEHAVIOUR,
  type HeaderEdits,
  type RouteBehaviour,
} from "../../mesh/route-behaviour.ts";
import { ByteWriter } from "../../wire/http1/byte-writer.ts";
import { HeadEdits, writeRequestHead } from "../../wire/http1/forward.ts";
import { compileRouteEdits } from "./route-edits.ts";
import { sampleRequest } from "./sample-exchange.ts";

const NONE: HeaderEdits = { set: [], add: [], remove: [] };
const NO_REWRITE = { path: "", pathPrefix: "", matchedPrefix: "", host: "" };

function compile(behaviour: Partial<RouteBehaviour>) {
  return compileRouteEdits({ ...DEFAULT_BEHAVIOUR, ...behaviour });
}

function text(bytes: Uint8Array | null | undefined): string | null {
  return bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString();
}

describe("a route's edits", () => {
  it.each<Partial<RouteBehaviour>>([
    {},
    { requestHeaders: NONE, answerHeaders: NONE },
    { rewrite: NO_REWRITE },
    { requestHeaders: { ...NONE, remove: ["host", "content-length", "heddle-error", "a b"] } },
  ])("are nothing where nothing is to be edited: %j", (behaviour) => {
    expect(compile(behaviour)).toBe(null);
  });

  it("leave out what is set or removed, and add what is set or added", () => {
    const edits = compile({
      requestHeaders: {
        set: [{ name: "x-a", value: "1" }],
        add: [{ name: "x-b", value: "2" }],
        remove: ["x-c"],
      },
    });
    expect(edits?.answer).toBe(null);
    expect(text(edits?.request?.lines)).toBe("x-a: 1\r\nx-b: 2\r\n");
    expect(edits?.request?.dropped.map((name) => name.text)).toEqual(["x-a", "x-c"]);
  });

  it.each([
    ["content-length", "9"],
    ["transfer-encoding", "chunked"],
    ["connection", "close"],
    ["heddle-deadline", "1"],
    ["x-smuggled", "a\r\nX-Other: 1"],
    ["x-null", "a\0b"],
    ["", "a"],
    ["a b", "a"],
  ])("never touch framing, nor make two lines of one: %j: %j", (name, value) => {
    const kept = { name: "x-kept", value: "1" };
    const edits = compile({ answerHeaders: { ...NONE, add: [{ name, value }, kept] } });
    expect(text(edits?.answer?.lines)).toBe("x-kept: 1\r\n");
  });

  it("set the host, by its own word or by the header's", () => {
    const set = [{ name: "host", value: "a.example" }];
    const byHeader = compile({ requestHeaders: { ...NONE, set } });
    expect(text(byHeader?.request?.host)).toBe("a.example");
    const both = compile({
      requestHeaders: { ...NONE, set },
      rewrite: { ...NO_REWRITE, host: "b.example:81" },
    });
    expect(text(both?.request?.host)).toBe("b.example:81");
    expect(compile({ rewrite: { ...NO_REWRITE, host: "a b\r\n" } })).toBe(null);
  });

  it.each([
    ["/api", "GET /api/x?y HTTP/1.1\r\nHost: a\r\n\r\n", "GET /v2/x?y HTTP/1.1"],
    ["/api", "GET http://a/api HTTP/1.1\r\nHost: a\r\n\r\n", "GET /v2 HTTP/1.1"],
    ["/api", "GET http://a/api?y HTTP/1.1\r\nHost: a\r\n\r\n", "GET /v2?y HTTP/1.1"],
    ["/", "GET http://a?y HTTP/1.1\r\nHost: a\r\n\r\n", "GET /v2?y HTTP/1.1"],
    ["/api", "GET /other HTTP/1.1\r\nHost: a\r\n\r\n", "GET /other HTTP/1.1"],
    ["/api", "GET http://a/other HTTP/1.1\r\nHost: a\r\n\r\n", "GET /other HTTP/1.1"],
    ["/api", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * HTTP/1.1"],
    ["/api", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:1 HTTP/1.1"],
  ])("put another beginning in place of %s: %j", (matchedPrefix, request, line) => {
    const edits = compile({ rewrite: { ...NO_REWRITE, pathPrefix: "/v2", matchedPrefix } });
    const head = sampleRequest(request);
    const writer = new ByteWriter(256);
    const headEdits = new HeadEdits();
    edits?.request?.editTarget(head, headEdits);
    writeRequestHead(writer, head, headEdits);
    expect(text(writer.bytes.subarray(0, writer.length))?.split("\r\n")[0]).toBe(line);
  });
});
