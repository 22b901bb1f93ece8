import { expect, test } from "vitest";
import { utf8AsLatin1, utf8Bytes } from "./latin1.ts";
import { re2Regexes } from "./re2-regex.ts";
import { RegexError } from "./regex-engine.ts";

function matches(regex: string, text: string): boolean {
  const compiled = re2Regexes.compile(regex);
  const bytes = utf8Bytes(`/${text}?`);
  const whole = compiled.matchesBytes(bytes, 1, bytes.length - 1);
  expect(compiled.matchesLatin1(utf8AsLatin1(text))).toBe(whole);
  return whole;
}

test("matches whole values, and only the range that is meant", () => {
  expect(matches("a.*c", "abc")).toBe(true);
  expect(matches("a", "ab")).toBe(false);
  expect(matches("b", "ab")).toBe(false);
  expect(matches("a|ab", "ab")).toBe(true);
  expect(matches("^ab$", "ab")).toBe(true);
});

test("reads UTF-8", () => {
  expect(matches("gr.n", "grün")).toBe(true);
  expect(matches("gr..n", "grün")).toBe(false);
});

test("takes bytes that are no UTF-8 for one character each", () => {
  const bytes = Uint8Array.of(0x2f, 0xff, 0xfe);
  expect(re2Regexes.compile("/..").matchesBytes(bytes, 0, 3)).toBe(true);
  expect(re2Regexes.compile("/[^/]{2}").matchesBytes(bytes, 0, 3)).toBe(true);
  expect(re2Regexes.compile("/a.*").matchesBytes(bytes, 0, 3)).toBe(false);
});

test("takes linear time where others take for ever", () => {
  expect(matches("(a+)+b", "a".repeat(16_000))).toBe(false);
  expect(matches("(.*)(.*)(.*)(.*)(.*)z", "x".repeat(16_000))).toBe(false);
});

test.each(["(", "a(?=b)", "(a)\\1", "a{2000}", "[b-a]"])("refuses %s with a reason", (regex) => {
  expect(() => re2Regexes.compile(regex)).toThrow(RegexError);
});
