import { beforeEach, describe, expect, it } from "vitest";
import { Metrics } from "../base/metrics.ts";
import { createSeededRandom } from "../base/random.ts";
import { ManualTimers } from "../base/timers.ts";
import { KubeError } from "./kube-error.ts";
import { createWorkObservers } from "./work-metrics.ts";
import { WORK_LIMITS, type WorkObserver, WorkQueue } from "./work-queue.ts";

let timers: ManualTimers;
let begun: string[];
let failures: number;
/** Ends the work on a key that has begun. */
let ends: Map<string, (error?: Error) => void>;

beforeEach(() => {
  timers = new ManualTimers();
  begun = [];
  failures = 0;
  ends = new Map();
});

function create(concurrency = 10, observer?: WorkObserver): WorkQueue {
  return new WorkQueue({
    work: (key) =>
      new Promise((resolve, reject) => {
        begun.push(key);
        ends.set(key, (error) => (error === undefined ? resolve() : reject(error)));
      }),
    concurrency,
    observer,
    ...{ clock: timers.clock, timers, random: createSeededRandom(1) },
    failed: () => {
      failures += 1;
    },
  });
}

async function advance(byMs: number): Promise<void> {
  timers.advance(byMs);
  await new Promise((resolve) => setImmediate(resolve));
}

async function end(key: string, error?: Error): Promise<void> {
  ends.get(key)?.(error);
  await advance(0);
}

/** Until its backoff is drawn from a minute, and long; then begins to count anew. */
async function failOften(key: string): Promise<void> {
  for (let n = 0; n < 10; n++) {
    await end(key, new Error("no"));
    await advance(WORK_LIMITS.retryMaxMs);
  }
  await end(key, new Error("no"));
  begun.length = 0;
}

describe("a work queue", () => {
  it("does once what was added many times while it waited", async () => {
    const queue = create();
    for (let n = 0; n < 100; n++) queue.add("a", 50);
    await advance(50);
    await end("a");
    await advance(1_000);
    expect([begun, queue.size, timers.pendingCount]).toEqual([["a"], 0, 0]);
  });

  it("never works on a key twice at a time, and once more for what came meanwhile", async () => {
    const queue = create();
    queue.add("a");
    await advance(0);
    for (let n = 0; n < 5; n++) queue.add("a");
    await advance(100);
    expect(begun).toEqual(["a"]);
    await end("a");
    await advance(0);
    expect(begun).toEqual(["a", "a"]);
    await end("a");
    await advance(1_000);
    expect(begun).toEqual(["a", "a"]);
  });

  it("takes the earlier of two times", async () => {
    const queue = create();
    queue.add("a", 1_000);
    queue.add("a", 10);
    queue.add("a", 500);
    await advance(10);
    expect(begun).toEqual(["a"]);
  });

  it("works on so many at a time, the others in their order", async () => {
    const queue = create(2);
    for (const key of ["a", "b", "c", "d"]) queue.add(key);
    await advance(0);
    expect(begun).toEqual(["a", "b"]);
    await end("b");
    expect(begun).toEqual(["a", "b", "c"]);
    await end("a");
    expect(begun).toEqual(["a", "b", "c", "d"]);
  });

  it("tries again what failed, more and more seldom", async () => {
    const queue = create();
    queue.add("a");
    await advance(0);
    for (let n = 0; n < 12; n++) {
      await end("a", new Error("no"));
      await advance(WORK_LIMITS.retryMaxMs);
    }
    expect(failures).toBe(12);
    expect(begun.length).toBe(13);
    await end("a");
    expect(queue.size).toBe(0);
  });

  it("tries soon what failed and is asked for anew, before or after it failed", async () => {
    const queue = create();
    queue.add("a");
    await advance(0);
    await failOften("a");
    await advance(WORK_LIMITS.retryWhenAskedMs - 1);
    queue.add("a");
    expect(begun).toHaveLength(0);
    await advance(1);
    expect(begun).toHaveLength(1);
    queue.add("a");
    await end("a", new Error("no"));
    await advance(WORK_LIMITS.retryWhenAskedMs - 1);
    expect(begun).toHaveLength(1);
    await advance(1);
    expect(begun).toHaveLength(2);
    // Long after it failed, there is nothing to wait for.
    await end("a", new Error("no"));
    await advance(2 * WORK_LIMITS.retryWhenAskedMs);
    expect(begun).toHaveLength(2);
    queue.add("a");
    await advance(0);
    expect(begun).toHaveLength(3);
  });

  it("is not hurried by a key that keeps failing and is asked for all the time", async () => {
    const queue = create();
    queue.add("a");
    await advance(0);
    await failOften("a");
    for (let passedMs = 0; passedMs < 60_000; passedMs += 100) {
      queue.add("a");
      await advance(100);
      await end("a", new Error("no"));
    }
    expect(begun.length).toBeLessThanOrEqual(60_000 / WORK_LIMITS.retryWhenAskedMs);
    expect(begun.length).toBeGreaterThan(20);
    expect(timers.pendingCount).toBe(1);
  });

  it("waits as long as the server asks for, whoever else asks", async () => {
    const queue = create();
    queue.add("a");
    await advance(0);
    const error = { status: 429, reason: "TooManyRequests", message: "", retryAfterMs: 30_000 };
    queue.add("a");
    await end("a", new KubeError(error));
    await advance(29_998);
    queue.add("a");
    await advance(1);
    expect(begun).toHaveLength(1);
    await advance(1);
    expect(begun).toHaveLength(2);
  });

  it("forgets what waits at its end, and waits for what is under way", async () => {
    const queue = create();
    queue.add("a");
    queue.add("b", 100);
    await advance(0);
    let isStopped = false;
    const stopping = queue.stop().then(() => {
      isStopped = true;
    });
    await advance(1_000);
    expect([isStopped, begun, queue.add("c")]).toEqual([false, ["a"], false]);
    await end("a", new Error("no"));
    await stopping;
    expect([begun, timers.pendingCount]).toEqual([["a"], 0]);
  });

  it("ends for all who wait for its end", async () => {
    const queue = create();
    queue.add("a");
    await advance(0);
    const stopping = [queue.stop(), queue.stop()];
    await end("a");
    await expect(Promise.all(stopping)).resolves.toHaveLength(2);
  });
});

it("shows what it has to do, and how long that takes", async () => {
  const metrics = new Metrics({ clock: timers.clock });
  const queue = create(1, createWorkObservers(metrics, "operator")("status"));
  const shown = (name: string): string | undefined => {
    const text = [...metrics.expose()].join("");
    return new RegExp(`heddle_operator_work_${name}\\{queue="status"\\} (\\S+)`).exec(text)?.[1];
  };
  queue.add("a");
  queue.add("b");
  queue.add("b");
  await advance(0);
  expect([shown("depth"), shown("adds_total")]).toEqual(["2", "2"]);
  timers.advance(2_000);
  await end("a", new Error("a defect"));
  expect(shown("retries_total")).toBe("1");
  await end("b");
  expect([shown("depth"), shown("late_seconds_sum"), shown("duration_seconds_sum")]).toEqual([
    "1",
    "2",
    "2",
  ]);
  await queue.stop();
  expect(shown("depth")).toBe("0");
});
