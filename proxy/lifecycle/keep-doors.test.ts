import { fstatSync, openSync } from "node:fs";
import { expect, it } from "vitest";
import { keepDoors } from "./keep-doors.ts";

const DOORS = [
  { name: "admin", listener: { fd: 1 } },
  { name: "outbound", listener: { fd: 2 } },
] as const;

it("keeps all doors, in their order", async () => {
  const kept = await keepDoors(DOORS, (fd) => Promise.resolve(fd + 1_000));
  expect(kept).toEqual([
    { name: "admin", fd: 1_001 },
    { name: "outbound", fd: 1_002 },
  ]);
});

it("leaves none open when one cannot be kept", async () => {
  const first = openSync("/dev/null", "r");
  const opened = [first];
  const duplicate = (): Promise<number> => {
    const fd = opened.shift();
    return fd === undefined ? Promise.reject(new Error("too many")) : Promise.resolve(fd);
  };
  await expect(keepDoors(DOORS, duplicate)).rejects.toThrow("too many");
  expect(() => fstatSync(first)).toThrow("EBADF");
});
