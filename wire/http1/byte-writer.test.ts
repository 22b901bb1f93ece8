import { describe, expect, it } from "vitest";
import { ByteWriter } from "./byte-writer.ts";
import { ascii } from "./recording-sink.ts";

function text(writer: ByteWriter): string {
  return Buffer.from(writer.bytes.subarray(0, writer.length)).toString("latin1");
}

describe("ByteWriter", () => {
  it("writes text, ranges, numbers and line ends, growing as it goes", () => {
    const writer = new ByteWriter(1);
    writer.ascii("a\xff");
    writer.range(ascii("xyz"), 1, 2);
    writer.range(ascii(`<${"b".repeat(200)}>`), 1, 201);
    writer.byte(0x2f);
    writer.decimal(0);
    writer.decimal(Number.MAX_SAFE_INTEGER);
    writer.crlf();
    writer.hex(0);
    writer.hex(0xdeadbeef01);
    writer.bytesOf(ascii("!"));
    expect(text(writer)).toBe(`a\xffy${"b".repeat(200)}/09007199254740991\r\n0deadbeef01!`);
  });

  it("writes every power of its radix right", () => {
    for (let bit = 0; bit < 53; bit++) {
      for (const value of [2 ** bit - 1, 2 ** bit, 2 ** bit + 1]) {
        if (!Number.isSafeInteger(value)) continue;
        const writer = new ByteWriter();
        writer.decimal(value);
        writer.crlf();
        writer.hex(value);
        expect(text(writer)).toBe(`${value}\r\n${value.toString(16)}`);
      }
    }
  });

  it("refuses what is not latin1, and what is not a size", () => {
    const writer = new ByteWriter();
    expect(() => writer.ascii("ā")).toThrow(RangeError);
    expect(() => writer.decimal(-1)).toThrow(RangeError);
    expect(() => writer.hex(0.5)).toThrow(RangeError);
    expect(() => writer.decimal(2 ** 53)).toThrow(RangeError);
    expect(writer.length).toBe(0);
  });

  it("gives its buffer away and goes on with another", () => {
    const writer = new ByteWriter(4);
    writer.ascii("one");
    const given = writer.detach();
    writer.ascii("two");
    expect(Buffer.from(given).toString()).toBe("one");
    expect(text(writer)).toBe("two");
  });

  it("does not keep a huge buffer", () => {
    const writer = new ByteWriter(16);
    writer.ensure(1_000_000);
    writer.reset();
    expect(writer.bytes.length).toBe(16);
    writer.ensure(1_000);
    writer.reset();
    expect(writer.bytes.length).toBeGreaterThanOrEqual(1_000);
  });
});
