import { describe, expect, it } from "vitest";
import { KeptAnswer } from "./kept-answer.ts";
import { SampleCaller, sampleResponse } from "./sample-exchange.ts";

const HEAD = sampleResponse("HTTP/1.1 503 No\r\nContent-Length: 6\r\n\r\n");

function kept(...pieces: readonly string[]): KeptAnswer {
  const answer = new KeptAnswer(HEAD, null);
  // Borrowed: what lies there is another's as soon as it was added.
  const read = new Uint8Array(64);
  for (const piece of pieces) {
    read.set(Buffer.from(piece), 3);
    answer.add(read, 3, 3 + piece.length);
  }
  read.fill(0);
  return answer;
}

describe("an answer that is kept", () => {
  it("is passed on as it came, and says how long it was", () => {
    const caller = new SampleCaller();
    expect(kept("abc", "", "def").writeTo(caller)).toBe(6);
    expect(caller.received).toBe("abcdef");
    expect(caller.events).toEqual([]);
  });

  it("has trailers only if some came", () => {
    const caller = new SampleCaller();
    const answer = kept("abc");
    answer.addTrailers(HEAD);
    answer.writeTo(caller);
    expect(caller.events).toEqual(["trailers"]);
  });

  it("belongs to the first who asks for it", () => {
    const answer = kept();
    expect(answer.claim()).toBe(answer);
    expect(answer.claim()).toBeNull();
    expect(answer.isWhole).toBe(false);
  });
});
