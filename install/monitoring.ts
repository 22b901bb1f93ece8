/** What tells the Prometheus operator where the mesh's metrics are, and what is worth an alert. */
import { OPERATOR, PROXIED, PROXY_CONTAINER, WEBHOOK } from "../inject/names.ts";
import type { Fields } from "../inject/pod.ts";
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
  ];
}

function programMonitor(program: string, options: InstallOptions): Fields {
  return podMonitor(options, program, programLabels(program), {
    selector: { matchLabels: selectorLabels(program) },
    podMetricsEndpoints: [{ port: "admin", path: "/metrics", interval: INTERVAL }],
  });
}

/** Of every namespace; the metrics themselves say which workload the proxy belongs to. */
function proxyMonitor(options: InstallOptions): Fields {
  return podMonitor(
    options,
    PROXY_CONTAINER,
    {},
    {
      namespaceSelector: { any: true },
      selector: { matchExpressions: [{ key: PROXIED, operator: "Exists" }] },
      podMetricsEndpoints: [{ port: "heddle-admin", path: "/metrics", interval: INTERVAL }],
    },
  );
}

function podMonitor(options: InstallOptions, name: string, labels: Fields, spec: Fields): Fields {
  const { namespace, monitoringLabels } = options;
  const metadata = { name, namespace, labels: { ...labels, ...monitoringLabels } };
  return { apiVersion: VERSION, kind: "PodMonitor", metadata, spec };
}
