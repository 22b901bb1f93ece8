import { expect, it } from "vitest";
import { ByteRoom } from "./byte-room.ts";

it("has room until it is full, and again when something is given back", () => {
  const room = new ByteRoom(10);
  expect([room.take(4), room.take(6), room.take(1)]).toEqual([true, true, false]);
  room.give(4);
  expect([room.take(5), room.take(4), room.bytes]).toEqual([false, true, 10]);
});

it("has room for one thing of any size, and for nothing beside it", () => {
  const room = new ByteRoom(10);
  expect([room.take(50), room.take(1)]).toEqual([true, false]);
  room.give(50);
  expect(room.take(1)).toBe(true);
});
