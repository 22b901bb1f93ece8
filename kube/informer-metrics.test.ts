import { describe, expect, it } from "vitest";
import { ManualClock } from "../base/clock.ts";
import { createLog } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import { createInformerObserver, observeInformers } from "./informer-metrics.ts";

function tellerOf(watcher: "operator" | "webhook") {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const log = createLog({ wallMs: () => 0, level: "info", format: "text", write });
  const metrics = new Metrics({ clock: new ManualClock() });
  const { changed } = createInformerObserver(metrics, log, watcher);
  if (changed === undefined) throw new Error("it listens");
  return { lines, changed };
}

describe("a cluster that cannot be read", () => {
  it("is told of by the webhook, once for all kinds, and so is its end", () => {
    const { lines, changed } = tellerOf("webhook");
    changed("pods", "failing", "ECONNREFUSED");
    changed("splits", "failing", "ECONNREFUSED");
    changed("pods", "following", "");
    expect(lines).toEqual([expect.stringMatching(/warn .*cannot be read now.*ECONNREFUSED/)]);
    changed("splits", "following", "");
    changed("splits", "following", "");
    expect(lines.slice(1)).toEqual([expect.stringContaining("the cluster is read again")]);
  });

  it("is told of by the operator among its problems", () => {
    const { lines, changed } = tellerOf("operator");
    changed("pods", "failing", "ECONNREFUSED");
    expect(lines).toEqual([]);
  });
});

describe("kinds that come and go", () => {
  it("are told of once each time, and the others never", () => {
    const lines: string[] = [];
    const clock = new ManualClock();
    const log = createLog({
      wallMs: () => 0,
      level: "info",
      format: "text",
      write: (line) => lines.push(line),
    });
    const metrics = new Metrics({ clock });
    const { changed } = createInformerObserver(metrics, log, "operator");
    if (changed === undefined) throw new Error("it listens");
    changed("pods", "following", "");
    changed("pods", "failing", "ECONNRESET");
    changed("pods", "following", "");
    expect(lines).toEqual([]);
    changed("splits", "absent", "");
    changed("splits", "failing", "ECONNRESET");
    changed("splits", "following", "");
    changed("splits", "forbidden", "not for you");
    changed("splits", "following", "");
    expect(lines.map((line) => /splits.*/.exec(line)?.[0])).toEqual([
      "splits",
      "splits",
      'splits cause="not for you"',
      "splits",
    ]);
    expect(lines[2]).toContain("may not be read");
    observeInformers(
      metrics,
      // Of an informer only these are read.
      [{ name: "splits", state: "forbidden", size: 0, heardAtWallMs: 0 }],
      ...([clock, "operator"] as const),
    );
    const text = [...metrics.expose()].join("");
    expect(text).toContain('heddle_operator_kube_kinds{resource="splits",state="forbidden"} 1');
  });
});
