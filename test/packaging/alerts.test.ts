import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { isRecord } from "../../base/shape.ts";
import { alertGroups } from "../../install/alerts.ts";
import { findProgram } from "../../tools/system-packages.ts";

const operations = readFileSync(
  join(import.meta.dirname, "..", "..", "docs", "operations.md"),
  "utf8",
);
const promtool = findProgram("promtool");
if (promtool === undefined) console.log("skipped, the alerts before Prometheus: no promtool");

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
}

const rules = alertGroups().groups.flatMap(({ rules: some }) =>
  Array.isArray(some) ? some.filter(isRule) : [],
);

function isRule(value: unknown): value is Rule {
  return isRecord(value) && typeof value.alert === "string" && typeof value.expr === "string";
}

/** What is in the documentation under a name in braces is each of the names. */
function documented(name: string): boolean {
  const base = name.replace(/_(bucket|sum|count)$/, "");
  const braced = [...operations.matchAll(/`(\w+)\{([\w,]+)\}(\w*)`/g)].flatMap(
    ([, before = "", middle = "", after = ""]) =>
      middle.split(",").map((part) => before + part + after),
  );
  return braced.includes(base) || new RegExp(`\`${base}\``).test(operations);
}

describe("alerts", () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    "%s asks for metrics that there are",
    (_name, { expr }) => {
      const names = expr.match(/heddle_\w+/g) ?? [];
      expect(names.length).toBeGreaterThan(0);
      expect(names.filter((name) => !documented(name))).toEqual([]);
    },
  );

  it("have names of their own and a severity that people know", () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    for (const { labels } of rules)
      expect(["critical", "warning", "info"]).toContain(labels.severity);
  });
});

/** Series over half an hour, by minutes, and what they are to set off at its end. */
interface Scene {
  readonly series: Readonly<Record<string, string>>;
  readonly alerts: readonly string[];
}

const HEALTHY: Readonly<Record<string, string>> = {
  'heddle_operator_leading{pod="a"}': "1x30",
  'heddle_operator_leading{pod="b"}': "0x30",
  'heddle_operator_leader_link{pod="a"}': "1x30",
  'heddle_operator_certificate_not_after_seconds{pod="a",certificate="control"}': "80000x30",
  'heddle_operator_certificate_not_after_seconds{pod="a",certificate="webhook"}': "2500000x30",
  'heddle_operator_certificate_not_after_seconds{pod="a",certificate="root"}': "30000000x30",
  'heddle_operator_kube_silence_seconds{pod="a",resource="services"}': "20x30",
  'heddle_operator_objects{group="heddle.mesh",kind="TrafficSplit",accepted="true"}': "7x30",
  'heddle_operator_snapshots_refused_total{type="destination"}': "0x30",
  'heddle_operator_status_write_failures_total{reason="Conflict"}': "0x30",
  'heddle_operator_kept_version_failures_total{reason="TooLarge"}': "0x30",
  'heddle_operator_kube_listener_failures_total{resource="services"}': "0x30",
  'heddle_operator_ack_duration_seconds_bucket{le="0.1"}': "0+100x30",
  'heddle_operator_ack_duration_seconds_bucket{le="10"}': "0+100x30",
  'heddle_operator_ack_duration_seconds_bucket{le="+Inf"}': "0+100x30",
  'heddle_operator_uninjected_pods{namespace="shop",reason="missed"}': "0x30",
  'heddle_webhook_kube_objects{pod="w",resource="namespaces"}': "5x30",
  'heddle_webhook_kube_silence_seconds{pod="w",resource="namespaces"}': "30x30",
  'heddle_webhook_injections_total{outcome="failed",reason="defect"}': "0x30",
  'heddle_webhook_injections_total{outcome="injected",reason=""}': "0+3x30",
  'heddle_webhook_certificate_expires_seconds{pod="w"}': "2000000-60x30",
  'heddle_control_connected{namespace="shop",pod="web"}': "1x30",
  'heddle_unmanaged_total{namespace="shop",pod="web"}': "3x30",
  'heddle_faults_total{namespace="shop",pod="web",code="internal"}': "0x30",
  'heddle_faults_total{namespace="shop",pod="web",code="no-endpoints"}': "0+5x30",
};

