/**
 * The operations page names every flag and every metric. Flags and metrics are added where they
 * are used, and nobody would think of the page.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../base/address.ts";
import type { CommandSpec } from "../../base/flags.ts";
import { silentLog } from "../../base/log.ts";
import { systemClock, systemTimers } from "../../base/platform/system.ts";
import { run } from "../../cli/commands/run.ts";
import { operatorCommand } from "../../operator/main.ts";
import { startOperator } from "../../operator/start-operator.ts";
import { LIMIT_ROWS } from "../../proxy/app-limits.ts";
import { proxyCommand } from "../../proxy/main.ts";
import { RunningProxy } from "../harness/running-proxy.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "operations.md"), "utf8");
const ANY = { host: "127.0.0.1", port: 0 };

describe("the operations page", () => {
  it.each(flagsOf([run.spec, operatorCommand, proxyCommand]))("tells of --%s", (name) => {
    expect(page).toContain(`\`--${name}\``);
  });

  it("has the defaults of the operator and the proxy", () => {
    for (const spec of [operatorCommand, proxyCommand] satisfies readonly CommandSpec[]) {
      const section = sectionOf(`### Flags of \`heddle ${spec.name}`);
      for (const [name, { default: value }] of shownFlags(spec)) {
        if (value === undefined) continue;
        const row = section.split("\n").find((line) => line.startsWith(`| \`--${name}\``));
        expect(row?.split("|")[2]?.trim()).toBe(`\`${value}\``);
      }
    }
  });

  it.each(Object.entries(LIMIT_ROWS))("tells of the limit %s", (name, row) => {
    expect(sectionOf("## Limits of the proxy")).toContain(`| \`${name}\` | ${row.default} |`);
  });

  it("tells of every metric of a proxy, and of none that is gone", async () => {
    const names = await metricsOfProxy();
    expect(names).toContain("request_total");
    expect(names.filter((name) => !isTold(name))).toEqual([]);
    const rows = sectionOf("## The proxy's metrics")
      .split("\n")
      .filter((line) => /^\| `\w+_/.test(line));
    const shown = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)]);
    const gone = shown.map(([, name = ""]) => name).filter((name) => !names.includes(name));
    expect(gone).toEqual(["heddle_metrics_series_overflow_total"]);
  });

  it("tells of every metric of an operator", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-docs-"));
    const operator = await startOperator({
      folder,
      shownFolder: folder,
      stateFolder: join(folder, ".state"),
      control: ANY,
      admin: ANY,
      clusterDomain: "cluster.local",
      clock: systemClock,
      timers: systemTimers,
      log: silentLog,
    });
    const names = await metricsOf(formatAddress(operator.admin));
    await operator.stop();
    rmSync(folder, { recursive: true });
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !isTold(name))).toEqual([]);
  });
});

function flagsOf(specs: readonly CommandSpec[]): readonly string[] {
  return [...new Set(specs.flatMap((spec) => shownFlags(spec).map(([name]) => name)))].sort();
}

function shownFlags(spec: CommandSpec) {
  return Object.entries(spec.flags).filter(([, flag]) => flag.hidden !== true);
}

function sectionOf(heading: string): string {
  const from = page.slice(page.indexOf(heading) + heading.length);
  return from.slice(0, from.search(/^#/m));
}

/** Of one that has carried a request: families without series are not shown. */
async function metricsOfProxy(): Promise<readonly string[]> {
  const proxy = await RunningProxy.start();
  proxy.serve("web", []);
  await new Promise((resolve) => {
    // Not fetch, which sets Host by itself.
    const options = { port: proxy.outboundPort, host: "127.0.0.1", headers: { Host: "web" } };
    get(options, (answer) => answer.resume().on("end", resolve));
  });
  const names = await metricsOf(`127.0.0.1:${proxy.adminPort}`);
  await proxy.stop();
  return names;
}

async function metricsOf(address: string): Promise<readonly string[]> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name ?? "");
}

/** Names that differ in one word are written with braces. */
function isTold(name: string): boolean {
  if (page.includes(`\`${name}\``)) return true;
  return [...page.matchAll(/`(\w+)\{([\w,]+)\}(\w+)`/g)].some(([, head, words = "", tail]) =>
    words.split(",").some((word) => `${head}${word}${tail}` === name),
  );
}
