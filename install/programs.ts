/**
 * The Deployments of the operator and the webhook. Their pods satisfy the restricted Pod Security
 * Standard and write to no disk. No user is named: the image's own is not root, and clusters that
 * give each namespace users of its own can do so.
 */
import {
  CA_CONFIG_MAP,
  OPERATOR,
  OPERATOR_ADMIN_PORT,
  OPERATOR_CONTROL_PORT,
  TOKEN_AUDIENCE,
  WEBHOOK,
  WEBHOOK_ADMIN_PORT,
  WEBHOOK_PORT,
  WEBHOOK_TLS_SECRET,
} from "../inject/names.ts";
import type { Container, Fields, Volume } from "../inject/pod.ts";
import { patientProbes } from "../inject/probes.ts";
import { programLabels, selectorLabels } from "./install-object.ts";
import type { InstallOptions } from "./options.ts";

export const HA_REPLICAS = 3;
export const HA_PRIORITY_CLASS = "system-cluster-critical";

const CONTROL_FOLDER = "/var/run/heddle/control";
const TLS_FOLDER = "/var/run/heddle/tls";
const DEFAULTS_FOLDER = "/etc/heddle";
export const DEFAULTS_FILE = "proxy-defaults.json";
export const DEFAULTS_CONFIG_MAP = "heddle-proxy-defaults";

/** Replicas tell each other by tokens for the same audience as proxies; the kubelet renews them. */
const TOKEN_SECONDS = 3_600;

/** All addresses of the pod, of either family. */
const ANYWHERE = "[::]";

export function replicasOf({ replicas, ha }: InstallOptions): number {
  return replicas ?? (ha ? HA_REPLICAS : 1);
}

export function operatorDeployment(options: InstallOptions): Fields {
  const { operatorCpuRequest, operatorMemoryRequest, operatorMemoryLimit } = options;
  const container = programContainer(options, {
    name: "operator",
    args: operatorArguments(options),
    ports: { control: OPERATOR_CONTROL_PORT, admin: OPERATOR_ADMIN_PORT },
    resources: resourcesOf(operatorCpuRequest, operatorMemoryRequest, operatorMemoryLimit),
    volumeMounts: [
      { name: "control", mountPath: CONTROL_FOLDER, readOnly: true },
      { name: "defaults", mountPath: DEFAULTS_FOLDER, readOnly: true },
    ],
    environment: [
      { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "HEDDLE_OPERATOR_TOKEN_FILE", value: `${CONTROL_FOLDER}/token` },
      { name: "HEDDLE_OPERATOR_CA_FILE", value: `${CONTROL_FOLDER}/ca.crt` },
    ],
  });
  // Longer than proxies are given to go to another replica.
  // Without it proxies are served all the same.
  const volumes = [controlVolume(), defaultsVolume(true)];
  return deployment(options, OPERATOR, container, volumes, 45);
}

export function operatorArguments(options: InstallOptions): readonly string[] {
  return [
    "--kubernetes",
    `--control=${ANYWHERE}:${OPERATOR_CONTROL_PORT}`,
    `--operator-admin=${ANYWHERE}:${OPERATOR_ADMIN_PORT}`,
    "--namespace=$(POD_NAMESPACE)",
    `--cluster-domain=${options.clusterDomain}`,
    ...policyArguments(options),
    ...(options.certificates === "self" ? [] : ["--certificates=external"]),
    ...logArguments(options),
  ];
}

export function webhookDeployment(options: InstallOptions): Fields {
  const { webhookCpuRequest, webhookMemoryRequest, webhookMemoryLimit } = options;
  const ownCertificate = options.certificates === "self";
  const defaults = defaultsVolume(false);
  // Until whoever makes it has made it, the pod waits.
  const tls = { name: "tls", secret: { secretName: WEBHOOK_TLS_SECRET } };
  const container = programContainer(options, {
    name: "webhook",
    args: webhookArguments(options),
    ports: { webhook: WEBHOOK_PORT, admin: WEBHOOK_ADMIN_PORT },
    resources: resourcesOf(webhookCpuRequest, webhookMemoryRequest, webhookMemoryLimit),
    volumeMounts: [
      { name: defaults.name, mountPath: DEFAULTS_FOLDER, readOnly: true },
      ...(ownCertificate ? [] : [{ name: tls.name, mountPath: TLS_FOLDER, readOnly: true }]),
    ],
    environment: [],
  });
  return deployment(options, WEBHOOK, container, [defaults, ...(ownCertificate ? [] : [tls])], 30);
}

export function webhookArguments(options: InstallOptions): readonly string[] {
  const { clusterDomain, image, certificates } = options;
  return [
    `--address=${ANYWHERE}:${WEBHOOK_PORT}`,
    `--webhook-admin=${ANYWHERE}:${WEBHOOK_ADMIN_PORT}`,
    "--namespace=$(POD_NAMESPACE)",
    `--cluster-domain=${clusterDomain}`,
    `--image=${image}`,
    ...policyArguments(options),
    ...(certificates === "self" ? [] : [`--tls-folder=${TLS_FOLDER}`]),
    ...logArguments(options),
  ];
}

