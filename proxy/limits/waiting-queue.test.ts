import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CRITICAL,
  type ImportanceLevel,
  importanceLevel,
  NORMAL,
  SHEDDABLE,
  Waiter,
  WaitingQueue,
} from "./waiting-queue.ts";

const NEVER = Number.POSITIVE_INFINITY;

function owners(queue: WaitingQueue<string>): string[] {
  const out: string[] = [];
  for (let waiter = queue.take(0); waiter !== null; waiter = queue.take(0)) out.push(waiter.owner);
  return out;
}

test("the first deadline is that of whoever stands at the head of a line, in whichever", () => {
  const queue = new WaitingQueue<string>(10);
  expect(queue.firstDeadlineMs).toBe(NEVER);
  const [critical, normal, sheddable] = ["c", "n", "s"].map((owner) => new Waiter(owner)) as [
    Waiter<string>,
    Waiter<string>,
    Waiter<string>,
  ];
  queue.push(critical, CRITICAL, 500);
  queue.push(normal, NORMAL, 200);
  queue.push(sheddable, SHEDDABLE, 300);
  for (const [gone, nextMs] of [
    [null, 200],
    [normal, 300],
    [sheddable, 500],
    [critical, NEVER],
  ] as const) {
    if (gone !== null) queue.withdraw(gone);
    expect(queue.firstDeadlineMs).toBe(nextMs);
  }
});

describe("who is taken", () => {
  test("the more important first, and of those the oldest", () => {
    const queue = new WaitingQueue<string>(10);
    queue.push(new Waiter("s1"), SHEDDABLE, NEVER);
    queue.push(new Waiter("n1"), NORMAL, NEVER);
    queue.push(new Waiter("c1"), CRITICAL, NEVER);
    queue.push(new Waiter("n2"), NORMAL, NEVER);
    queue.push(new Waiter("c2"), CRITICAL, NEVER);
    expect(owners(queue)).toEqual(["c1", "c2", "n1", "n2", "s1"]);
    expect(queue.length).toBe(0);
  });

  test("not one that went away, wherever it stood", () => {
    const queue = new WaitingQueue<string>(10);
    const all = ["a", "b", "c", "d"].map((owner) => new Waiter(owner));
    for (const waiter of all) queue.push(waiter, NORMAL, NEVER);
    for (const index of [1, 3, 0]) {
      const waiter = all[index];
      if (waiter === undefined) continue;
      expect(queue.withdraw(waiter)).toBe(true);
      expect(waiter.waiting).toBe(false);
      expect(queue.withdraw(waiter)).toBe(false);
    }
    expect(owners(queue)).toEqual(["c"]);
  });
});

describe("a full queue", () => {
  test("refuses those who are no more important than any that wait", () => {
    const queue = new WaitingQueue<string>(1);
    queue.push(new Waiter("old"), NORMAL, NEVER);
    for (const level of [NORMAL, SHEDDABLE] as const) {
      const late = new Waiter("late");
      expect(queue.push(late, level, NEVER)).toBe(late);
      expect(late.waiting).toBe(false);
    }
    expect(owners(queue)).toEqual(["old"]);
  });

  test("sheds the newest of the least important for one that is more so", () => {
    const queue = new WaitingQueue<string>(3);
    queue.push(new Waiter("s1"), SHEDDABLE, NEVER);
    queue.push(new Waiter("s2"), SHEDDABLE, NEVER);
    queue.push(new Waiter("n1"), NORMAL, NEVER);
    expect(queue.push(new Waiter("c1"), CRITICAL, NEVER)?.owner).toBe("s2");
    expect(queue.push(new Waiter("c2"), CRITICAL, NEVER)?.owner).toBe("s1");
    expect(queue.push(new Waiter("c3"), CRITICAL, NEVER)?.owner).toBe("n1");
    const last = new Waiter("c4");
    expect(queue.push(last, CRITICAL, NEVER)).toBe(last);
    expect(owners(queue)).toEqual(["c1", "c2", "c3"]);
  });

  test("of length zero lets nobody wait", () => {
    const queue = new WaitingQueue<string>(0);
    const waiter = new Waiter("a");
    expect(queue.push(waiter, CRITICAL, NEVER)).toBe(waiter);
    expect(queue.length).toBe(0);
  });
});

