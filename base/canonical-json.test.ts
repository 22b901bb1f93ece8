import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCanonical, revisionOf } from "./canonical-json.ts";

/** The same value with the keys of every object in another order. */
function shuffled(value: unknown, order: (keys: string[]) => string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, order));
  if (typeof value !== "object" || value === null) return value;
  const entries = new Map(Object.entries(value));
  const keys = order([...entries.keys()]);
  return Object.fromEntries(keys.map((key) => [key, shuffled(entries.get(key), order)]));
}

describe("encodeCanonical", () => {
  it("does not see the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = encodeCanonical(value);
        expect(encodeCanonical(shuffled(value, (keys) => keys.reverse()))).toBe(text);
        expect(encodeCanonical(shuffled(value, (keys) => keys.sort()))).toBe(text);
      }),
    );
  });

  it("is JSON that reads back as the value, and encodes again as itself", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = encodeCanonical(value);
        const back: unknown = JSON.parse(text);
        expect(back).toEqual(JSON.parse(JSON.stringify(value)));
        expect(encodeCanonical(back)).toBe(text);
      }),
    );
  });

  it("sees every difference of content", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const same =
          JSON.stringify(shuffled(one, (k) => k.sort())) ===
          JSON.stringify(shuffled(other, (k) => k.sort()));
        expect(encodeCanonical(one) === encodeCanonical(other)).toBe(same);
      }),
    );
  });

  it("leaves out fields that are undefined, and knows one zero", () => {
    expect(encodeCanonical({ b: 1, a: undefined, c: [null, -0] })).toBe('{"b":1,"c":[null,0]}');
  });

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined,
    [undefined],
    1n,
    () => 1,
    new Map(),
    new Uint8Array(1),
  ])("refuses %s", (value) => {
    expect(() => encodeCanonical(value)).toThrow(TypeError);
  });

  it("refuses what has no end", () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(() => encodeCanonical(loop)).toThrow("deeper than");
  });
});

describe("revisionOf", () => {
  it("is 128 bits of SHA-256", () => {
    expect(revisionOf("")).toBe("e3b0c44298fc1c149afbf4c8996fb924");
    expect(revisionOf("{}")).toMatch(/^[0-9a-f]{32}$/);
    expect(revisionOf("é")).not.toBe(revisionOf("e"));
  });
});
