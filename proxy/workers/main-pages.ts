/** What the admin port answers where workers serve: what they say, as one proxy's answer. */

import { METRICS_CONTENT_TYPE } from "../../base/metric-text.ts";
import type { Metrics } from "../../base/metrics.ts";
import { isRecord } from "../../base/shape.ts";
import { VERSION } from "../../base/version.ts";
import type { VersionAnswer } from "../../mesh/operator-api.ts";
import type { CheckAnswer } from "../../mesh/self-check.ts";
import { type AdminPage, json, text } from "../admin/admin.ts";
import type { Readiness } from "../admin/readiness.ts";
import type { OwnAnswer } from "../exchange/exchange.ts";
import type { Lifecycle } from "../lifecycle/lifecycle.ts";
import type { DescribedLifecycle } from "../lifecycle/observe-lifecycle.ts";
import type { ProcessControl } from "../lifecycle/successor.ts";
import { foldAnswers, foldChecks } from "./fold-answers.ts";
import { foldMetrics } from "./fold-metrics.ts";

type Connections = DescribedLifecycle["connections"];

export interface MainPageDeps {
  readonly lifecycle: Lifecycle;
  readonly readiness: Readiness;
  readonly control: ProcessControl;
  readonly metrics: Metrics;
  /** The same page of every worker that runs. */
  readonly ask: (path: string, query?: string) => Promise<readonly OwnAnswer[]>;
  readonly drain: () => Promise<void>;
  /** Members of `/config` that the main thread knows best. */
  readonly ownConfig: () => Readonly<Record<string, unknown>>;
}

const version: VersionAnswer = { program: "proxy", version: VERSION };

export function createMainPages(deps: MainPageDeps): readonly AdminPage[] {
  const asked = (path: string, answer: AdminPage["answer"]): AdminPage => {
    return { path, method: "POST", loopbackOnly: true, answer };
  };
  return [
    { path: "/live", loopbackOnly: false, answer: () => text(200, "live\n") },
    { path: "/ready", loopbackOnly: false, answer: () => ready(deps) },
    { path: "/metrics", loopbackOnly: false, answer: () => metricsPage(deps) },
    { path: "/version", loopbackOnly: false, answer: () => json(version) },
    { path: "/config", loopbackOnly: true, answer: () => config(deps) },
    { path: "/explain", loopbackOnly: true, answer: (query) => explain(query, deps) },
    { path: "/check", loopbackOnly: true, answer: () => check(deps) },
    asked("/drain", async () => {
      await deps.drain();
      return await going(deps);
    }),
    asked("/shutdown", async () => {
      const answer = await going(deps);
      deps.control.shutdown();
      return answer;
    }),
    asked("/restart", () => restart(deps)),
  ];
}

/** Ready when all are: a connection may come to any of them. */
async function ready({ readiness, ask }: MainPageDeps): Promise<OwnAnswer> {
  const { problem } = readiness;
  if (problem !== "") return text(503, `not ready: ${problem}\n`);
  const answers = await ask("/ready");
  return answers.find(({ status }) => status !== 200) ?? answers[0] ?? text(503, "no worker\n");
}

async function metricsPage({ metrics, ask }: MainPageDeps): Promise<OwnAnswer> {
  const answers = await ask("/metrics");
  const own = [...metrics.expose()].join("");
  return {
    status: 200,
    fields: `Content-Type: ${METRICS_CONTENT_TYPE}\r\n`,
    body: foldMetrics(
      own,
      answers.map(({ body }) => String(body)),
    ),
  };
}

async function config({ lifecycle: { stage }, ask, ownConfig }: MainPageDeps): Promise<OwnAnswer> {
  const answers = (await ask("/config")).map(parseBody);
  const folded = foldAnswers(answers);
  const workers = answers.map(countConnections);
  // Counts are added up: where each worker had the same, folding would show what one of them has.
  const lifecycle = { stage, connections: addUp(workers), workers };
  return json({ ...(isRecord(folded) ? folded : {}), lifecycle, ...ownConfig() });
}

/** The first worker's explanation, which readers know the shape of, and all where they differ. */
async function explain(query: URLSearchParams, { ask }: MainPageDeps): Promise<OwnAnswer> {
  const answers = await ask("/explain", query.toString());
  const [first] = answers;
  if (first === undefined) return text(503, "no worker\n");
  const failed = answers.find(({ status }) => status !== 200);
  if (failed !== undefined) return failed;
  if (answers.every(({ body }) => String(body) === String(first.body))) return first;
  const all = answers.map(parseBody);
  return json(isRecord(all[0]) ? { ...all[0], workers: all } : all);
}

async function check({ ask }: MainPageDeps): Promise<OwnAnswer> {
  const answers = (await ask("/check")).map(parseBody);
  // Workers are this very program, and made them of this type.
  return json(foldChecks(answers as CheckAnswer[]));
}

async function restart(deps: MainPageDeps): Promise<OwnAnswer> {
  try {
    await deps.control.restart();
    return await going(deps);
  } catch (error) {
    return text(503, `${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** The stage, and callers of all workers together. */
async function going({ lifecycle: { stage }, ask }: MainPageDeps): Promise<OwnAnswer> {
  const answers = (await ask("/config")).map(parseBody);
  return json({ stage, connections: addUp(answers.map(countConnections)) });
}

/** Of one worker's `/config`. */
function countConnections(described: unknown): Connections {
  const lifecycle = isRecord(described) ? described.lifecycle : null;
  const counted = isRecord(lifecycle) ? lifecycle.connections : null;
  if (!isRecord(counted)) return { outbound: 0, inbound: 0 };
  return { outbound: Number(counted.outbound ?? 0), inbound: Number(counted.inbound ?? 0) };
}

function addUp(workers: readonly Connections[]): Connections {
  return {
    outbound: workers.reduce((sum, { outbound }) => sum + outbound, 0),
    inbound: workers.reduce((sum, { inbound }) => sum + inbound, 0),
  };
}

function parseBody({ body }: OwnAnswer): unknown {
  return JSON.parse(String(body));
}
