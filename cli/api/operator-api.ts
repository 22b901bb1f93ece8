/** The operator's admin API, as the verbs use it. Shapes: `mesh/operator-api.ts`. */
import type { Address } from "../../base/address.ts";
import type {
  AddressEntry,
  AddressesAnswer,
  InjectionAnswer,
  InjectionEntry,
  ObjectEntry,
  ObjectsAnswer,
  ProblemsAnswer,
  ProxiesAnswer,
  ResourceAnswer,
  ResourceEntry,
  ServiceEntry,
  ServicePortEntry,
  ServicesAnswer,
  SessionEntry,
  SessionsAnswer,
  StatEntry,
  StatsAnswer,
} from "../../mesh/operator-api.ts";
import { PORT_PROTOCOLS } from "../../mesh/port-protocol.ts";
import type { Problem } from "../../mesh/problem.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import { isServiceKey } from "../../mesh/service-key.ts";
import { RESOURCE_TYPES } from "../../mesh/snapshot.ts";
import type { Condition, Reason } from "../../mesh/status.ts";
import type { Answer } from "./answer.ts";
import { ask, askText, type Peer } from "./ask.ts";
import type { HttpGet } from "./http.ts";

export interface ObjectsQuery {
  /** A kind as written in manifests: `TrafficSplit`. */
  readonly kind: string | undefined;
  readonly namespace: string | undefined;
  /** Who asks looks at no other: an operator may answer with all of the kind. */
  readonly name?: string;
}

/** What an operator can be asked, wherever it is, and however many replicas it has. */
export interface OperatorQueries {
  objects(query: ObjectsQuery): Promise<ObjectsAnswer>;
  problems(): Promise<ProblemsAnswer>;
  services(namespace: string | undefined): Promise<ServicesAnswer>;
  proxies(): Promise<ProxiesAnswer>;
  addresses(namespace: string | undefined, wanted: readonly string[]): Promise<AddressesAnswer>;
  stats(windowMs: number, by: StatGrouping): Promise<StatsAnswer>;
  sessions(pod: { readonly namespace: string; readonly name: string }): Promise<SessionsAnswer>;
  resource(query: ResourceQuery): Promise<ResourceAnswer>;
  /** Prometheus text; of the one that leads, where there are several. */
  metrics(): Promise<string>;
}

export interface ResourceQuery {
  readonly type: "destination" | "endpoints";
  readonly key: string;
  /** Of the client. */
  readonly namespace: string;
}

export type StatGrouping = "service" | "route" | "backend";

/** One operator. */
export class OperatorApi implements OperatorQueries {
  readonly #get: HttpGet;
  readonly #peer: Peer;

  /** `place` where it is asked through a cluster: `in pod heddle/heddle-operator-0`. */
  constructor(get: HttpGet, address: Address, place?: string) {
    this.#get = get;
    const peer: Peer = { name: "the operator", flag: "--operator-admin", address };
    this.#peer = place === undefined ? peer : { ...peer, place };
  }

