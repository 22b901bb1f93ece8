/** Every CEL rule of our kinds, found in the schemas, and for each what breaks it and no other. */
import { isRecord } from "../../../base/shape.ts";

export interface CelRule {
  readonly kind: string;
  /** Where it stands and what it says: the key in `BROKEN`. */
  readonly at: string;
  readonly message: string;
}

/** Of each kind the least that is accepted. */
export const SMALLEST: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ServiceProfile: {},
  TrafficSplit: { service: "web", backends: [{ service: "web-v1", weight: 1 }] },
  RetryPolicy: { targetRef: { kind: "Service", name: "web" } },
};

const STATUS_RANGE = "spec.routes[].responseClasses[].condition.status";
const BOTH_PATHS = { path: "/a", pathPrefix: "/a" };

/** Specs by the rule that each breaks. */
export const BROKEN: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "ServiceProfile spec.routes[]: give timeout or timeouts.request, not both": route({
    timeout: "1s",
    timeouts: { request: "1s" },
  }),
  [`ServiceProfile ${STATUS_RANGE}: give min, max or both, and min not above max`]: route({
    responseClasses: [{ condition: { status: { min: 500, max: 400 } } }],
  }),
  "ServiceProfile spec.routes[].mirror: give either share or match": route({
    mirror: { service: "dark" },
  }),
  "ServiceProfile spec.routes[].rewrite: give path or pathPrefix, not both": route({
    rewrite: BOTH_PATHS,
  }),
  "ServiceProfile spec.routes[].redirect: give path or pathPrefix, not both": route({
    redirect: BOTH_PATHS,
  }),
  "TrafficSplit spec: a backend is listed twice": {
    service: "web",
    backends: [
      { service: "web-v1", weight: 1 },
      { service: "web-v1", weight: 2 },
    ],
  },
  "RetryPolicy spec.backoff: base is above max": {
    ...SMALLEST.RetryPolicy,
    backoff: { base: "2s", max: "1s" },
  },
  "RetryPolicy spec.hedge: give either after or percentile": {
    ...SMALLEST.RetryPolicy,
    hedge: { after: "1s", percentile: 95 },
  },
};

function route(fields: object): Readonly<Record<string, unknown>> {
  return { routes: [{ name: "all", condition: { method: "GET" }, ...fields }] };
}

/** All rules below a definition's spec, in the order of the schema. */
export function celRules(kind: string, definition: unknown): readonly CelRule[] {
  const rules: CelRule[] = [];
  const walk = (schema: unknown, path: readonly string[]): void => {
    if (!isRecord(schema)) return;
    const own: unknown = schema["x-kubernetes-validations"];
    for (const one of Array.isArray(own) ? own.filter(isRecord) : []) {
      const message = String(one.message);
      rules.push({ kind, at: `${kind} ${path.join("")}: ${message}`, message });
    }
    walk(schema.items, [...path, "[]"]);
    walk(schema.additionalProperties, [...path, ".*"]);
    for (const [name, inner] of Object.entries(Object(schema.properties))) {
      walk(inner, [...path, `.${name}`]);
    }
  };
  walk(specSchema(definition), ["spec"]);
  return rules;
}

function specSchema(definition: unknown): unknown {
  const spec = isRecord(definition) && isRecord(definition.spec) ? definition.spec : {};
  const [version] = Array.isArray(spec.versions) ? spec.versions : [];
  const schema: unknown = isRecord(version) ? version.schema : undefined;
  const root = isRecord(schema) ? schema.openAPIV3Schema : undefined;
  return isRecord(root) && isRecord(root.properties) ? root.properties.spec : undefined;
}
