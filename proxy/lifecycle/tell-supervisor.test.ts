import { describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { ManualTimers } from "../../base/timers.ts";
import { untilInTime } from "../../test/harness/until.ts";
import { tellWhenReady } from "./tell-supervisor.ts";

describe("tellWhenReady", () => {
  it("says it once, when it is so", async () => {
    const timers = new ManualTimers();
    const told: string[] = [];
    let askedCount = 0;
    const notify = (text: string): Promise<void> => {
      told.push(text);
      return Promise.resolve();
    };
    const isReady = (): Promise<boolean> => {
      expect(told).toEqual([]);
      askedCount += 1;
      return Promise.resolve(askedCount === 5);
    };
    let isOver = false;
    void tellWhenReady({ timers, log: silentLog, notify, isReady }).then(() => {
      isOver = true;
    });
    await untilInTime(timers, 10, "it was told", () => isOver);
    expect([told, askedCount, timers.pendingCount]).toEqual([["READY=1"], 5, 0]);
  });

  it("goes on where nobody listens", async () => {
    const warned: string[] = [];
    const log = { ...silentLog, warn: (text: string) => void warned.push(text) };
    const notify = (): Promise<void> => Promise.reject(new Error("gone"));
    const isReady = (): Promise<boolean> => Promise.resolve(true);
    await tellWhenReady({ timers: new ManualTimers(), log, notify, isReady });
    expect(warned).toEqual(["the supervisor could not be told"]);
  });
});
