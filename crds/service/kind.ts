/** A core `v1` Service, as far as the mesh needs it. */
import { isIP } from "node:net";
import { type Path, ROOT } from "../../base/shape.ts";
import type { NodePreference } from "../../mesh/backend-settings.ts";
import type { ServiceIntent, ServicePortIntent } from "../../mesh/intent.ts";
import { type Kind, type ReadContext, SPEC_KEYS } from "../kind.ts";
import { readOpaquePorts } from "./read-opaque-ports.ts";
import type { ServiceSpec } from "./schema.ts";
import { validateServiceSpec } from "./validate.gen.ts";

type Port = NonNullable<ServiceSpec["ports"]>[number];

export const serviceKind: Kind = {
  group: "",
  kind: "Service",
  versions: ["v1"],
  keys: () => SPEC_KEYS,
  read(manifest, context): ServiceIntent | null {
    const spec = manifest.body.spec ?? {};
    const path = { parent: ROOT, key: "spec" };
    if (!validateServiceSpec(spec, context.error, path)) return null;
    checkName(manifest.metadata.name, context);
    const isExternal = spec.type === "ExternalName";
    const addresses = clusterAddresses(spec);
    const headless = !isExternal && addresses.includes("None");
    const ports = readPorts(spec.ports ?? [], { parent: path, key: "ports" }, context);
    const at = { parent: path, key: isExternal ? "externalName" : "ports" };
    if (isExternal && !spec.externalName) {
      context.error(at, "required", "an ExternalName service needs externalName");
    } else if (!isExternal && !headless && ports.length === 0 && !(spec.ports?.length ?? 0)) {
      context.error(at, "required", "a service needs a port", 'add "ports"');
    }
    return {
      type: "service",
      clusterIps: addresses.filter((address) => isIP(address) !== 0),
      ipFamilies: spec.ipFamilies ?? [],
      headless,
      externalName: isExternal ? (spec.externalName ?? "").toLowerCase() : "",
      ports,
      opaquePorts: readOpaquePorts(manifest, ports, context),
      nodes: nodesOf(spec),
    };
  },
};

/** A single label of DNS (RFC 1123): from Kubernetes 1.36 on, one may begin with a digit. */
function checkName(name: string, context: ReadContext): void {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return;
  const path = { parent: { parent: ROOT, key: "metadata" }, key: "name" };
  const message = `${JSON.stringify(name)} cannot name a service`;
  context.error(path, "bad-value", message, "up to 63 of a-z, 0-9 and -, no - at either end");
}

/** Words that are not known are of a newer Kubernetes, and mean no more than that one prefers. */
function nodesOf({ internalTrafficPolicy, trafficDistribution }: ServiceSpec): NodePreference {
  if (internalTrafficPolicy === "Local") return "only";
  return trafficDistribution === "PreferSameNode" ? "prefer" : "any";
}

function clusterAddresses(spec: ServiceSpec): readonly string[] {
  const all = spec.clusterIPs ?? [];
  if (all.length > 0) return all;
  return spec.clusterIP ? [spec.clusterIP] : [];
}

function readPorts(
  ports: readonly Port[],
  path: Path,
  context: ReadContext,
): readonly ServicePortIntent[] {
  const names = new Map<string, number>();
  const numbers = new Map<string, number>();
  return ports.flatMap((port, index): ServicePortIntent[] => {
    const at = { parent: path, key: index };
    const name = port.name ?? "";
    const protocol = port.protocol ?? "TCP";
    if (ports.length > 1 && name === "") {
      const hint = "with several ports each one has a name";
      context.error({ parent: at, key: "name" }, "required", '"name" is required', hint);
    }
    once(names, name, index, { parent: at, key: "name" }, context);
    once(numbers, `${protocol} ${port.port}`, index, { parent: at, key: "port" }, context);
    if (protocol !== "TCP") {
      const message = `the mesh carries TCP: this port of ${protocol} is left alone`;
      context.note({ parent: at, key: "protocol" }, "not-ours", message);
      return [];
    }
    const targetPort = readTargetPort(port, { parent: at, key: "targetPort" }, context);
    return [{ name, port: port.port, targetPort, appProtocol: port.appProtocol ?? "" }];
  });
}

function once(
  seen: Map<string, number>,
  key: string,
  index: number,
  path: Path,
  context: ReadContext,
): void {
  const first = seen.get(key);
  if (first === undefined) seen.set(key, index);
  else if (key !== "")
    context.error(path, "duplicate", `${key} is that of ports[${first}] already`);
}

/** Absent and empty mean the port itself. Quoted numbers are names to Kubernetes, and no port. */
function readTargetPort(port: Port, path: Path, context: ReadContext): number | string {
  const target = port.targetPort;
  if (target === undefined || target === null || target === 0 || target === "") return port.port;
  if (typeof target === "string") {
    if (/[a-zA-Z]/.test(target)) return target;
    const hint = "take the quotes away";
    context.error(path, "wrong-type", `${JSON.stringify(target)} names no port`, hint);
    return port.port;
  }
  if (target < 1 || target > 65_535) {
    context.error(path, "out-of-range", `must be 1 to 65535, not ${target}`);
  }
  return target;
}
