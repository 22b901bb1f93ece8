import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SupervisorSocket } from "../../test/harness/supervisor-socket.ts";
import { notifySupervisor } from "./notify-supervisor.ts";

describe.skipIf(process.platform !== "linux")("notifySupervisor", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "heddle-notify-"));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    ["a path", () => join(folder, "notify")],
    ["a place that is no file", () => `@heddle-notify-${process.pid}`],
  ])("sends one datagram to %s", async (_, place) => {
    const supervisor = new SupervisorSocket(place());
    await notifySupervisor(place(), "READY=1");
    expect([supervisor.take(), supervisor.take()]).toEqual(["READY=1", ""]);
    supervisor.close();
  });

  it("says when nobody is there", async () => {
    const path = join(folder, "nobody");
    await expect(notifySupervisor(path, "READY=1")).rejects.toThrow("was not reached");
    await expect(notifySupervisor(`/${"x".repeat(200)}`, "")).rejects.toThrow("is no place");
  });
});
