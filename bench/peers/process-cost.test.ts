import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { family, parseSchedstat, readCost, statusNumber } from "./process-cost.ts";

test("schedstat begins with the time on a processor", () => {
  expect(parseSchedstat("123456 789 10\n")).toBe(123_456);
  expect(parseSchedstat("")).toBe(0);
});

test("a status line is found by its whole name", () => {
  const text =
    "RssAnon:\t   15012 kB\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t9\n";
  expect(statusNumber(text, "RssAnon")).toBe(15_012);
  expect(statusNumber(text, "voluntary_ctxt_switches")).toBe(7);
  expect(statusNumber(text, "Missing")).toBe(0);
});

describe.skipIf(!existsSync("/proc/self/schedstat"))("on Linux", () => {
  test("this process has cost something, and more after more work", () => {
    const before = readCost(process.pid);
    let sum = 0;
    for (let i = 0; i < 5e6; i++) sum += i % 7;
    const after = readCost(process.pid);
    expect(sum).toBeGreaterThan(0);
    expect(before.privateKb).toBeGreaterThan(1000);
    expect(after.cpuNs).toBeGreaterThan(before.cpuNs);
  });

  test("a child belongs to the family, and a process that is gone costs nothing", async () => {
    const child = spawn("cat", { stdio: "pipe" });
    const pid = child.pid ?? 0;
    expect(family(process.pid)).toContain(pid);
    child.stdin.end();
    await once(child, "exit");
    expect(readCost(pid)).toEqual({ cpuNs: 0, privateKb: 0, residentKb: 0, wakeCount: 0 });
  });
});
