import { describe, expect, it } from "vitest";
import { Backoff } from "../../base/backoff.ts";
import { createLog } from "../../base/log.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { SpawnEvents } from "./spawn.ts";
import {
  HEALTHY_AFTER_MS,
  PROBE_INTERVAL_MS,
  START_LIMIT_MS,
  STOP_GRACE_MS,
  SupervisedProgram,
} from "./supervised-program.ts";

/** A program whose processes do what the test says. */
class Stage {
  readonly timers = new ManualTimers();
  readonly log: string[] = [];
  readonly output: string[] = [];
  readonly signals: string[] = [];
  readonly runs: SpawnEvents[] = [];
  isReady = false;
  readonly program: SupervisedProgram;

  constructor() {
    this.program = new SupervisedProgram({
      name: "operator",
      args: ["operator", "mesh"],
      spawn: (_args, events) => {
        this.runs.push(events);
        const pid = this.runs.length;
        return { pid, signal: (signal) => this.signals.push(`${pid} ${signal}`) };
      },
      probe: () => Promise.resolve(this.isReady),
      output: (bytes) => this.output.push(bytes === null ? "end" : new TextDecoder().decode(bytes)),
      backoff: new Backoff({
        baseMs: 100,
        maxMs: 1000,
        random: { nextFloat: () => 1, nextUint32: () => 0 },
      }),
      clock: this.timers.clock,
      timers: this.timers,
      log: createLog({
        level: "info",
        format: "text",
        wallMs: () => 0,
        write: (line) => this.log.push(line.slice(31).trimEnd()),
      }),
    });
  }

  /** One question whether it is ready, and its answer. */
  async probe(): Promise<void> {
    this.timers.advance(PROBE_INTERVAL_MS);
    await Promise.resolve();
    await Promise.resolve();
  }

  async becomeReady(): Promise<void> {
    this.isReady = true;
    await this.probe();
  }

  end(how: string): void {
    this.runs.at(-1)?.ended(how);
  }
}

describe("SupervisedProgram", () => {
  it("is ready when the program says so", async () => {
    const stage = new Stage();
    const started = stage.program.start();
    await stage.probe();
    expect(stage.program.state).toBe("starting");
    await stage.becomeReady();
    await started;
    expect(stage.program.state).toBe("running");
  });

  it("does not try again what never became ready", async () => {
    const stage = new Stage();
    const started = stage.program.start();
    stage.end("exit code 1");
    await expect(started).rejects.toThrow("the operator could not start (exit code 1)");
    stage.timers.advance(60_000);
    expect(stage.runs).toHaveLength(1);
    expect(stage.program.state).toBe("failed");
    await stage.program.stop();
  });

  it("kills what hangs while it starts", async () => {
    const stage = new Stage();
    const started = stage.program.start();
    while (stage.timers.clock.nowMs() <= START_LIMIT_MS) await stage.probe();
    expect(stage.signals).toEqual(["1 SIGKILL"]);
    stage.end("SIGKILL");
    await expect(started).rejects.toThrow("could not start (SIGKILL)");
  });

  it("starts a program that died again, later each time, and says so", async () => {
    const stage = new Stage();
    const started = stage.program.start();
    await stage.becomeReady();
    await started;
    for (const delayMs of [100, 200, 400]) {
      stage.end("exit code 70");
      expect(stage.program.state).toBe("backoff");
      expect(stage.log.at(-1)).toBe(
        `operator ended by itself and is started again how="exit code 70" delayMs=${delayMs}`,
      );
      const runs = stage.runs.length;
      stage.timers.advance(delayMs - 1);
      expect(stage.runs).toHaveLength(runs);
      stage.timers.advance(1);
      expect(stage.runs).toHaveLength(runs + 1);
    }
    await stage.becomeReady();
    expect(stage.log.at(-1)).toBe("operator is ready again pid=4");
  });

  it("forgets earlier deaths after a healthy while", async () => {
    const stage = new Stage();
    const started = stage.program.start();
    await stage.becomeReady();
    await started;
    stage.end("exit code 1");
    stage.timers.advance(100);
    await stage.becomeReady();
    stage.timers.advance(HEALTHY_AFTER_MS);
    stage.end("exit code 1");
    expect(stage.log.at(-1)).toContain("delayMs=100");
  });

  it("stops with a signal, and resolves when the process is gone", async () => {
    const stage = new Stage();
    const started = stage.program.start();
    await stage.becomeReady();
    await started;
    const stopped = stage.program.stop();
    expect(stage.signals).toEqual(["1 SIGTERM"]);
    expect(stage.program.state).toBe("stopping");
    stage.end("exit code 0");
    await stopped;
    expect(stage.program.state).toBe("stopped");
    stage.timers.advance(STOP_GRACE_MS);
    expect(stage.signals).toEqual(["1 SIGTERM"]);
    expect(stage.runs).toHaveLength(1);
  });

  it("kills a program that does not stop", async () => {
    const stage = new Stage();
    const started = stage.program.start();
    await stage.becomeReady();
    await started;
    const stopped = stage.program.stop();
    stage.timers.advance(STOP_GRACE_MS);
    expect(stage.signals).toEqual(["1 SIGTERM", "1 SIGKILL"]);
    stage.end("SIGKILL");
    await stopped;
  });

  it("stops while it waits to start again", async () => {
    const stage = new Stage();
    const started = stage.program.start();
    await stage.becomeReady();
    await started;
    stage.end("exit code 1");
    await stage.program.stop();
    stage.timers.advance(60_000);
    expect(stage.runs).toHaveLength(1);
    expect(stage.timers.pendingCount).toBe(0);
  });

  it("stops what was never started", async () => {
    const stage = new Stage();
    await stage.program.stop();
    expect(stage.program.state).toBe("stopped");
  });

  it("hands on the output, and where each run ends", async () => {
    const stage = new Stage();
    void stage.program.start().catch(() => {});
    stage.runs[0]?.output(new TextEncoder().encode("hello\n"));
    stage.end("exit code 1");
    expect(stage.output).toEqual(["hello\n", "end"]);
  });
});
