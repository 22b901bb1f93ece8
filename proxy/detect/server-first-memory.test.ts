import { describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import {
  SERVER_FIRST_KEEP_MS,
  SERVER_FIRST_MAX,
  ServerFirstMemory,
} from "./server-first-memory.ts";

describe("the memory of servers that speak first", () => {
  it("keeps each for a while from when it was seen last", () => {
    const clock = new ManualClock();
    const memory = new ServerFirstMemory(clock);
    memory.learn("a:25");
    clock.advance(SERVER_FIRST_KEEP_MS - 1);
    memory.learn("b:25");
    expect([memory.has("a:25"), memory.has("b:25"), memory.has("c:25")]).toEqual([
      true,
      true,
      false,
    ]);
    clock.advance(1);
    expect([memory.has("a:25"), memory.has("b:25")]).toEqual([false, true]);
    expect(memory.size).toBe(1);
    clock.advance(SERVER_FIRST_KEEP_MS - 2);
    memory.learn("b:25");
    clock.advance(SERVER_FIRST_KEEP_MS - 1);
    expect(memory.has("b:25")).toBe(true);
  });

  it("forgets the one that was seen longest ago when there are too many", () => {
    const memory = new ServerFirstMemory(new ManualClock());
    for (let index = 0; index < SERVER_FIRST_MAX; index += 1) memory.learn(`10.0.0.1:${index}`);
    memory.learn("10.0.0.1:0");
    memory.learn("10.0.0.2:25");
    expect(memory.size).toBe(SERVER_FIRST_MAX);
    expect(memory.has("10.0.0.1:0")).toBe(true);
    expect(memory.has("10.0.0.1:1")).toBe(false);
    expect(memory.has("10.0.0.2:25")).toBe(true);
  });

  it("forgets where a client turned out to be first", () => {
    const memory = new ServerFirstMemory(new ManualClock());
    memory.learn("a:25");
    memory.forget("a:25");
    memory.forget("b:25");
    expect(memory.has("a:25")).toBe(false);
  });
});
