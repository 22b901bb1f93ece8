/**
 * The proxy as a native sidecar: an init container that goes on. It is ready before the containers
 * after it start, and is told to stop when they are gone, so that Jobs end and init containers of
 * the application have a network. It satisfies the restricted Pod Security Standard.
 */
import { DURATION_MAX_MS, formatDuration } from "../base/duration.ts";
import type { EnvironmentVariable, InjectOptions } from "./inject-options.ts";
import { CONTROL_VOLUME, IDENTITY_VOLUME, PROXY_CONTAINER, STATE_VOLUME } from "./names.ts";
import type { Container, Fields, Pod } from "./pod.ts";
import { patientProbes } from "./probes.ts";
import { proxyResources } from "./proxy-resources.ts";

const CONTROL_FOLDER = "/var/run/heddle/control";
const IDENTITY_FOLDER = "/var/run/heddle/identity";
const STATE_FOLDER = "/var/lib/heddle";

/** Kubernetes's own, where a pod does not say. */
const GRACE_SECONDS_DEFAULT = 30;

export function proxyContainer(pod: Pod, options: InjectOptions): Container {
  const { image, imagePullPolicy, adminPort } = options;
  return {
    name: PROXY_CONTAINER,
    image,
    ...(imagePullPolicy === null ? {} : { imagePullPolicy }),
    // Native sidecars are told from other init containers by this alone.
    restartPolicy: "Always",
    command: ["heddle"],
    args: ["proxy", ...proxyFlags(options)],
    env: proxyEnvironment(pod, options),
    ports: containerPorts(options),
    ...patientProbes({ port: adminPort, startupPath: "/ready" }),
    // Runs when the pod's end begins; the sidecar itself is stopped after the application.
    lifecycle: { preStop: { exec: { command: drainCommand(options) } } },
    resources: proxyResources(pod, options),
    securityContext: {
      runAsUser: options.proxyUid,
      ...(options.proxyGid === null ? {} : { runAsGroup: options.proxyGid }),
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [
      { name: CONTROL_VOLUME, mountPath: CONTROL_FOLDER, readOnly: true },
      { name: IDENTITY_VOLUME, mountPath: IDENTITY_FOLDER },
      { name: STATE_VOLUME, mountPath: STATE_FOLDER },
    ],
  };
}

/** What is left to the proxy's own defaults is not written: they may get better. */
function proxyFlags(options: InjectOptions): readonly string[] {
  const { mode, outboundPort, inboundPort, adminPort, workers } = options;
  const anywhere = options.ipv6 === "off" ? "0.0.0.0" : "[::]";
  const isTransparent = mode === "transparent";
  const optional: readonly (readonly [flag: string, value: string | null])[] = [
    ["opaque-ports", isTransparent ? options.opaquePorts : null],
    ["workers", workers === 1 ? null : String(workers)],
    ["start-without-operator-after", options.startWithoutOperatorAfter],
    ["access-log", options.accessLog],
    ["log-level", options.logLevel],
    ["log-format", options.logFormat],
  ];
  return [
    ...(isTransparent ? ["--transparent"] : []),
    ...(options.egress ? ["--egress"] : []),
    `--operator=${options.operator}`,
    "--name=$(HEDDLE_POD_NAME)",
    "--namespace=$(HEDDLE_POD_NAMESPACE)",
    "--zone=$(HEDDLE_ZONE)",
    `--outbound=localhost:${outboundPort}`,
    ...(isTransparent ? [`--inbound=${anywhere}:${inboundPort}`] : []),
    `--admin=${anywhere}:${adminPort}`,
    `--snapshot=${STATE_FOLDER}/snapshot`,
    ...optional.flatMap(([flag, value]) => (value === null ? [] : [`--${flag}=${value}`])),
    ...options.limits.map((limit) => `--limit=${limit}`),
  ];
}

function proxyEnvironment(pod: Pod, options: InjectOptions): readonly EnvironmentVariable[] {
  return [
    { name: "HEDDLE_POD_NAME", valueFrom: fieldOf("metadata.name") },
    { name: "HEDDLE_POD_NAMESPACE", valueFrom: fieldOf("metadata.namespace") },
    // Empty where the cluster does not copy it from the node.
    {
      name: "HEDDLE_ZONE",
      valueFrom: fieldOf("metadata.labels['topology.kubernetes.io/zone']"),
    },
    { name: "HEDDLE_GRACE_TIME", value: options.graceTime ?? podGraceTime(pod) },
    { name: "HEDDLE_OPERATOR_CA_FILE", value: `${CONTROL_FOLDER}/ca.crt` },
    { name: "HEDDLE_OPERATOR_TOKEN_FILE", value: `${CONTROL_FOLDER}/token` },
    { name: "HEDDLE_IDENTITY_FOLDER", value: IDENTITY_FOLDER },
    ...options.environment,
  ];
}

function fieldOf(fieldPath: string): Fields {
  return { fieldRef: { fieldPath } };
}

/** The application may use all of it; what is left when it is gone is the proxy's. */
function podGraceTime({ spec }: Pod): string {
  const seconds = spec.terminationGracePeriodSeconds;
  const known = typeof seconds === "number" && seconds >= 0 ? seconds : GRACE_SECONDS_DEFAULT;
  return formatDuration(Math.min(known * 1000, DURATION_MAX_MS));
}

function containerPorts({ mode, inboundPort, adminPort }: InjectOptions): readonly Fields[] {
  const admin = { name: "heddle-admin", containerPort: adminPort, protocol: "TCP" };
  if (mode === "explicit") return [admin];
  return [{ name: "heddle-inbound", containerPort: inboundPort, protocol: "TCP" }, admin];
}

function drainCommand({ adminPort }: InjectOptions): readonly string[] {
  return ["heddle", "drain", "--admin", `127.0.0.1:${adminPort}`];
}
