import { describe, expect, it } from "vitest";
import type { Clock } from "../base/clock.ts";
import { ManualTimers } from "../base/timers.ts";
import { parseKubeObject } from "./kube-object.ts";
import { ObjectStore } from "./object-store.ts";
import { Turns } from "./turns.ts";

const THING = { group: "", version: "v1", kind: "Thing", plural: "things" };

/** Moves by a millisecond whenever somebody looks. */
function busyClock(timers: ManualTimers): Clock {
  let extraMs = 0;
  return {
    nowMs: () => timers.clock.nowMs() + extraMs++,
    wallMs: () => timers.clock.wallMs(),
  };
}

describe("a kind with many objects", () => {
  const objects = new Map(
    Array.from({ length: 100 }, (_, n) => {
      const metadata = { name: `t${n}`, uid: `u${n}`, resourceVersion: "1" };
      return [`t${n}`, parseKubeObject({ metadata }, THING)] as const;
    }),
  );

  async function replaced(abortAfter: number): Promise<{ told: number; turns: number }> {
    const timers = new ManualTimers();
    const store = new ObjectStore(() => {});
    const stopping = new AbortController();
    let told = 0;
    store.subscribe(() => {
      told += 1;
      if (told === abortAfter) stopping.abort();
    });
    const turns = new Turns({ clock: busyClock(timers), timers, turnMs: 10 });
    let isDone = false;
    const replacing = store.replace(objects, turns, stopping.signal).then(() => {
      isDone = true;
    });
    let count = 1;
    for (; !isDone; count++) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(told).toBeLessThanOrEqual(count * 11);
      timers.advance(0);
    }
    await replacing;
    return { told, turns: count };
  }

  it("is told of in turns", async () => {
    const { told, turns } = await replaced(0);
    expect(told).toBe(100);
    expect(turns).toBeGreaterThan(5);
  });

  it("is told of no further when nobody wants to know any more", async () => {
    expect((await replaced(30)).told).toBe(30);
  });
});
