/** What the admin port answers, page by page. */
import { parseAddress } from "../../base/address.ts";
import type { Clock } from "../../base/clock.ts";
import { METRICS_CONTENT_TYPE } from "../../base/metric-text.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { Timers } from "../../base/timers.ts";
import { VERSION } from "../../base/version.ts";
import type { VersionAnswer } from "../../mesh/operator-api.ts";
import type { CheckAnswer } from "../../mesh/self-check.ts";
import type { OperatorLink } from "../control/client.ts";
import type { Configuration } from "../control/configuration.ts";
import type { OwnAnswer } from "../exchange/exchange.ts";
import { describeLifecycle } from "../lifecycle/observe-lifecycle.ts";
import type { DestinationTable } from "../outbound/destination-table.ts";
import type { Identifier } from "../outbound/identify.ts";
import type { ProxySettings } from "../settings.ts";
import { type AdminPage, json, text } from "./admin.ts";
import { type CheckDeps, checkProxy } from "./check-proxy.ts";
import { describeAddress } from "./describe-address.ts";
import { describeBackend } from "./describe-backend.ts";
import { describeInterception } from "./describe-interception.ts";
import { explainAddress } from "./explain-address.ts";
import { ExplainError, explainRequest } from "./explain-request.ts";
import { createLifecyclePages, type LifecyclePageDeps } from "./lifecycle-pages.ts";
import type { Readiness } from "./readiness.ts";

export interface PageDeps extends LifecyclePageDeps, CheckDeps {
  readonly settings: ProxySettings;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly configuration: Configuration;
  readonly client: OperatorLink | null;
  readonly table: DestinationTable;
  readonly identifier: Identifier;
}

export function createPages(deps: PageDeps): readonly AdminPage[] {
  return [
    { path: "/live", loopbackOnly: false, answer: () => text(200, "live\n") },
    { path: "/ready", loopbackOnly: false, answer: () => ready(deps.readiness) },
    { path: "/metrics", loopbackOnly: false, answer: () => metricsPage(deps) },
    { path: "/version", loopbackOnly: false, answer: () => json(version) },
    { path: "/config", loopbackOnly: true, answer: () => json(describeConfig(deps)) },
    { path: "/explain", loopbackOnly: true, answer: (query) => explainPage(query, deps) },
    { path: "/check", loopbackOnly: true, answer: () => checkPage(deps) },
    ...createLifecyclePages(deps),
  ];
}

const version: VersionAnswer = { program: "proxy", version: VERSION };

function ready(readiness: Readiness): OwnAnswer {
  const { problem } = readiness;
  return problem === "" ? text(200, "ready\n") : text(503, `not ready: ${problem}\n`);
}

/** Gives the loop a turn between chunks, so that a scrape never holds up traffic. */
async function metricsPage({ metrics, timers }: PageDeps): Promise<OwnAnswer> {
  const chunks: string[] = [];
  for (const chunk of metrics.expose()) {
    chunks.push(chunk);
    await new Promise<void>((resolve) => {
      timers.set(0, resolve);
    });
  }
  return {
    status: 200,
    fields: `Content-Type: ${METRICS_CONTENT_TYPE}\r\n`,
    body: chunks.join(""),
  };
}

const EXPLAIN_USAGE =
  "say what: /explain?method=GET&url=http://web/&header=a:b, or /explain?address=10.96.0.1:80\n";

async function explainPage(query: URLSearchParams, deps: PageDeps): Promise<OwnAnswer> {
  const url = query.get("url");
  const method = query.get("method") ?? "GET";
  const question = url === null ? null : { method, url, headers: query.getAll("header") };
  const dialled = query.get("address");
  const address = dialled === null ? undefined : parseAddress(dialled);
  try {
    if (address !== undefined) return json(await explainAddress(address, question, deps));
    if (question === null || dialled !== null) return text(400, EXPLAIN_USAGE);
    return json(await explainRequest(question, deps));
  } catch (error) {
    if (error instanceof ExplainError) return text(400, `${error.message}\n`);
    throw error;
  }
}

/** Asked for, it looks anew: what it found at its start may have changed. */
async function checkPage(deps: PageDeps): Promise<OwnAnswer> {
  const answer: CheckAnswer = { checks: await checkProxy(deps) };
  return json(answer);
}

function describeConfig(deps: PageDeps): unknown {
  const { settings, configuration, client, table, clock } = deps;
  const nowMs = clock.nowMs();
  return {
    proxy: { name: settings.name, namespace: settings.namespace, version: VERSION },
    lifecycle: describeLifecycle(deps.lifecycle),
    interception: describeInterception(deps.interception, nowMs),
    operator: client?.status() ?? null,
    workload: configuration.workload,
    resources: configuration.entries(),
    addresses: [...configuration.addresses].map((held) => describeAddress(held, clock)),
    backends: [...table.backends].map((backend) => describeBackend(backend, nowMs)),
  };
}
