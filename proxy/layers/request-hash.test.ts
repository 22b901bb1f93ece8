import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashText } from "../balance/hash-bytes.ts";
import { NO_HASH } from "../balance/picker.ts";
import { sampleExchange } from "../exchange/sample-exchange.ts";
import { createRequestHash, type RequestHash } from "./request-hash.ts";

function hashOf(hash: RequestHash, ...fields: readonly string[]): number {
  const lines = ["GET / HTTP/1.1", "Host: web", ...fields];
  return hash.of(sampleExchange(`${lines.join("\r\n")}\r\n\r\n`).exchange);
}

describe("a hash of a header", () => {
  const hash = createRequestHash({ kind: "header", name: "x-user" });

  it("is of its value, whatever the case of its name", () => {
    expect(hashOf(hash, "X-User: ann")).toBe(hashText("ann"));
    expect(hashOf(hash, "x-user:   ann  ")).toBe(hashText("ann"));
    expect(hashOf(hash, "x-user: bob")).not.toBe(hashText("ann"));
  });

  it("is none without it", () => {
    expect(hashOf(hash, "x-users: ann")).toBe(NO_HASH);
  });
});

describe("a hash of a cookie", () => {
  const hash = createRequestHash({ kind: "cookie", name: "id" });

  it.each([
    ["Cookie: id=ann"],
    ["Cookie: a=b; id=ann"],
    ["Cookie: a=b;id=ann; c=d"],
    ["Cookie: sid=x; id=ann"],
    ["Cookie: id; id=ann"],
    ["Cookie: ;;; \tid=ann"],
  ])("is of its value: %s", (field) => {
    expect(hashOf(hash, field)).toBe(hashText("ann"));
  });

  it("ends with its field, whatever comes after", () => {
    expect(hashOf(hash, "Cookie: id=ann", "X-Other: a;b")).toBe(hashText("ann"));
  });

  it("is found in a second field", () => {
    expect(hashOf(hash, "Cookie: a=b", "Cookie: id=ann")).toBe(hashText("ann"));
  });

  it.each([
    ["Cookie: sid=ann"],
    ["Cookie: idx=ann"],
    ["Cookie: id"],
    ["Cookie: a=id=ann"],
    ["A: id=b"],
  ])("is none without it: %s", (field) => {
    expect(hashOf(hash, field)).toBe(NO_HASH);
  });

  it("is the same wherever the pair stands", () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/).filter((name) => name !== "id");
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 5 }),
        fc.nat({ max: 5 }),
        word,
        (names, at, value) => {
          const pairs = names.map((name) => `${name}=x`);
          pairs.splice(at, 0, `id=${value}`);
          expect(hashOf(hash, `Cookie: ${pairs.join("; ")}`)).toBe(hashText(value));
        },
      ),
    );
  });
});

it("a hash of the source is of the caller's address", () => {
  expect(hashOf(createRequestHash({ kind: "source" }))).toBe(hashText("127.0.0.1"));
});