  objects(query: ObjectsQuery): Promise<ObjectsAnswer> {
    const { kind, namespace } = query;
    return this.#ask(withQuery("/objects", { kind, namespace }), (answer) => ({
      objects: answer.list("objects", readObject),
    }));
  }

  problems(): Promise<ProblemsAnswer> {
    return this.#ask("/problems", (answer) => ({ problems: answer.list("problems", readProblem) }));
  }

  services(namespace: string | undefined): Promise<ServicesAnswer> {
    return this.#ask(withQuery("/services", { namespace }), (answer) => ({
      services: answer.list("services", readService),
    }));
  }

  proxies(): Promise<ProxiesAnswer> {
    return this.#ask("/proxies", (answer) => ({
      proxies: answer.list("proxies", (proxy) => ({
        id: proxy.text("id"),
        name: proxy.text("name"),
        version: proxy.textOr("version", ""),
        namespace: proxy.textOr("namespace", ""),
        remote: proxy.textOr("remote", ""),
        connectedAt: proxy.textOr("connectedAt", ""),
        resources: proxy.numberOr("resources", 0),
        current: proxy.numberOr("current", 0),
        refused: proxy.listOrEmpty("refused", (one) => ({
          type: one.text("type"),
          key: one.text("key"),
          reason: one.text("reason"),
        })),
      })),
    }));
  }

  addresses(namespace: string | undefined, wanted: readonly string[]): Promise<AddressesAnswer> {
    const path = withQuery("/addresses", { namespace });
    const parts = wanted.map((one) => `address=${encodeURIComponent(one)}`);
    const query =
      parts.length === 0 ? "" : `${namespace === undefined ? "?" : "&"}${parts.join("&")}`;
    return this.#ask(`${path}${query}`, (answer) => ({
      addresses: answer.list("addresses", readAddress),
      total: answer.numberOr("total", 0),
    }));
  }

  stats(windowMs: number, by: StatGrouping): Promise<StatsAnswer> {
    const path = withQuery("/stats", { window: String(windowMs / 1000), by });
    return this.#ask(path, (answer) => ({
      windowMs: answer.numberOr("windowMs", windowMs),
      rows: answer.list("rows", readStat),
    }));
  }

  sessions(pod: { readonly namespace: string; readonly name: string }): Promise<SessionsAnswer> {
    const { namespace, name } = pod;
    return this.#ask(withQuery("/sessions", { namespace, name }), (answer) => ({
      sessions: answer.list("sessions", readSession),
    }));
  }

  resource({ type, key, namespace }: ResourceQuery): Promise<ResourceAnswer> {
    return this.#ask(withQuery("/resource", { type, key, namespace }), (answer) => {
      const found = answer.objectOrNull("resource");
      return { resource: found === null ? null : readResource(found) };
    });
  }

  version(): Promise<string> {
    return this.#ask("/version", (answer) => answer.text("version"));
  }

  /** Only where it reads a cluster. */
  injection(): Promise<InjectionAnswer> {
    return this.#ask("/injection", (answer) => ({
      uninjected: answer.list("uninjected", readInjection),
      uninjectedTotal: answer.number("uninjectedTotal"),
      outdated: answer.list("outdated", readInjection),
      outdatedTotal: answer.number("outdatedTotal"),
    }));
  }

  async metrics(): Promise<string> {
    return await askText({ get: this.#get }, this.#peer, "/metrics");
  }

  #ask<T>(path: string, read: (answer: Answer) => T): Promise<T> {
    return ask({ get: this.#get }, this.#peer, path, read);
  }
}

function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parts.push(`${name}=${encodeURIComponent(value)}`);
  }
  return parts.length === 0 ? path : `${path}?${parts.join("&")}`;
}

function readAddress(answer: Answer): AddressEntry {
  return {
    address: answer.text("address"),
    kind: answer.word("kind", ["service", "endpoint"]),
    // Only shown.
    service: answer.text("service") as ServiceKey,
    protocol: answer.word("protocol", PORT_PROTOCOLS),
    state: answer.has("state")
      ? answer.word("state", ["ready", "serving", "terminating", "not-ready"])
      : null,
    zone: answer.textOr("zone", ""),
    node: answer.textOr("node", ""),
  };
}

function readObject(answer: Answer): ObjectEntry {
  const ref = answer.object("ref");
  return {
    ref: {
      group: ref.textOr("group", ""),
      kind: ref.text("kind"),
      namespace: ref.textOr("namespace", ""),
      name: ref.text("name"),
      generation: ref.numberOr("generation", 0),
    },
    apiVersion: answer.textOr("apiVersion", ""),
    service: answer.textOr("service", ""),
    createdAt: answer.textOr("createdAt", ""),
    location: answer.textOr("location", ""),
    proxies: answer.textOr("proxies", ""),
    summary: answer.textOr("summary", ""),
    conditions: answer.listOrEmpty("conditions", readCondition),
    problems: answer.listOrEmpty("problems", readProblem),
  };
}