const SCENES: Readonly<Record<string, Scene>> = {
  "all is well": { series: {}, alerts: [] },
  "operators are gone": {
    series: {
      'heddle_operator_leading{pod="a"}': "1x10 _x20",
      'heddle_operator_leading{pod="b"}': "0x10 _x20",
    },
    alerts: ["HeddleOperatorDown"],
  },
  "nobody leads": {
    series: { 'heddle_operator_leading{pod="a"}': "0x30" },
    alerts: ["HeddleOperatorNotLeading"],
  },
  "two lead": {
    series: { 'heddle_operator_leading{pod="b"}': "1x30" },
    alerts: ["HeddleOperatorsLeading"],
  },
  "a handover takes a minute": {
    series: {
      'heddle_operator_leading{pod="a"}': "1x15 0x15",
      'heddle_operator_leading{pod="b"}': "0x16 1x14",
    },
    alerts: [],
  },
  "an operator reaches no other": {
    series: { 'heddle_operator_leader_link{pod="b"}': "0x30" },
    alerts: ["HeddleOperatorUnlinked"],
  },
  "a root is not renewed": {
    series: {
      'heddle_operator_certificate_not_after_seconds{pod="a",certificate="root"}': "5000000x30",
    },
    alerts: ["HeddleCertificateExpires"],
  },
  "the control connection's certificate is not renewed": {
    series: {
      'heddle_operator_certificate_not_after_seconds{pod="a",certificate="control"}': "9000x30",
    },
    alerts: ["HeddleCertificateExpires"],
  },
  "the API server is silent": {
    series: {
      'heddle_operator_kube_silence_seconds{pod="a",resource="services"}': "20x15 80+60x15",
    },
    alerts: ["HeddleWatchStale"],
  },
  "a split is invalid": {
    series: {
      'heddle_operator_objects{group="heddle.mesh",kind="TrafficSplit",accepted="false"}': "1x30",
    },
    alerts: ["HeddleObjectsRefused"],
  },
  "webhooks are gone": {
    series: { 'heddle_webhook_kube_objects{pod="w",resource="namespaces"}': "5x10 _x20" },
    alerts: ["HeddleWebhookDown"],
  },
  "the webhook fails, and nobody renews its certificate": {
    series: {
      'heddle_operator_uninjected_pods{namespace="shop",reason="missed"}': "2x30",
      'heddle_webhook_kube_silence_seconds{pod="w",resource="namespaces"}': "100+60x30",
      'heddle_webhook_injections_total{outcome="failed",reason="defect"}': "0x25 2x5",
      'heddle_webhook_certificate_expires_seconds{pod="w"}': "500000-60x30",
    },
    alerts: [
      "HeddleInjectionsFail",
      "HeddlePodsNotInjected",
      "HeddleWebhookCertificateExpires",
      "HeddleWebhookStale",
    ],
  },
  "a proxy refuses, and everything else fails too": {
    series: {
      'heddle_operator_snapshots_refused_total{type="destination"}': "0x25 3x5",
      'heddle_operator_status_write_failures_total{reason="Conflict"}': "0+5x30",
      'heddle_operator_kept_version_failures_total{reason="TooLarge"}': "0+1x30",
      'heddle_operator_kube_listener_failures_total{resource="services"}': "0x25 1x5",
      'heddle_operator_ack_duration_seconds_bucket{le="0.1"}': "0+1x30",
      'heddle_control_connected{namespace="shop",pod="web"}': "0x30",
      'heddle_unmanaged_total{namespace="shop",pod="web"}': "0+1x30",
      'heddle_faults_total{namespace="shop",pod="web",code="internal"}': "0x25 1x5",
    },
    alerts: [
      "HeddleAcceptedVersionsNotKept",
      "HeddleOperatorDefect",
      "HeddleProxiesBehind",
      "HeddleProxiesDisconnected",
      "HeddleProxyDefect",
      "HeddleSnapshotsRefused",
      "HeddleStatusNotWritten",
      "HeddleTrafficUnmanaged",
    ],
  },
};

describe.skipIf(promtool === undefined)("alerts before Prometheus", () => {
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "heddle-alerts-"));
    writeFileSync(join(folder, "rules.yaml"), stringify(alertGroups()));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function run(...args: readonly string[]): string {
    return execFileSync(promtool ?? "", args, { cwd: folder, encoding: "utf8" });
  }

  it("are rules as it takes them", () => {
    expect(run("check", "rules", "rules.yaml")).toContain(`${rules.length} rules found`);
  });

  it.each(Object.entries(SCENES))("say when %s", (name, { series, alerts }) => {
    const values = { ...HEALTHY, ...series };
    const file = `${name.replaceAll(/[ ,']+/g, "-")}.yaml`;
    writeFileSync(join(folder, file), stringify(sceneTest(values, alerts)));
    expect(run("test", "rules", file)).toContain("SUCCESS");
  });

  it("are each set off by a scene", () => {
    const set = new Set(Object.values(SCENES).flatMap(({ alerts }) => alerts));
    expect(rules.map(({ alert }) => alert).filter((alert) => !set.has(alert))).toEqual([]);
  });
});

/** As `promtool test rules` takes it: which alerts fire, whatever their texts say. */
function sceneTest(series: Readonly<Record<string, string>>, alerts: readonly string[]): object {
  return {
    rule_files: ["rules.yaml"],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: rules.map(({ alert }) => ({
          expr: `count by (alertname) (ALERTS{alertstate="firing",alertname="${alert}"}) > bool 0`,
          eval_time: "30m",
          exp_samples: alerts.includes(alert)
            ? [{ labels: `{alertname="${alert}"}`, value: 1 }]
            : [],
        })),
      },
    ],
  };
}
