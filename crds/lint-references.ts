/**
 * Names in one object that must exist as another: services, ports, routes, groups of matches.
 * Warnings only, since what is missing may be elsewhere, or come later. Services are only looked
 * for when some are among the objects: a folder of profiles alone is nothing unusual.
 */
import { nearest } from "../base/nearest.ts";
import { type Path, ROOT } from "../base/shape.ts";
import type {
  BackendIntent,
  EndpointSliceIntent,
  IntentObject,
  PolicyIntent,
  ProfileIntent,
  ServiceIntent,
  ServiceName,
  SplitIntent,
} from "../mesh/intent.ts";
import type { CrossFinding } from "./cross-finding.ts";

const SPEC: Path = { parent: ROOT, key: "spec" };

export function referenceFindings(objects: readonly IntentObject[]): readonly CrossFinding[] {
  const known = new Known(objects);
  return objects.flatMap((object) => {
    const { intent } = object;
    const serviceAt = (path: Path, service: ServiceName) => known.service(object, path, service);
    switch (intent.type) {
      case "profile": {
        const overrides = { parent: SPEC, key: "dstOverrides" };
        return [
          ...serviceAt({ parent: SPEC, key: "service" }, intent.service),
          ...intent.overrides.flatMap(({ service }, index) =>
            serviceAt({ parent: { parent: overrides, key: index }, key: "authority" }, service),
          ),
          ...mirrorFindings(object, intent, known),
        ];
      }
      case "split":
        return [
          ...serviceAt({ parent: SPEC, key: "service" }, intent.service),
          ...splitFindings(object, intent, known),
        ];
      case "policy":
        return [
          ...serviceAt({ parent: { parent: SPEC, key: "targetRef" }, key: "name" }, intent.service),
          ...routeFindings(object, intent, known),
        ];
      case "endpoint-slice":
        return [
          ...serviceAt(
            { parent: { parent: ROOT, key: "metadata" }, key: "labels" },
            intent.service,
          ),
          ...slicePortFindings(object, intent, known),
        ];
      default:
        return [];
    }
  });
}

/** What exists, by name. */
class Known {
  readonly services = new Map<string, ServiceIntent>();
  readonly #groups = new Set<string>();
  readonly #routes = new Map<string, string[]>();
  /** By the service that they split, whatever they match. */
  readonly #splits = new Map<string, IntentObject>();

  constructor(objects: readonly IntentObject[]) {
    for (const object of objects) {
      const { ref, intent } = object;
      const key = keyOf(ref);
      if (intent.type === "service") this.services.set(key, intent);
      if (intent.type === "route-group") this.#groups.add(key);
      if (intent.type === "split" && !this.#splits.has(keyOf(intent.service))) {
        this.#splits.set(keyOf(intent.service), object);
      }
      if (intent.type !== "profile") continue;
      const routes = this.#routes.get(keyOf(intent.service)) ?? [];
      routes.push(...intent.routes.map((route) => route.name));
      this.#routes.set(keyOf(intent.service), routes);
    }
  }

  service(object: IntentObject, path: Path, service: ServiceName): readonly CrossFinding[] {
    if (this.services.size === 0 || this.services.has(keyOf(service))) return [];
    const known = this.services.keys();
    return [missing(object, path, "service-not-found", "service", keyOf(service), known)];
  }

