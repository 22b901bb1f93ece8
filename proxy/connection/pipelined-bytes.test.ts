import { describe, expect, it } from "vitest";
import { SampleStream } from "../net/sample-stream.ts";
import { PipelinedBytes } from "./pipelined-bytes.ts";

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1");
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

describe("bytes of later requests", () => {
  it("are copied, because they were only lent", () => {
    const pipelined = new PipelinedBytes();
    const lent = bytesOf("xxhelloxx");
    pipelined.add(lent, 2, 7);
    lent.fill(0);
    expect(pipelined.length).toBe(5);
    expect(textOf(pipelined.take())).toBe("hello");
    expect(pipelined.length).toBe(0);
  });

  it("come out in the order in which they came in", () => {
    const pipelined = new PipelinedBytes();
    pipelined.add(bytesOf("one "), 0, 4);
    pipelined.add(bytesOf("two"), 0, 3);
    expect(textOf(pipelined.take())).toBe("one two");
  });

  it("are not copied again when a part of them comes back", () => {
    const pipelined = new PipelinedBytes();
    pipelined.add(bytesOf("one two"), 0, 7);
    const taken = pipelined.take();
    pipelined.add(taken, 4, 7);
    const rest = pipelined.take();
    expect(textOf(rest)).toBe("two");
    expect(rest.buffer).toBe(taken.buffer);
  });

  it("are copied when they come back after that was settled", () => {
    const pipelined = new PipelinedBytes();
    pipelined.add(bytesOf("one"), 0, 3);
    const taken = pipelined.take();
    pipelined.settle();
    pipelined.add(taken, 0, 3);
    expect(pipelined.take().buffer).not.toBe(taken.buffer);
  });

  it("can be given to a stream, or thrown away", () => {
    const pipelined = new PipelinedBytes();
    const stream = new SampleStream();
    pipelined.flushTo(stream);
    pipelined.add(bytesOf("one"), 0, 3);
    pipelined.flushTo(stream);
    pipelined.add(bytesOf("two"), 0, 3);
    pipelined.clear();
    pipelined.flushTo(stream);
    expect(stream.written).toBe("one");
  });
});
