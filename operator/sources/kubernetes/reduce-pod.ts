/**
 * What is kept of a pod. Whole ones take some 20 kB of memory each, and clusters have ten thousand
 * of them: of environment, mounts, probes and the history of conditions nothing is ever asked. The
 * result is still a pod, as far as injection looks at one.
 */
import { isRecord } from "../../../base/shape.ts";
import { LINKERD_PREFIX } from "../../../inject/annotation-row.ts";
import { PREFIX } from "../../../inject/names.ts";
import { type Fields, mapAt, mapsAt } from "../../../inject/pod.ts";

/** Set by the kubelet on what it shows of static pods. */
const MIRROR = "kubernetes.io/config.mirror";
const TEMPLATE_HASH = "pod-template-hash";

/** Whatever is none is left out, and never thrown about: the API server has judged it. */
export function reducePod(raw: Fields): Fields {
  const metadata = mapAt(raw, "metadata");
  const spec = mapAt(raw, "spec");
  const status = mapAt(raw, "status");
  return {
    metadata: present({
      labels: some(mapAt(metadata, "labels"), (key) => key.startsWith(PREFIX) || isHash(key)),
      annotations: some(mapAt(metadata, "annotations"), isRead),
      ownerReferences: owners(metadata),
      deletionTimestamp: metadata.deletionTimestamp,
    }),
    spec: present({
      nodeName: spec.nodeName,
      serviceAccountName: spec.serviceAccountName,
      hostNetwork: spec.hostNetwork === true ? true : undefined,
      os: some(mapAt(spec, "os"), (key) => key === "name"),
      nodeSelector: some(mapAt(spec, "nodeSelector"), (key) => key.endsWith("kubernetes.io/os")),
      securityContext: security(spec),
      containers: mapsAt(spec, "containers").map(reduceContainer),
      initContainers: unlessEmpty(mapsAt(spec, "initContainers").map(reduceContainer)),
      volumes: unlessEmpty(mapsAt(spec, "volumes").map(({ name }) => ({ name }))),
    }),
    status: present({
      phase: status.phase,
      podIPs: unlessEmpty(mapsAt(status, "podIPs").map(({ ip }) => ({ ip }))),
    }),
  };
}

function isHash(key: string): boolean {
  return key === TEMPLATE_HASH;
}

function isRead(key: string): boolean {
  return key.startsWith(PREFIX) || key.startsWith(LINKERD_PREFIX) || key === MIRROR;
}

/** The one that controls it; others own it only to have it collected. */
function owners(metadata: Fields): readonly Fields[] | undefined {
  const controllers = mapsAt(metadata, "ownerReferences").filter((one) => one.controller === true);
  return unlessEmpty(
    controllers.map(({ apiVersion, kind, name, uid }) => ({
      ...{ apiVersion, kind, name, uid, controller: true },
    })),
  );
}

function reduceContainer(container: Fields): Fields {
  const ports = mapsAt(container, "ports").map(({ name, containerPort, protocol }) =>
    present({ name, containerPort, protocol: protocol === "TCP" ? undefined : protocol }),
  );
  return present({
    name: container.name,
    image: container.image,
    ports: unlessEmpty(ports),
    securityContext: security(container),
  });
}

function security(fields: Fields): Fields | undefined {
  const isKept = (key: string): boolean => key === "runAsUser" || key === "windowsOptions";
  return some(mapAt(fields, "securityContext"), isKept);
}

/** Entries under the keys that are wanted; undefined where there are none. */
function some(fields: Fields, isWanted: (key: string) => boolean): Fields | undefined {
  const entries = Object.entries(fields).filter(([key]) => isWanted(key));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function unlessEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}

function present(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** Of a node its zone; of a namespace what may ask for injection, or forbid it. */
export function reduceMetadata(isKept: (key: string) => boolean): (raw: Fields) => Fields {
  return ({ metadata }) => {
    const { labels, annotations, deletionTimestamp } = isRecord(metadata) ? metadata : {};
    return {
      metadata: present({
        labels: some(isRecord(labels) ? labels : {}, isKept),
        annotations: some(isRecord(annotations) ? annotations : {}, isKept),
        deletionTimestamp,
      }),
    };
  };
}