  group(object: IntentObject, path: Path, key: string): readonly CrossFinding[] {
    if (this.#groups.has(key)) return [];
    const known = this.#groups.keys();
    const found = missing(object, path, "route-group-not-found", "HTTPRouteGroup", key, known);
    return [{ ...found, message: `${found.message}; until it does, the split takes no traffic` }];
  }

  /** What splits the service by itself, unless it is the one that is split. */
  nested(split: SplitIntent, service: ServiceName): IntentObject | undefined {
    return keyOf(split.service) === keyOf(service) ? undefined : this.#splits.get(keyOf(service));
  }

  /** Undefined when no profile of the service is known. */
  routes(service: ServiceName): readonly string[] | undefined {
    return this.#routes.get(keyOf(service));
  }
}

function keyOf({ namespace, name }: ServiceName): string {
  return `${namespace}/${name}`;
}

function missing(
  object: IntentObject,
  path: Path,
  code: string,
  what: string,
  key: string,
  known: Iterable<string>,
): CrossFinding {
  const near = nearest(key, known);
  const hint = near === undefined ? "" : `did you mean ${near}?`;
  const message = `there is no ${what} ${key}`;
  return { object, severity: "warning", code, path, message, hint };
}

function mirrorFindings(
  object: IntentObject,
  profile: ProfileIntent,
  known: Known,
): readonly CrossFinding[] {
  const routes = { parent: SPEC, key: "routes" };
  return profile.routes.flatMap(({ behaviour }, index) => {
    if (behaviour.mirror === null) return [];
    const parent = { parent: { parent: routes, key: index }, key: "mirror" };
    return known.service(object, { parent, key: "service" }, behaviour.mirror.service);
  });
}

function splitFindings(
  object: IntentObject,
  split: SplitIntent,
  known: Known,
): readonly CrossFinding[] {
  const backends = { parent: SPEC, key: "backends" };
  const matches = { parent: SPEC, key: "matches" };
  return [
    ...split.backends.flatMap((backend, index) => {
      const path = { parent: { parent: backends, key: index }, key: "service" };
      const absent = known.service(object, path, backend.service);
      if (absent.length > 0) return absent;
      return [
        ...portFindings(object, path, split, backend, known),
        ...nestedFindings(object, path, split, backend, known),
      ];
    }),
    ...split.matches.flatMap((match, index) => {
      if (match.kind !== "group") return [];
      const path = { parent: { parent: matches, key: index }, key: "name" };
      return known.group(object, path, `${object.ref.namespace}/${match.group}`);
    }),
  ];
}

/** A backend without the port that was called gets nothing of what is called there. */
function portFindings(
  object: IntentObject,
  path: Path,
  split: SplitIntent,
  backend: BackendIntent,
  known: Known,
): readonly CrossFinding[] {
  const apex = known.services.get(keyOf(split.service));
  const service = known.services.get(keyOf(backend.service));
  if (apex === undefined || service === undefined) return [];
  const has = (port: number) => service.ports.some((one) => one.port === port);
  const wanted = backend.port > 0 ? [backend.port] : apex.ports.map((one) => one.port);
  const lacking = wanted.filter((port) => !has(port));
  if (lacking.length === 0) return [];
  const ports = lacking.join(", ");
  const message = `${keyOf(backend.service)} has no port ${ports}, and gets no traffic for it`;
  const hint = `its ports: ${service.ports.map((one) => one.port).join(", ")}`;
  return [{ object, severity: "warning", code: "port-not-found", path, message, hint }];
}

/** Splits do not nest, which also means that none can go round in a circle. */
function nestedFindings(
  object: IntentObject,
  path: Path,
  split: SplitIntent,
  { service }: BackendIntent,
  known: Known,
): readonly CrossFinding[] {
  const inner = known.nested(split, service);
  if (inner === undefined) return [];
  const { kind, namespace, name } = inner.ref;
  const message =
    `splits do not nest: ${kind} ${namespace}/${name} counts for those who call ` +
    `${keyOf(service)} itself, and not for this share`;
  return [{ object, severity: "note", code: "split-not-nested", path, message, hint: "" }];
}

function routeFindings(
  object: IntentObject,
  policy: PolicyIntent,
  known: Known,
): readonly CrossFinding[] {
  const routes = known.routes(policy.service);
  if (routes === undefined) return [];
  const parent = { parent: { parent: SPEC, key: "targetRef" }, key: "routes" };
  return policy.routes.flatMap((route, index): CrossFinding[] => {
    if (routes.includes(route)) return [];
    const near = nearest(route, routes);
    return [
      {
        object,
        severity: "warning",
        code: "route-not-found",
        path: { parent, key: index },
        message: `no profile of ${keyOf(policy.service)} has a route ${JSON.stringify(route)}`,
        hint: near === undefined ? "" : `did you mean ${JSON.stringify(near)}?`,
      },
    ];
  });
}

/** The ports of a slice go by the names of the service's ports. */
function slicePortFindings(
  object: IntentObject,
  slice: EndpointSliceIntent,
  known: Known,
): readonly CrossFinding[] {
  const service = known.services.get(keyOf(slice.service));
  if (service === undefined || service.headless) return [];
  const names = service.ports.map((port) => port.name);
  return slice.ports.flatMap((port, index): CrossFinding[] => {
    if (names.includes(port.name)) return [];
    const name = port.name === "" ? "without a name" : `named ${JSON.stringify(port.name)}`;
    const shown = names.map((one) => (one === "" ? "one without a name" : one)).join(", ");
    return [
      {
        object,
        severity: "warning",
        code: "port-not-found",
        path: { parent: { parent: ROOT, key: "ports" }, key: index },
        message: `${keyOf(slice.service)} has no port ${name}`,
        hint: `its ports: ${shown}`,
      },
    ];
  });
}
