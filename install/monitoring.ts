/** What tells the Prometheus operator where the mesh's metrics are, and what is worth an alert. */
import { OPERATOR, PROXIED, PROXY_CONTAINER, WEBHOOK } from "../inject/names.ts";
import type { Fields, Texts } from "../inject/pod.ts";
import { alertGroups } from "./alerts.ts";
import { programLabels, selectorLabels } from "./install-object.ts";
import type { InstallOptions } from "./options.ts";

const VERSION = "monitoring.coreos.com/v1";
const INTERVAL = "15s";

export function monitoringObjects(options: InstallOptions): readonly Fields[] {
  if (!options.monitoring) return [];
  return [
    programMonitor(OPERATOR, options),
    programMonitor(WEBHOOK, options),
    proxyMonitor(options),
    monitoringObject("PrometheusRule", "heddle", {}, options, alertGroups()),
  ];
}

function programMonitor(program: string, options: InstallOptions): Fields {
  return monitoringObject("PodMonitor", program, programLabels(program), options, {
    selector: { matchLabels: selectorLabels(program) },
    // What they say of a namespace is not about their own.
    podMetricsEndpoints: [
      { port: "admin", path: "/metrics", interval: INTERVAL, honorLabels: true },
    ],
  });
}

/** Of every namespace; the metrics themselves say which workload the proxy belongs to. */
function proxyMonitor(options: InstallOptions): Fields {
  return monitoringObject("PodMonitor", PROXY_CONTAINER, {}, options, {
    namespaceSelector: { any: true },
    selector: { matchExpressions: [{ key: PROXIED, operator: "Exists" }] },
    podMetricsEndpoints: [{ port: "heddle-admin", path: "/metrics", interval: INTERVAL }],
  });
}

function monitoringObject(
  kind: string,
  name: string,
  own: Texts,
  { namespace, monitoringLabels }: InstallOptions,
  spec: Fields,
): Fields {
  const metadata = { name, namespace, labels: { ...own, ...monitoringLabels } };
  return { apiVersion: VERSION, kind, metadata, spec };
}
