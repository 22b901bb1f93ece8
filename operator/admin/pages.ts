/** What the admin port answers, path by path. The shapes stand in `mesh/operator-api.ts`. */
import type { Metrics } from "../../base/metrics.ts";
import { formatTimestamp } from "../../base/timestamp.ts";
import { VERSION } from "../../base/version.ts";
import type {
  ObjectEntry,
  ObjectsAnswer,
  ProblemsAnswer,
  ProxiesAnswer,
  ProxyEntry,
  ServicesAnswer,
  StatsAnswer,
  VersionAnswer,
} from "../../mesh/operator-api.ts";
import type { Problem } from "../../mesh/problem.ts";
import type { ResourceStore } from "../index/resource-store.ts";
import type { InjectionBook } from "../injection/injection-book.ts";
import { describeInjection } from "../injection/observe-injection.ts";
import type { ObjectSource } from "../sources/object-source.ts";
import { STAT_WINDOW_MAX_MS, type StatGrouping, type StatStore } from "../stats/stat-store.ts";
import type { ProgrammedTable, SessionState } from "../status/programmed-table.ts";
import type { StatusBook, StatusEntry } from "../status/status-book.ts";
import { type AdminAnswer, AdminError, type AdminPage, json, text } from "./admin-server.ts";
import { describeAddresses } from "./describe-addresses.ts";
import { describeResource } from "./describe-resource.ts";
import { describeServices } from "./describe-services.ts";
import { describeSessions } from "./describe-sessions.ts";

export interface PagesOptions {
  readonly objects: ObjectSource;
  readonly status: StatusBook;
  readonly store: ResourceStore;
  readonly programmed: ProgrammedTable;
  readonly stats: StatStore;
  readonly metrics: Metrics;
  /** Only of a cluster. */
  readonly kubernetes?: { readonly injection: InjectionBook } | undefined;
  /** Whether this operator is about to stop: proxies should ask another one. */
  readonly isLeaving: () => boolean;
  /** Why proxies cannot be served although the objects have been read; empty when they can. */
  readonly notReady?: () => string;
}

export function createPages(options: PagesOptions): ReadonlyMap<string, AdminPage> {
  const { objects, status, store, programmed, stats, metrics, kubernetes } = options;
  return new Map<string, AdminPage>([
    ["/live", () => text(200, "live\n")],
    [
      "/ready",
      () => {
        if (options.isLeaving()) return text(503, "about to stop\n");
        return answerReady(store.synced, objects.problems(), options.notReady?.() ?? "");
      },
    ],
    [
      "/metrics",
      () => ({
        status: 200,
        contentType: "text/plain; version=0.0.4; charset=utf-8",
        body: metrics.expose(),
      }),
    ],
    ["/objects", (query) => json(answerObjects(status, query))],
    ["/problems", () => json({ problems: objects.problems() } satisfies ProblemsAnswer)],
    [
      "/services",
      (query) => {
        const services = describeServices(objects, store, query.get("namespace"));
        return json({ services } satisfies ServicesAnswer);
      },
    ],
    [
      "/addresses",
      (query) => {
        const wanted = query.getAll("address");
        return json(describeAddresses(store.addresses, query.get("namespace"), wanted));
      },
    ],
    ...injectionPage(kubernetes?.injection),
    ["/proxies", () => json(answerProxies(programmed))],
    ["/sessions", (query) => json(describeSessions(programmed, store, query))],
    ["/resource", (query) => json(describeResource(store, query))],
    ["/stats", (query) => json(answerStats(stats, query))],
    ["/version", () => json({ program: "operator", version: VERSION } satisfies VersionAnswer)],
  ]);
}

/** What is not read is told either way: without a kind of the mesh the rest is served. */
function answerReady(synced: boolean, problems: readonly Problem[], notReady: string): AdminAnswer {
  if (synced && notReady !== "") return text(503, `${notReady}\n`);
  const unread = problems
    .filter(({ code }) => code === "forbidden" || code === "not-read")
    .map(({ object, message }) => `${object}: ${message}\n`);
  const first = synced ? "ready\n" : "still reading the objects\n";
  return text(synced ? 200 : 503, [first, ...unread].join(""));
}

function injectionPage(book: InjectionBook | undefined): readonly [string, AdminPage][] {
  if (book === undefined) return [];
  return [["/injection", (query) => json(describeInjection(book, query.get("namespace")))]];
}

function answerObjects(status: StatusBook, query: URLSearchParams): ObjectsAnswer {
  const kind = query.get("kind")?.toLowerCase();
  const namespace = query.get("namespace");
  const objects: ObjectEntry[] = [];
  for (const entry of status.list()) {
    if (kind !== undefined && entry.ref.kind.toLowerCase() !== kind) continue;
    if (namespace !== null && entry.ref.namespace !== namespace) continue;
    objects.push(toObjectEntry(entry));
  }
  return { objects };
}

function toObjectEntry({ id: _id, ...entry }: StatusEntry): ObjectEntry {
  return entry;
}

function answerProxies(programmed: ProgrammedTable): ProxiesAnswer {
  const proxies = [...programmed.sessions()].map((session) => toProxyEntry(session, programmed));
  return { proxies: proxies.sort((a, b) => (proxyKey(a) < proxyKey(b) ? -1 : 1)) };
}

function proxyKey({ namespace, name, id }: ProxyEntry): string {
  return `${namespace}/${name}/${id}`;
}

function toProxyEntry(session: SessionState, programmed: ProgrammedTable): ProxyEntry {
  const { info, resources, openedAtWallMs } = session;
  const states = [...resources.values()];
  return {
    id: info.id,
    name: info.proxyName,
    version: info.proxyVersion,
    namespace: info.namespace,
    identity: info.identity,
    remote: info.remote,
    connectedAt: formatTimestamp(openedAtWallMs),
    resources: states.length,
    current: states.filter((state) => programmed.isCurrent(session, state)).length,
    refused: states.flatMap(({ name, refused }) =>
      refused === null ? [] : [{ type: name.type, key: name.key, reason: refused.reason }],
    ),
  };
}

const GROUPINGS: readonly StatGrouping[] = ["service", "route", "backend"];
const WINDOW_DEFAULT_S = 60;

function answerStats(stats: StatStore, query: URLSearchParams): StatsAnswer {
  const windowText = query.get("window") ?? String(WINDOW_DEFAULT_S);
  const windowMs = Number(windowText) * 1000;
  if (!(windowMs > 0 && windowMs <= STAT_WINDOW_MAX_MS)) {
    const most = STAT_WINDOW_MAX_MS / 1000;
    throw new AdminError(400, `window is a number of seconds above 0 and up to ${most}`);
  }
  const wanted = query.get("by") ?? "route";
  const grouping = GROUPINGS.find((one) => one === wanted);
  if (grouping === undefined) throw new AdminError(400, `by is one of ${GROUPINGS.join(", ")}`);
  return stats.query(windowMs, grouping);
}
