import { expect, test } from "vitest";
import { SharedCells } from "./shared-cells.ts";

const AT = 64;
const NUMBERS = 3;

/** Two workers' views of one table, with memory of others before and behind it. */
function table(cellCount: number) {
  const bytes = SharedCells.bytesFor(cellCount, NUMBERS);
  const buffer = new SharedArrayBuffer(AT + bytes + AT);
  const open = () => new SharedCells(buffer, AT, cellCount, NUMBERS);
  const others = () => [0, AT + bytes].flatMap((at) => [...new Uint8Array(buffer, at, AT)]);
  return { one: open(), other: open(), others };
}

const key = (low: number, high = 7) => ({ low, high });

test("a key has one cell, whoever claims it, and nobody else has it", () => {
  const { one, other, others } = table(16);
  const cells = [key(0), key(1), key(-1), key(0, 8), key(2)].map((name) => one.claim(name));
  for (const [index, cell] of cells.entries()) cell?.numbers.fill(index + 1);
  expect(cells.map((cell) => [...(cell?.numbers ?? [])])).toEqual(
    [1, 2, 3, 4, 5].map((value) => [value, value, value]),
  );
  expect([...(other.claim(key(-1))?.numbers ?? [])]).toEqual([3, 3, 3]);
  expect([...(other.claim(key(0, 8))?.numbers ?? [])]).toEqual([4, 4, 4]);
  expect(others().every((byte) => byte === 0)).toBe(true);
});

test("a cell begins with zeros, and is one's own until the last who claims it lets go", () => {
  const { one, other } = table(8);
  const first = one.claim(key(1));
  const second = other.claim(key(1));
  first?.numbers.fill(9);
  first?.release();
  expect([...(one.claim(key(1))?.numbers ?? [])]).toEqual([9, 9, 9]);
  second?.release();
  expect([...(other.claim(key(1))?.numbers ?? [])]).toEqual([9, 9, 9]);
  for (let claims = 0; claims < 2; claims += 1) first?.release();
  expect([...(other.claim(key(1))?.numbers ?? [])]).toEqual([0, 0, 0]);
});

test("there is none where all places of a key are claimed, until one of them is let go", () => {
  const { one, other } = table(16);
  const even = Array.from({ length: 8 }, (_, index) => one.claim(key(2 * index)));
  expect(even.every((cell) => cell !== null)).toBe(true);
  expect(other.claim(key(100))).toBeNull();
  expect(other.claim(key(1))).not.toBeNull();
  even[5]?.release();
  expect(other.claim(key(100))).not.toBeNull();
  expect(other.claim(key(102))).toBeNull();
});

test("each cell has a lock of its own", () => {
  const { one } = table(8);
  const [first, second] = [one.claim(key(1)), one.claim(key(2))];
  first?.lock.take();
  second?.lock.take();
  first?.lock.give();
  first?.lock.take();
});
