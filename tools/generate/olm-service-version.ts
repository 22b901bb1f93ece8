/** The ClusterServiceVersion: what the Operator Lifecycle Manager shows of Heddle, and installs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { isRecord } from "../../base/shape.ts";
import { VERSION } from "../../base/version.ts";
import { OPERATOR, WEBHOOK, WEBHOOK_PORT, WEBHOOK_SERVICE_PORT } from "../../inject/names.ts";
import { type Fields, mapAt } from "../../inject/pod.ts";
import type { InstallObject } from "../../install/install-object.ts";
import { defaultInstallOptions } from "../../install/options.ts";
import { definitions, type OwnKind } from "./definitions.ts";
import type { Shape } from "./shape-tree.ts";

const root = join(import.meta.dirname, "..", "..");

export const CSV_NAME = `heddle.v${VERSION}`;

/** Where OLM mounts what it has made for the webhook, as `tls.crt` and `tls.key`. */
const OLM_TLS_FOLDER = "/tmp/k8s-webhook-server/serving-certs";

const DESCRIPTION = `
Heddle is a service mesh: it routes, splits, balances and retries the traffic between services,
and tells how they are, without the applications knowing.

* **It tells.** Every object says in its status whether it is accepted, in conflict, and on how many
  proxies it is live.
* **It never makes things worse.** Retries have a budget, deadlines are honoured before work is done,
  and traffic goes on as it is while the control plane is away.
* **It costs little.** A proxy takes processor time beside nginx and HAProxy.

Annotate a namespace with \`heddle.mesh/inject=enabled\` and restart its pods to take them into the
mesh. Kubernetes 1.31 or newer is needed on every node.

With this way to install, labels of a namespace do not change what happens while the webhook is
away: pods then start without a proxy, and the operator reports them.
`;

/** One example of each kind, below `crds/`. */
const EXAMPLES = [
  "service-profile/examples/books.yaml",
  "traffic-split/examples/canary.yaml",
  "retry-policy/examples/payment.yaml",
];

export function clusterServiceVersion(objects: readonly InstallObject[]): object {
  const { image } = defaultInstallOptions();
  return {
    apiVersion: "operators.coreos.com/v1alpha1",
    kind: "ClusterServiceVersion",
    metadata: {
      name: CSV_NAME,
      // Wherever OLM puts it.
      namespace: "placeholder",
      annotations: {
        "alm-examples": JSON.stringify(EXAMPLES.flatMap(readExample), null, 2),
        capabilities: "Deep Insights",
        categories: "Networking, Monitoring",
        containerImage: image,
        description: "A service mesh: routes, splits, retries and telemetry for any application",
      },
    },
    spec: {
      displayName: "Heddle",
      description: DESCRIPTION.trim(),
      version: VERSION,
      maturity: "alpha",
      minKubeVersion: "1.31.0",
      keywords: ["service mesh", "proxy", "traffic split", "retries", "canary"],
      provider: { name: "Heddle" },
      // No links and no addresses: whoever publishes the bundle has a page and a mailbox, or none.
      icon: [{ base64data: icon(), mediatype: "image/svg+xml" }],
      // One mesh serves a cluster.
      installModes: ["OwnNamespace", "SingleNamespace", "MultiNamespace", "AllNamespaces"].map(
        (type) => ({ type, supported: type === "AllNamespaces" }),
      ),
      customresourcedefinitions: { owned: definitions().map(ownedDefinition) },
      install: { strategy: "deployment", spec: installStrategy(objects) },
      webhookdefinitions: webhookDefinitions(objects),
      relatedImages: [{ name: "heddle", image }],
    },
  };
}

function readExample(path: string): readonly unknown[] {
  const [first] = parseAllDocuments(readFileSync(join(root, "crds", path), "utf8"));
  return first === undefined ? [] : [first.toJS()];
}

function icon(): string {
  return readFileSync(join(root, "config", "olm", "icon.svg")).toString("base64");
}

function ownedDefinition(kind: OwnKind): object {
  return {
    name: `${kind.plural}.${kind.group}`,
    version: kind.version,
    kind: kind.kind,
    displayName: wordsOf(kind.kind),
    description: kind.description,
    resources: [
      { kind: "Service", name: "", version: "v1" },
      { kind: "ControllerRevision", name: "", version: "apps/v1" },
    ],
    specDescriptors: descriptors(kind.spec.root),
    statusDescriptors: descriptors(kind.status.root).map((one) =>
      one.path === "conditions"
        ? { ...one, "x-descriptors": ["urn:alm:descriptor:io.kubernetes.conditions"] }
        : one,
    ),
  };
}

function descriptors(shape: Shape) {
  if (shape.kind !== "object") return [];
  return shape.properties.map(({ name, shape: { description } }) => ({
    path: name,
    displayName: wordsOf(name),
    description,
  }));
}

/** `Dst Overrides` of `dstOverrides`. */
function wordsOf(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

function installStrategy(objects: readonly InstallObject[]): object {
  const rules = (kind: string) =>
    objects
      .filter((one) => one.kind === kind && [OPERATOR, WEBHOOK].includes(one.metadata.name))
      .map((one) => ({ serviceAccountName: one.metadata.name, rules: one.rules }));
  return {
    clusterPermissions: rules("ClusterRole"),
    permissions: rules("Role"),
    deployments: objects
      .filter(({ kind }) => kind === "Deployment")
      .map((one) => ({
        name: one.metadata.name,
        label: one.metadata.labels,
        spec: withOlmCertificates(one.spec),
      })),
  };
}

/** OLM adds the volume and its mounts by itself. */
function withOlmCertificates(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value
      .filter((one: unknown) => !(isRecord(one) && one.name === "tls"))
      .map((one: unknown) => withOlmCertificates(one));
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([key, one]) => [key, withOlmCertificates(one)]);
    return Object.fromEntries(entries);
  }
  const isFolder = typeof value === "string" && value.startsWith("--tls-folder=");
  return isFolder ? `--tls-folder=${OLM_TLS_FOLDER}` : value;
}

/**
 * OLM's own form of the entries. It has no selector for namespaces and no conditions, so all pods
 * that did not opt out come, by one entry, which must never be a reason why one does not start.
 */
function webhookDefinitions(objects: readonly InstallObject[]): readonly object[] {
  const first = (kind: string) => {
    const found = objects.find((one) => one.kind === kind);
    const [entry] = Array.isArray(found?.webhooks) ? found.webhooks.filter(isRecord) : [];
    if (entry === undefined) throw new Error(`there is no ${kind}`);
    return entry;
  };
  return [
    webhookDefinition("MutatingAdmissionWebhook", first("MutatingWebhookConfiguration")),
    webhookDefinition("ValidatingAdmissionWebhook", first("ValidatingWebhookConfiguration")),
  ];
}

/** What OLM takes over of an entry. */
const ENTRY_KEYS = [
  ...["rules", "objectSelector", "sideEffects", "timeoutSeconds", "admissionReviewVersions"],
  ...["reinvocationPolicy", "matchPolicy"],
];

function webhookDefinition(type: string, entry: Fields): object {
  const kept = Object.entries(entry).filter(([key]) => ENTRY_KEYS.includes(key));
  const { path } = mapAt(mapAt(entry, "clientConfig"), "service");
  return {
    type,
    generateName: `${String(path).slice(1)}.heddle.mesh`,
    deploymentName: WEBHOOK,
    containerPort: WEBHOOK_SERVICE_PORT,
    targetPort: WEBHOOK_PORT,
    webhookPath: path,
    failurePolicy: "Ignore",
    ...Object.fromEntries(kept),
  };
}
