/**
 * What is worth waking somebody for, or looking at by day, as rules of Prometheus. Each says what
 * is wrong, what it means for traffic, and where to look.
 */
import type { Fields } from "../inject/pod.ts";

interface Alert {
  readonly alert: string;
  readonly expr: string;
  /** How long it must hold. */
  readonly for: string;
  readonly severity: "critical" | "warning" | "info";
  readonly summary: string;
  /** What it means, and what to do. */
  readonly description: string;
}

const OPERATOR_ALERTS: readonly Alert[] = [
  {
    alert: "HeddleOperatorDown",
    expr: "absent(heddle_operator_leading)",
    for: "5m",
    severity: "critical",
    summary: "No operator of Heddle is seen.",
    description:
      "Running traffic goes on with the configuration that proxies have; changes and new " +
      "endpoints do not reach them. See the pods of the Deployment heddle-operator.",
  },
  {
    alert: "HeddleOperatorNotLeading",
    expr: "sum(heddle_operator_leading) < 1",
    for: "5m",
    severity: "warning",
    summary: "No operator of Heddle leads.",
    description:
      "Proxies are served, but no status is written and no certificate renewed. See the Lease " +
      "heddle-operator and the operators' logs.",
  },
  {
    alert: "HeddleOperatorsLeading",
    expr: "sum(heddle_operator_leading) > 1",
    for: "2m",
    severity: "warning",
    summary: "{{ $value }} operators of Heddle lead at a time.",
    description: "They may write against each other. See the Lease heddle-operator.",
  },
  {
    alert: "HeddleOperatorUnlinked",
    expr: "min by (pod) (heddle_operator_leader_link) < 1",
    for: "10m",
    severity: "warning",
    summary: "{{ $labels.pod }} does not reach the operator that leads.",
    description:
      "Its proxies are served, but statuses do not count them. See the log of each, and whether " +
      "a policy keeps pods of their namespace from port 4190.",
  },
  {
    alert: "HeddleCertificateExpires",
    expr: [
      ["control", "4 * 3600"],
      ["webhook", "5 * 86400"],
      ["root", "60 * 86400"],
    ]
      .map(([name = "", left = ""]) => {
        const ends = `heddle_operator_certificate_not_after_seconds{certificate="${name}"}`;
        return `min by (certificate) (${ends} - time()) < ${left}`;
      })
      .join(" or "),
    for: "15m",
    severity: "critical",
    summary: "The {{ $labels.certificate }} certificate ends in {{ $value | humanizeDuration }}.",
    description:
      "It should have been renewed at two thirds of its life. When it has ended, proxies and API " +
      "servers do not believe the mesh any more. See the logs of the operator that leads.",
  },
  {
    alert: "HeddleWatchStale",
    expr: "max by (pod, resource) (heddle_operator_kube_silence_seconds) > 120",
    for: "5m",
    severity: "critical",
    summary: "{{ $labels.pod }} hears nothing of {{ $labels.resource }}.",
    description:
      "What it knows of them is {{ $value | humanizeDuration }} old, and proxies are told no " +
      "news. See heddle_operator_kube_failures_total for the API server's word.",
  },
  {
    alert: "HeddleObjectsRefused",
    expr: 'sum by (group, kind) (heddle_operator_objects{accepted="false"}) > 0',
    for: "15m",
    severity: "info",
    summary: "{{ $value }} objects of kind {{ $labels.kind }} are not accepted.",
    description: "Their last accepted versions stay live. `heddle get` names them and says why.",
  },
  {
    alert: "HeddleSnapshotsRefused",
    expr: "sum by (type) (increase(heddle_operator_snapshots_refused_total[10m])) > 0",
    for: "1m",
    severity: "warning",
    summary: "Proxies refuse configuration of type {{ $labels.type }}.",
    description:
      "They keep what they had. The objects concerned say so in their condition Programmed; a " +
      "proxy that is too old is the likeliest reason.",
  },
  {
    alert: "HeddleProxiesBehind",
    expr:
      "histogram_quantile(0.99, sum by (le) " +
      "(rate(heddle_operator_ack_duration_seconds_bucket[5m]))) > 5",
    for: "10m",
    severity: "warning",
    summary: "Proxies take {{ $value | humanizeDuration }} to take configuration over.",
    description:
      "The slowest of a hundred, from sending to its word that it is live. See the operators' " +
      "CPU, and that of the proxies that `heddle get proxies` shows behind.",
  },
  {
    alert: "HeddleStatusNotWritten",
    expr: "sum by (reason) (increase(heddle_operator_status_write_failures_total[10m])) > 5",
    for: "10m",
    severity: "warning",
    summary: "Statuses cannot be written: {{ $labels.reason }}.",
    description: "Traffic is not concerned; what objects say of themselves is old.",
  },
  {
    alert: "HeddleAcceptedVersionsNotKept",
    expr: "sum by (reason) (increase(heddle_operator_kept_version_failures_total[15m])) > 0",
    for: "15m",
    severity: "warning",
    summary: "Accepted versions of objects cannot be kept: {{ $labels.reason }}.",
    description:
      "After a restart of all operators an object that is invalid by then would have no effect.",
  },
  {
    alert: "HeddleOperatorDefect",
    expr: "sum by (resource) (increase(heddle_operator_kube_listener_failures_total[15m])) > 0",
    for: "1m",
    severity: "warning",
    summary: "A change of {{ $labels.resource }} could not be taken in.",
    description: "A defect of the operator; its log tells which object it was. Please report it.",
  },
];

