import { expect, test } from "vitest";
import { OUTCOME_SERVED } from "./concurrency-limit.ts";
import { SharedCells } from "./shared-cells.ts";
import { placesLength, SharedPlaces } from "./shared-places.ts";

const WORKERS = 3;

function workers(limit: number) {
  const numbers = placesLength(WORKERS);
  const buffer = new SharedArrayBuffer(SharedCells.bytesFor(8, numbers));
  const cells = new SharedCells(buffer, 0, 8, numbers);
  const released: number[] = [];
  const places = Array.from({ length: WORKERS }, (_, index) => {
    const cell = cells.claim({ low: 1, high: 1 });
    if (cell === null) throw new Error("there is room");
    const counted = { ...cell, release: () => released.push(index) };
    return new SharedPlaces(limit, counted, index, WORKERS);
  });
  const [a, b, c] = places as [SharedPlaces, SharedPlaces, SharedPlaces];
  return { a, b, c, released };
}

const takeAll = (places: SharedPlaces): number => {
  let taken = 0;
  while (places.tryAcquire()) taken += 1;
  return taken;
};
const release = (places: SharedPlaces): void => places.release(0, 0, OUTCOME_SERVED);

test("one may have all of the limit, or its share while others wait elsewhere", () => {
  const { a, b, c } = workers(7);
  expect(takeAll(a)).toBe(7);
  expect(takeAll(b)).toBe(0);
  b.tellWaiting(true);
  release(a);
  expect(a.tryAcquire()).toBe(false);
  expect(takeAll(c)).toBe(1);
  b.tellWaiting(false);
  release(a);
  expect(a.tryAcquire()).toBe(true);
  // Whoever waits itself is not kept from going on.
  release(a);
  a.tellWaiting(true);
  expect(a.tryAcquire()).toBe(true);
  expect([a.inFlight, b.inFlight, c.inFlight]).toEqual([6, 0, 1]);
});

test("who has retired counts by itself, up to its share, when the last of it is over", () => {
  const { a, b, released } = workers(7);
  expect(a.tryAcquire()).toBe(true);
  a.tellWaiting(true);
  a.retire();
  a.retire();
  expect(released).toEqual([]);
  // It waits for nothing any more, and what it has still counts.
  expect(takeAll(b)).toBe(6);
  release(a);
  expect(released).toEqual([0]);
  expect(takeAll(a)).toBe(3);
  release(a);
  expect(a.inFlight).toBe(2);
  b.retire();
  expect(released).toEqual([0]);
});
