import { describe, expect, it } from "vitest";
import type { ClientHello } from "../../wire/tls/client-hello.ts";
import { alpn, sampleHello, serverName } from "../../wire/tls/sample-hello.ts";
import { SampleStream } from "../net/sample-stream.ts";
import { watchHello } from "./passing-hello.ts";
import { RecordingHandler } from "./recording-owner.ts";

const HELLO = Buffer.from(sampleHello(serverName("a.b"), alpn("h2"))).toString("latin1");

function watched() {
  const stream = new SampleStream();
  const handler = new RecordingHandler();
  const passed: ClientHello[] = [];
  stream.handler = handler;
  watchHello(stream, { helloPassed: (hello) => void passed.push(hello) });
  return { stream, handler, passed };
}

describe("a ClientHello in passing", () => {
  it("is read while its bytes go on at once", () => {
    const { stream, handler, passed } = watched();
    stream.receive(HELLO.slice(0, 20));
    expect(handler.text).toBe(HELLO.slice(0, 20));
    expect(passed).toEqual([]);
    stream.receive(`${HELLO.slice(20)}more`);
    expect(handler.text).toBe(`${HELLO}more`);
    expect(passed).toEqual([{ serverName: "a.b", alpn: ["h2"] }]);
    expect(stream.handler).toBe(handler);
  });

  it("is told before its last bytes go on", () => {
    const { stream, handler, passed } = watched();
    let toldBefore = 0;
    handler.onRead = () => {
      toldBefore = passed.length;
    };
    stream.receive(HELLO);
    expect(toldBefore).toBe(1);
  });

  it("is not looked for behind anything else", () => {
    const { stream, handler, passed } = watched();
    stream.receive("GET / HTTP/1.1\r\n");
    expect(stream.handler).toBe(handler);
    stream.receive(HELLO);
    expect(handler.text).toBe(`GET / HTTP/1.1\r\n${HELLO}`);
    expect(passed).toEqual([]);
  });

  it("may never come", () => {
    const { stream, handler, passed } = watched();
    stream.flow();
    stream.receive("\x16\x03");
    stream.receiveEnd();
    stream.close("reset");
    expect(handler).toMatchObject({ text: "\x16\x03", readEnds: 1, closed: "reset" });
    expect(passed).toEqual([]);
  });

  it("leaves a handler alone that has taken its place", () => {
    const { stream } = watched();
    const other = new RecordingHandler();
    const watching = stream.handler;
    stream.handler = other;
    watching.onRead(Buffer.from("x"), 0, 1);
    expect(stream.handler).toBe(other);
  });
});