test("hands out those at a head whose deadline has passed", () => {
  const queue = new WaitingQueue<string>(10);
  queue.push(new Waiter("a"), NORMAL, 100);
  queue.push(new Waiter("b"), NORMAL, 200);
  queue.push(new Waiter("c"), SHEDDABLE, 150);
  expect(queue.takeExpired(99)).toBeNull();
  expect(queue.takeExpired(150)?.owner).toBe("a");
  expect(queue.takeExpired(150)?.owner).toBe("c");
  expect(queue.takeExpired(150)).toBeNull();
  expect(owners(queue)).toEqual(["b"]);
});

test("tells how long one would wait, by how fast those before were taken", () => {
  const queue = new WaitingQueue<number>(1000);
  expect(queue.expectedWaitMs(SHEDDABLE)).toBe(0);
  let nowMs = 0;
  for (let each = 0; each < 200; each += 1) queue.push(new Waiter(each), NORMAL, NEVER);
  for (let each = 0; each < 150; each += 1) {
    nowMs += 2;
    queue.take(nowMs);
  }
  // Fifty wait, and it would be the next.
  expect(queue.expectedWaitMs(NORMAL)).toBeCloseTo(51 * 2, 0);
  expect(queue.expectedWaitMs(CRITICAL)).toBeCloseTo(2, 1);
  const before = queue.expectedWaitMs(CRITICAL);
  for (let each = 0; each < 50; each += 1) queue.take(nowMs + 2 * (each + 1));
  nowMs += 100 + 9000;
  queue.push(new Waiter(1), NORMAL, NEVER);
  queue.take(nowMs);
  // A time without work is no time of work.
  expect(queue.expectedWaitMs(CRITICAL)).toBeCloseTo(before, 1);
});

test("every importance has its level, in order", () => {
  expect((["critical", "normal", "sheddable"] as const).map(importanceLevel)).toEqual([0, 1, 2]);
});

test("behaves as a plain list would", () => {
  const level = fc.constantFrom<ImportanceLevel>(CRITICAL, NORMAL, SHEDDABLE);
  const action = fc.oneof(
    fc.record({ kind: fc.constant("push" as const), level, at: fc.nat() }),
    fc.record({ kind: fc.constantFrom("take" as const, "withdraw" as const), level, at: fc.nat() }),
  );
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 120 }),
      fc.integer({ min: 0, max: 8 }),
      (all, max) => {
        const queue = new WaitingQueue<number>(max);
        let model: Waiter<number>[] = [];
        const without = (waiter: Waiter<number> | null | undefined) =>
          model.filter((each) => each !== waiter);
        all.forEach((each, index) => {
          if (each.kind === "push") {
            const waiter = new Waiter(index);
            const below = model.filter((one) => one.level > each.level);
            const worst = Math.max(...below.map((one) => one.level));
            const shed =
              model.length < max ? null : (below.findLast((one) => one.level === worst) ?? waiter);
            expect(queue.push(waiter, each.level, NEVER)).toBe(shed);
            model = [...model, waiter].filter((one) => one !== shed);
          } else if (each.kind === "take") {
            const best = Math.min(...model.map((one) => one.level));
            const wanted = model.find((one) => one.level === best) ?? null;
            expect(queue.take(index)).toBe(wanted);
            model = without(wanted);
          } else {
            const waiter = model[each.at % Math.max(1, model.length)];
            if (waiter === undefined) return;
            expect(queue.withdraw(waiter)).toBe(true);
            model = without(waiter);
          }
          expect(queue.length).toBe(model.length);
          expect(queue.length).toBeLessThanOrEqual(max);
          expect(queue.lengthOf(each.level)).toBe(
            model.filter((one) => one.level === each.level).length,
          );
        });
      },
    ),
  );
});
