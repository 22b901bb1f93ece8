/**
 * The operations page names every flag and every metric. Flags and metrics are added where they
 * are used, and nobody would think of the page.
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../base/address.ts";
import type { CommandSpec } from "../../base/flags.ts";
import { silentLog } from "../../base/log.ts";
import { systemClock, systemTimers } from "../../base/platform/system.ts";
import { createSeededRandom } from "../../base/random.ts";
import { run } from "../../cli/commands/run.ts";
import { SAMPLE_POLICY } from "../../inject/sample-pod.ts";
import { operatorCommand } from "../../operator/main.ts";
import { startOperator } from "../../operator/start-operator.ts";
import { LIMIT_ROWS } from "../../proxy/app-limits.ts";
import { initCommand } from "../../proxy/init/main.ts";
import { proxyCommand } from "../../proxy/main.ts";
import { webhookCommand } from "../../webhook/main.ts";
import { startWebhook } from "../../webhook/start-webhook.ts";
import { fillCluster } from "../harness/cluster-objects.ts";
import { FakeApiServer } from "../harness/fake-api-server.ts";
import { RunningProxy } from "../harness/running-proxy.ts";

const root = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(root, "docs", "operations.md"), "utf8");
const ANY = { host: "127.0.0.1", port: 0 };

describe("the operations page", () => {
  it.each(flagsOf([run.spec, operatorCommand, webhookCommand, proxyCommand, initCommand]))(
    "tells of --%s",
    (name) => {
      expect(page.includes(`\`--${name}\``), `docs/operations.md lacks --${name}`).toBe(true);
    },
  );

  it("has a row for each flag of every program, with its default", () => {
    const specs: readonly CommandSpec[] = [
      ...[operatorCommand, webhookCommand, proxyCommand, initCommand],
    ];
    for (const spec of specs) {
      const section = sectionOf(`### Flags of \`heddle ${spec.name}`);
      for (const [name, { default: value }] of shownFlags(spec)) {
        const row = section.split("\n").find((line) => line.startsWith(`| \`--${name}\``));
        const shown = row?.split("|")[2]?.trim();
        const wanted = value === undefined ? expect.any(String) : `\`${value}\``;
        expect({ name, default: shown }).toEqual({ name, default: wanted });
      }
    }
  });

  it.each(Object.entries(LIMIT_ROWS))("tells of the limit %s", (name, row) => {
    const line = `| \`${name}\` | ${row.default} |`;
    expect(page.includes(line), `docs/operations.md lacks ${line}`).toBe(true);
  });

  it("tells of every metric of a proxy, and of none that is gone", async () => {
    const proxy = await RunningProxy.start();
    const exposed = await metricsOf(`127.0.0.1:${proxy.adminPort}`);
    await proxy.stop();
    // Families are not exposed before they have a series.
    const names = [...new Set([...exposed, ...metricsInSources("proxy")])];
    expect(names).toContain("request_total");
    expect(names.filter((name) => !isTold(name))).toEqual([]);
    const rows = sectionOf("## The proxy's metrics")
      .split("\n")
      .filter((line) => /^\| `\w+_/.test(line));
    const shown = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)]);
    const gone = shown.map(([, name = ""]) => name).filter((name) => !names.includes(name));
    expect(gone).toEqual(["heddle_metrics_series_overflow_total"]);
  });

  it.each(["folder", "kubernetes"] as const)("tells of every metric over a %s", async (type) => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-docs-"));
    const transport = new FakeApiServer(systemTimers);
    fillCluster(transport);
    const operator = await startOperator({
      from:
        type === "folder"
          ? { type, folder, shownFolder: folder, stateFolder: join(folder, ".state") }
          : {
              ...{ type, transport, random: createSeededRandom(1) },
              ...{ namespace: "heddle", identity: "one" },
            },
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

it("tells of every metric of a webhook", async () => {
  const transport = new FakeApiServer(systemTimers);
  fillCluster(transport);
  const webhook = await startWebhook({
    ...{ transport, address: ANY, admin: ANY, policy: SAMPLE_POLICY, drainMs: 0 },
    ...{ clusterDomain: "cluster.local", defaultsFile: null, tlsFolder: null, identity: "one" },
    ...{ clock: systemClock, timers: systemTimers, random: createSeededRandom(1) },
    log: silentLog,
  });
  const exposed = await metricsOf(formatAddress(webhook.admin));
  await webhook.stop();
  const names = [...new Set([...exposed, ...metricsInSources("webhook")])];
  expect(names).toContain("heddle_webhook_injections_total");
  expect(names).toContain("heddle_webhook_kube_objects");
  expect(names.filter((name) => !isTold(name))).toEqual([]);
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

/** Names in declarations of a product's families. */
function metricsInSources(product: string): readonly string[] {
  const sources = globSync(`${product}/**/*.ts`, { cwd: root }).filter(
    (path) => !path.includes(".test."),
  );
  return sources.flatMap((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return [...text.matchAll(/\bname: "((?:heddle|request|response|process|tcp)_\w+)"/g)].map(
      ([, name]) => name ?? "",
    );
  });
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