const WEBHOOK_ALERTS: readonly Alert[] = [
  {
    alert: "HeddleWebhookDown",
    expr: "absent(heddle_webhook_kube_objects)",
    for: "5m",
    severity: "critical",
    summary: "No webhook of Heddle is seen.",
    description:
      "New pods start without a proxy or, in labelled namespaces of a highly available " +
      "installation, do not start. See the pods of the Deployment heddle-webhook.",
  },
  {
    alert: "HeddleInjectionsFail",
    expr:
      "sum by (reason) " + '(increase(heddle_webhook_injections_total{outcome="failed"}[10m])) > 0',
    for: "1m",
    severity: "critical",
    summary: "Pods are let through without a proxy: {{ $labels.reason }}.",
    description: "The webhook could not decide about them; its log names each.",
  },
  {
    alert: "HeddlePodsNotInjected",
    expr: "sum by (namespace, reason) (heddle_operator_uninjected_pods) > 0",
    for: "15m",
    severity: "warning",
    summary: "{{ $value }} pods in {{ $labels.namespace }} lack the proxy that they ask for.",
    description:
      "The reason is {{ $labels.reason }}. `heddle check` names them and says how to mend it.",
  },
  {
    alert: "HeddleWebhookCertificateExpires",
    expr: "min by (pod) (heddle_webhook_certificate_expires_seconds) < 7 * 86400",
    for: "15m",
    severity: "critical",
    summary: "The webhook's certificate ends in {{ $value | humanizeDuration }}.",
    description:
      "It should have been renewed long ago. When it has ended, no pod is injected. See the " +
      "operators' logs, or those of whoever makes the Secret heddle-webhook-tls.",
  },
  {
    alert: "HeddleWebhookStale",
    expr: "max by (pod, resource) (heddle_webhook_kube_silence_seconds) > 300",
    for: "5m",
    severity: "warning",
    summary: "{{ $labels.pod }} hears nothing of {{ $labels.resource }}.",
    description: "It decides by what it knew {{ $value | humanizeDuration }} ago.",
  },
];

const PROXY_ALERTS: readonly Alert[] = [
  {
    alert: "HeddleProxiesDisconnected",
    expr: "count by (namespace) (heddle_control_connected == 0) > 0",
    for: "10m",
    severity: "warning",
    summary: "{{ $value }} proxies in {{ $labels.namespace }} reach no operator.",
    description: "They serve on with what they have, which grows old.",
  },
  {
    alert: "HeddleTrafficUnmanaged",
    expr: "sum by (namespace) (rate(heddle_unmanaged_total[5m])) > 0",
    for: "10m",
    severity: "warning",
    summary: "Connections in {{ $labels.namespace }} pass the mesh's rules by.",
    description:
      "Their proxies were told nothing in time, and let them go where they were meant to.",
  },
  {
    alert: "HeddleProxyDefect",
    expr: 'sum by (namespace, pod) (increase(heddle_faults_total{code="internal"}[10m])) > 0',
    for: "1m",
    severity: "warning",
    summary: "The proxy of {{ $labels.namespace }}/{{ $labels.pod }} failed requests by itself.",
    description: "A defect of the proxy; its log tells more. Please report it.",
  },
];

/** What a PrometheusRule has as `spec`; also what `promtool check rules` reads. */
export function alertGroups(): { readonly groups: readonly Fields[] } {
  return {
    groups: [
      { name: "heddle-operator", rules: OPERATOR_ALERTS.map(rule) },
      { name: "heddle-webhook", rules: WEBHOOK_ALERTS.map(rule) },
      { name: "heddle-proxy", rules: PROXY_ALERTS.map(rule) },
    ],
  };
}

function rule({ alert, expr, for: held, severity, summary, description }: Alert): Fields {
  const annotations = { summary, description };
  return { alert, expr, for: held, labels: { severity }, annotations };
}
