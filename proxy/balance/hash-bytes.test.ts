import fc from "fast-check";
import { expect, test } from "vitest";
import { hashBytes, hashText, mixHash } from "./hash-bytes.ts";

test("gives the published values", () => {
  const vectors: readonly [string, number, number][] = [
    ["", 0, 0],
    ["", 1, 0x514e28b7],
    ["", 0xffffffff, 0x81f16f39],
    ["test", 0, 0xba6bd213],
    ["test", 0x9747b28c, 0x704b81dc],
    ["Hello, world!", 0, 0xc0363e43],
    ["Hello, world!", 0x9747b28c, 0x24884cba],
    ["a", 0x9747b28c, 0x7fa09ea6],
    ["aa", 0x9747b28c, 0x5d211726],
    ["aaa", 0x9747b28c, 0x283e0130],
    ["aaaa", 0x9747b28c, 0x5a97808a],
    ["The quick brown fox jumps over the lazy dog", 0x9747b28c, 0x2fa826cd],
  ];
  for (const [text, seed, wanted] of vectors) expect(hashText(text, seed)).toBe(wanted);
});

test("looks at its range only", () => {
  const bytes = fc.uint8Array({ maxLength: 30 });
  fc.assert(
    fc.property(bytes, bytes, bytes, (before, value, after) => {
      const whole = Uint8Array.from([...before, ...value, ...after]);
      const end = before.length + value.length;
      expect(hashBytes(whole, before.length, end)).toBe(hashBytes(value, 0, value.length));
    }),
  );
});

test("mixes one to one, as far as anyone can see", () => {
  const seen = new Set(Array.from({ length: 100_000 }, (_, value) => mixHash(value)));
  expect(seen.size).toBe(100_000);
});