export function readCondition(answer: Answer): Condition {
  return {
    type: answer.word("type", ["Accepted", "ResolvedRefs", "Conflicted", "Programmed"]),
    status: answer.word("status", ["True", "False", "Unknown"]),
    // Only shown. A newer operator may know reasons that this version does not.
    reason: answer.text("reason") as Reason,
    message: answer.textOr("message", ""),
    observedGeneration: answer.numberOr("observedGeneration", 0),
    lastTransitionTime: answer.textOr("lastTransitionTime", ""),
  };
}

function readProblem(answer: Answer): Problem {
  return {
    severity: answer.word("severity", ["error", "warning", "note"]),
    code: answer.textOr("code", ""),
    file: answer.textOr("file", ""),
    line: answer.numberOr("line", 0),
    column: answer.numberOr("column", 0),
    object: answer.textOr("object", ""),
    field: answer.textOr("field", ""),
    message: answer.text("message"),
    hint: answer.textOr("hint", ""),
  };
}

function readService(answer: Answer): ServiceEntry {
  return {
    namespace: answer.text("namespace"),
    name: answer.text("name"),
    createdAt: answer.textOr("createdAt", ""),
    ports: answer.listOrEmpty("ports", readServicePort),
  };
}

function readServicePort(answer: Answer): ServicePortEntry {
  return {
    key: readKey(answer, "key"),
    port: answer.number("port"),
    name: answer.textOr("name", ""),
    endpointsReady: answer.numberOr("endpointsReady", 0),
    endpointsTotal: answer.numberOr("endpointsTotal", 0),
    routes: answer.texts("routes"),
    backends: answer.listOrEmpty("backends", (backend) => ({
      service: readKey(backend, "service"),
      weight: backend.number("weight"),
    })),
    revision: answer.textOr("revision", ""),
  };
}

function readStat(answer: Answer): StatEntry {
  const service = answer.text("service");
  const backend = answer.textOr("backend", "");
  return {
    direction: answer.word("direction", ["outbound", "inbound"]),
    service: isServiceKey(service) ? service : "other",
    route: answer.textOr("route", ""),
    backend: isServiceKey(backend) ? backend : "",
    requests: answer.number("requests"),
    successes: answer.number("successes"),
    retries: answer.numberOr("retries", 0),
    rps: answer.number("rps"),
    p50Ms: answer.numberOrNull("p50Ms"),
    p95Ms: answer.numberOrNull("p95Ms"),
    p99Ms: answer.numberOrNull("p99Ms"),
    latency: answer.numbersOrEmpty("latency"),
  };
}

function readKey(answer: Answer, name: string): ServiceKey {
  const text = answer.text(name);
  // Only shown and compared; a key of another form than today's is still a name.
  return isServiceKey(text) ? text : (text as ServiceKey);
}

function readInjection(answer: Answer): InjectionEntry {
  return {
    namespace: answer.text("namespace"),
    pod: answer.text("pod"),
    owner: answer.textOr("owner", ""),
    version: answer.textOr("version", ""),
    reason: answer.textOr("reason", ""),
    detail: answer.textOr("detail", ""),
    mend: answer.textOr("mend", ""),
  };
}

function readSession(answer: Answer): SessionEntry {
  return {
    id: answer.text("id"),
    name: answer.text("name"),
    namespace: answer.textOr("namespace", ""),
    version: answer.textOr("version", ""),
    isOwn: answer.flagOr("isOwn", true),
    resources: answer.listOrEmpty("resources", (one) => ({
      type: one.word("type", RESOURCE_TYPES),
      key: one.text("key"),
      held: one.has("held") ? one.text("held") : null,
      current: one.has("current") ? one.text("current") : null,
      refused: one.textOr("refused", ""),
      missing: one.texts("missing"),
    })),
  };
}

function readResource(answer: Answer): ResourceEntry {
  return {
    type: answer.word("type", RESOURCE_TYPES),
    key: answer.text("key"),
    revision: answer.text("revision"),
    objects: answer.listOrEmpty("objects", (ref) => ({
      group: ref.textOr("group", ""),
      kind: ref.text("kind"),
      namespace: ref.textOr("namespace", ""),
      name: ref.text("name"),
      generation: ref.numberOr("generation", 0),
    })),
    body: answer.object("body").raw,
  };
}
