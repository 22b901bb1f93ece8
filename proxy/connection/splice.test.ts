import { beforeEach, describe, expect, it } from "vitest";
import { SampleStream } from "../net/sample-stream.ts";
import { splice } from "./splice.ts";

let first: SampleStream;
let second: SampleStream;
let counted: { forward: number; back: number };
let ended: string[];

beforeEach(() => {
  first = new SampleStream();
  second = new SampleStream();
  counted = { forward: 0, back: 0 };
  ended = [];
});

function join(): void {
  splice(first, second, {
    spliceBytes: (forward, count) => {
      counted[forward ? "forward" : "back"] += count;
    },
    spliceEnded: (reason) => ended.push(reason),
  });
}

describe("two streams joined", () => {
  it("pass bytes both ways, and count them", () => {
    join();
    first.receive("hello");
    second.receive("hi");
    expect([second.written, first.written]).toEqual(["hello", "hi"]);
    expect(counted).toEqual({ forward: 5, back: 2 });
  });

  it("hold up the sender while the receiver is congested", () => {
    join();
    second.congested = true;
    first.receive("much");
    expect([first.paused, second.paused]).toEqual([true, false]);
    second.flow();
    expect(first.paused).toBe(false);
  });

  it("pass the end of one side on by itself", () => {
    join();
    first.receiveEnd();
    expect([second.finished, first.finished]).toEqual([true, false]);
    second.receive("still here");
    expect(first.written).toBe("still here");
    expect(ended).toEqual([]);
  });

  it("say once that both are closed", () => {
    join();
    first.close("closed");
    expect(second.finished).toBe(true);
    expect(ended).toEqual([]);
    second.close("closed");
    expect(ended).toEqual(["closed"]);
  });

  it("pass a reset on, and say so", () => {
    join();
    second.close("reset");
    expect(first.wasReset).toBe(true);
    expect(ended).toEqual(["reset"]);
  });

  it("reset who goes on sending to nobody", () => {
    join();
    second.close("closed");
    first.receive("anybody?");
    expect(first.wasReset).toBe(true);
    expect(ended).toEqual(["reset"]);
  });

  it("notice what had ended before they were joined", () => {
    first.ended = true;
    join();
    expect(second.finished).toBe(true);
  });

  it("notice what had closed before they were joined", () => {
    first.closed = true;
    join();
    expect(second.wasReset).toBe(true);
    expect(ended).toEqual(["reset"]);
  });

  it("read again what was paused before", () => {
    first.paused = true;
    join();
    expect(first.paused).toBe(false);
  });
});
