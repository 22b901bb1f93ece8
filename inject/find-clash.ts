/** What of a pod would get into the proxy's way, or the proxy into its. */
import type { InjectOptions } from "./inject-options.ts";
import { OWN_CONTAINERS, OWN_VOLUMES } from "./names.ts";
import { allContainers, type Container, mapAt, mapsAt, type Pod, volumesOf } from "./pod.ts";
import type { SkipReason } from "./skip-reason.ts";

interface Clash {
  readonly reason: SkipReason;
  readonly detail: string;
}

/** Containers of other meshes, by name. */
const OTHER_SIDECARS = [
  "linkerd-proxy",
  "linkerd-init",
  "istio-proxy",
  "istio-init",
  "kuma-sidecar",
  "kuma-init",
  "consul-dataplane",
  "consul-connect-inject-init",
  "envoy-sidecar",
];

/** Their images, which keep their names in mirrors. */
const OTHER_IMAGES =
  /(?:^|\/)(?:linkerd\/proxy|linkerd-io\/proxy|proxyv2|kuma-dp|consul-dataplane)(?=[:@]|$)/;

/** `bare` must hold nothing that injection has put into it. */
export function describeClash(bare: Pod, options: InjectOptions): Clash | undefined {
  const other = allContainers(bare).find(isOtherSidecar);
  if (other !== undefined) {
    return { reason: "sidecar-exists", detail: `it has the container "${other.name}"` };
  }
  return describeTakenName(bare) ?? describeUid(bare, options) ?? describePort(bare, options);
}

function isOtherSidecar({ name, image }: Container): boolean {
  return OTHER_SIDECARS.includes(name) || (typeof image === "string" && OTHER_IMAGES.test(image));
}

function describeTakenName(bare: Pod): Clash | undefined {
  const container = allContainers(bare).find(({ name }) => OWN_CONTAINERS.includes(name));
  if (container !== undefined) {
    return { reason: "name-taken", detail: `it has a container "${container.name}" of its own` };
  }
  const volume = volumesOf(bare).find(({ name }) => OWN_VOLUMES.includes(name));
  if (volume === undefined) return undefined;
  return { reason: "name-taken", detail: `it has a volume "${volume.name}" of its own` };
}

/** Users that images name are not known here; the proxy finds those out at run time. */
function describeUid(bare: Pod, { proxyUid }: InjectOptions): Clash | undefined {
  const ofPod = mapAt(bare.spec, "securityContext").runAsUser;
  for (const container of allContainers(bare)) {
    const uid = mapAt(container, "securityContext").runAsUser ?? ofPod;
    if (uid !== proxyUid) continue;
    const detail = `its container "${container.name}" runs as the user ${proxyUid}`;
    return { reason: "uid-clash", detail };
  }
  return undefined;
}

function describePort(bare: Pod, options: InjectOptions): Clash | undefined {
  const { inboundPort, outboundPort, adminPort, mode } = options;
  const taken = [outboundPort, adminPort, ...(mode === "transparent" ? [inboundPort] : [])];
  for (const container of allContainers(bare)) {
    for (const { containerPort, protocol = "TCP" } of mapsAt(container, "ports")) {
      if (protocol !== "TCP" || typeof containerPort !== "number") continue;
      if (!taken.includes(containerPort)) continue;
      const detail = `its container "${container.name}" listens on ${containerPort}`;
      return { reason: "port-clash", detail };
    }
  }
  return undefined;
}
