/** Methods and field names: the tables that turn bytes into small numbers. */
import { describe, expect, it } from "vitest";
import {
  CONNECTION,
  CONTENT_LENGTH,
  EXPECT,
  FIELD_HEDDLE,
  FIELD_ORDINARY,
  FieldName,
  fieldKindAt,
  HOST,
  KEEP_ALIVE,
  PROXY_CONNECTION,
  TE,
  TRANSFER_ENCODING,
  UPGRADE,
} from "./field-name.ts";
import { isIdempotentMethod, methodCodeAt, methodCodeOf, methodText } from "./method.ts";
import { ascii } from "./recording-sink.ts";

const kindOf = (text: string): number => fieldKindAt(ascii(`..${text}..`), 2, 2 + text.length);
const codeOf = (text: string): number => methodCodeAt(ascii(`..${text}..`), 2, 2 + text.length);

describe("field names", () => {
  it("know the fields that the codec must understand, in any case", () => {
    const known = [
      HOST,
      CONTENT_LENGTH,
      TRANSFER_ENCODING,
      CONNECTION,
      KEEP_ALIVE,
      PROXY_CONNECTION,
      TE,
      UPGRADE,
      EXPECT,
    ];
    expect(new Set(known.map((name) => name.kind)).size).toBe(known.length);
    for (const name of known) {
      expect(name.kind).not.toBe(FIELD_ORDINARY);
      for (const text of [name.text, name.text.toUpperCase()]) expect(kindOf(text)).toBe(name.kind);
      for (const text of [`${name.text}x`, `x${name.text.slice(1)}`, name.text.replace("e", "f")]) {
        if (text !== name.text) expect(kindOf(text)).toBe(FIELD_ORDINARY);
      }
    }
  });

  it("know the prefix of our own fields", () => {
    expect(kindOf("HEDDLE-X")).toBe(FIELD_HEDDLE);
    expect(kindOf("heddle-aaaaaaa")).toBe(FIELD_HEDDLE);
    expect(new FieldName("heddle-error").kind).toBe(FIELD_HEDDLE);
    expect(kindOf("heddle-")).toBe(FIELD_ORDINARY);
    expect(kindOf("heddles")).toBe(FIELD_ORDINARY);
  });

  it("are tokens", () => {
    for (const text of ["", "a b", "a:", "ä", "a\r\n"]) {
      expect(() => new FieldName(text)).toThrow(RangeError);
    }
  });

  it("do not mistake bytes that differ from letters in one bit", () => {
    expect(new FieldName("x^").equals(ascii("x~"), 0, 2)).toBe(false);
    expect(new FieldName("x_a").equals(ascii("x\x7fa"), 0, 3)).toBe(false);
  });
});

describe("methods", () => {
  it("have codes, by text and by bytes, case and all", () => {
    for (let code = 1; code <= 9; code++) {
      const text = methodText(code);
      expect(methodCodeOf(text)).toBe(code);
      expect(codeOf(text)).toBe(code);
      expect(codeOf(text.toLowerCase())).toBe(0);
      expect(codeOf(`${text.slice(0, -1)}X`)).toBe(0);
    }
    expect(codeOf("PROPFIND")).toBe(0);
    expect(methodCodeOf("")).toBe(0);
    expect(methodText(99)).toBe("");
  });

  it("are idempotent as RFC 9110 says", () => {
    const idempotent = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"];
    expect(idempotent.every((text) => isIdempotentMethod(methodCodeOf(text)))).toBe(true);
    expect(["POST", "PATCH", "LOCK"].some((text) => isIdempotentMethod(methodCodeOf(text)))).toBe(
      false,
    );
  });
});