/** What holds for all proxies unless an annotation says otherwise, for the webhook to read. */
export function proxyDefaults(options: InstallOptions): Fields {
  const { namespace, imagePullPolicy, proxyDefaults: chosen } = options;
  const entries = Object.entries({ "image-pull-policy": imagePullPolicy, ...chosen });
  const defaults = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: DEFAULTS_CONFIG_MAP, namespace, labels: programLabels(WEBHOOK) },
    data: { [DEFAULTS_FILE]: `${JSON.stringify(defaults, null, 2)}\n` },
  };
}

/** By which the webhook injects, and the operator finds what was missed. */
function policyArguments(options: InstallOptions): readonly string[] {
  return [
    `--defaults=${DEFAULTS_FOLDER}/${DEFAULTS_FILE}`,
    ...(options.injectUnasked ? ["--inject-unasked"] : []),
    ...(options.acceptLinkerdAnnotations ? ["--accept-linkerd-annotations"] : []),
  ];
}

function logArguments({ logLevel, logFormat }: InstallOptions): readonly string[] {
  return [`--log-level=${logLevel}`, `--log-format=${logFormat}`];
}

interface ProgramContainer {
  /** Also the word after `heddle`. */
  readonly name: string;
  readonly args: readonly string[];
  readonly ports: Readonly<Record<string, number>> & { readonly admin: number };
  readonly resources: Fields;
  readonly volumeMounts: readonly Fields[];
  readonly environment: readonly Fields[];
}

function programContainer(options: InstallOptions, program: ProgramContainer): Container {
  const { name, args, ports } = program;
  return {
    name,
    image: options.image,
    imagePullPolicy: options.imagePullPolicy,
    command: ["heddle"],
    args: [name, ...args],
    env: [
      { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
      ...program.environment,
    ],
    ports: Object.entries(ports).map(([port, containerPort]) => ({
      ...{ name: port, containerPort, protocol: "TCP" },
    })),
    ...patientProbes({ port: "admin", startupPath: "/live" }),
    resources: program.resources,
    securityContext: {
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationMessagePolicy: "FallbackToLogsOnError",
    ...(program.volumeMounts.length === 0 ? {} : { volumeMounts: program.volumeMounts }),
  };
}

function resourcesOf(cpu: string, memory: string, memoryLimit: string | null): Fields {
  const limits = memoryLimit === null ? {} : { limits: { memory: memoryLimit } };
  return { requests: { cpu, memory }, ...limits };
}

function defaultsVolume(optional: boolean): Volume {
  const configMap = { name: DEFAULTS_CONFIG_MAP, ...(optional ? { optional } : {}) };
  return { name: "defaults", configMap };
}

function controlVolume(): Volume {
  const token = {
    audience: TOKEN_AUDIENCE,
    expirationSeconds: TOKEN_SECONDS,
    path: "token",
  };
  const ca = {
    name: CA_CONFIG_MAP,
    items: [{ key: "ca.crt", path: "ca.crt" }],
    // The first operator makes it.
    optional: true,
  };
  return {
    name: "control",
    projected: { sources: [{ serviceAccountToken: token }, { configMap: ca }] },
  };
}

function deployment(
  options: InstallOptions,
  program: string,
  container: Container,
  volumes: readonly Volume[],
  terminationGracePeriodSeconds: number,
): Fields {
  const { namespace } = options;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: program, namespace, labels: programLabels(program) },
    spec: {
      replicas: replicasOf(options),
      revisionHistoryLimit: 3,
      selector: { matchLabels: selectorLabels(program) },
      // The new one serves before the old one goes.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: {
          labels: { ...programLabels(program), "heddle.mesh/inject": "disabled" },
          annotations: { "kubectl.kubernetes.io/default-container": container.name },
        },
        spec: {
          serviceAccountName: program,
          ...placement(options, program),
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          terminationGracePeriodSeconds,
          containers: [container],
          volumes,
        },
      },
    },
  };
}

/** Replicas keep apart, as far as there are nodes and zones to keep apart on. */
function placement(options: InstallOptions, program: string): Fields {
  const { ha, nodeSelector, tolerations, imagePullSecrets } = options;
  const priorityClass = options.priorityClass ?? (ha ? HA_PRIORITY_CLASS : null);
  const labelSelector = { matchLabels: selectorLabels(program) };
  const apart = {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: { labelSelector, topologyKey: "kubernetes.io/hostname" },
      },
    ],
  };
  const spread = {
    maxSkew: 1,
    topologyKey: "topology.kubernetes.io/zone",
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector,
  };
  return {
    ...(priorityClass === null ? {} : { priorityClassName: priorityClass }),
    nodeSelector: { "kubernetes.io/os": "linux", ...nodeSelector },
    ...(tolerations.length === 0 ? {} : { tolerations }),
    ...(imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
    ...(ha ? { affinity: { podAntiAffinity: apart }, topologySpreadConstraints: [spread] } : {}),
  };
}
