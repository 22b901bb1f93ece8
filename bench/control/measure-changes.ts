/**
 * From a changed TrafficSplit at the API server to its acknowledgement by every proxy: how long,
 * with a thousand of them, in a cluster of five hundred services.
 */
import { fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { SLOW_POLL_MS, until } from "../../test/harness/until.ts";
import type { OwnApiServer } from "../../test/kubernetes/harness/api-server.ts";
import { OperatorProcess } from "../../test/kubernetes/harness/operator-process.ts";
import { readCost } from "../peers/process-cost.ts";
import { type ClusterSize, fillCluster, namespaceOf, serviceName } from "./cluster.ts";
import type { StubNews, StubOrder } from "./stub-proxies.ts";

export const CHANGES: ClusterSize & { readonly proxyCount: number } = {
  serviceCount: 500,
  endpointsPerService: 10,
  namespaceCount: 20,
  nodeCount: 30,
  hasPods: false,
  proxyCount: 1_000,
};

/** What a proxy uses besides the service that changes. */
const OTHERS_PER_PROXY = 4;
const WARM_COUNT = 5;
/** A person's next edit, and time for status to be written. */
const PAUSE_MS = 250;
const STUBS = fileURLToPath(new URL("./stub-proxies.ts", import.meta.url));
/** The service that changes, and the other one that it is split over. */
export const WATCHED = 0;
export const OTHER_BACKEND = CHANGES.namespaceCount;
export const WATCHED_NAMESPACE = namespaceOf(WATCHED, CHANGES);
const SPLITS = `/apis/heddle.mesh/v1alpha1/namespaces/${WATCHED_NAMESPACE}/trafficsplits`;
export const WATCHED_SPLIT = `${SPLITS}/changing`;

export interface ChangeFigures {
  readonly changeCount: number;
  /** Until the last proxy had acknowledged, one for each change, in order. */
  readonly allMs: readonly number[];
  /** Until each proxy had, over all changes, in order. */
  readonly eachMs: readonly number[];
  /** The same as `allMs`, where kubectl applied: it takes its time to start. */
  readonly kubectlMs: readonly number[];
  readonly operatorCpuMsPerChange: number;
  readonly operatorRssMb: number;
}

export async function measureChanges(
  api: OwnApiServer,
  options: {
    readonly operatorProgram: string;
    readonly changeCount: number;
    readonly kubectlCount: number;
    readonly tell: (line: string) => void;
  },
): Promise<ChangeFigures> {
  const { changeCount, kubectlCount, tell } = options;
  tell(`filling the cluster: ${CHANGES.serviceCount} services`);
  await fillCluster(api, CHANGES);
  await applySplit(api, 0);
  const operator = await startOperator(api, options.operatorProgram);
  tell(`starting ${CHANGES.proxyCount} proxies`);
  const stubs = new Stubs(operator.control);
  try {
    await stubs.next();
    tell(`${changeCount} changes`);
    const eachMs: number[] = [];
    const allMs: number[] = [];
    let cpuNs = 0;
    for (let change = 1; change <= WARM_COUNT + changeCount; change += 1) {
      await sleep(PAUSE_MS);
      const before = readCost(operator.pid).cpuNs;
      const startMs = wallMs();
      const [news] = await Promise.all([stubs.next(), applySplit(api, change)]);
      if (change <= WARM_COUNT) continue;
      cpuNs += readCost(operator.pid).cpuNs - before;
      const tookMs = news.atMs.map((atMs) => atMs - startMs);
      eachMs.push(...tookMs);
      allMs.push(Math.max(...tookMs));
    }
    const kubectlMs: number[] = [];
    for (let change = 1; change <= kubectlCount; change += 1) {
      await sleep(PAUSE_MS);
      const startMs = wallMs();
      const object = split(WARM_COUNT + changeCount + change);
      const [news] = await Promise.all([stubs.next(), api.apply(object)]);
      kubectlMs.push(Math.max(...news.atMs) - startMs);
    }
    await untilCounted(api);
    return {
      changeCount,
      allMs: sorted(allMs),
      eachMs: sorted(eachMs),
      kubectlMs: sorted(kubectlMs),
      operatorCpuMsPerChange: cpuNs / 1e6 / changeCount,
      operatorRssMb: rssMb(operator.pid),
    };
  } finally {
    stubs.stop();
    await operator.stop();
  }
}

class Stubs {
  readonly #child = fork(STUBS, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  #waiting: PromiseWithResolvers<StubNews> | undefined;

  constructor(control: string) {
    const order: StubOrder = { control, namespace: WATCHED_NAMESPACE, keys: keysOfProxies() };
    // Our own child sends nothing else.
    this.#child.on("message", (news) => this.#waiting?.resolve(news as StubNews));
    this.#child.on("exit", () => this.#waiting?.reject(new Error("the stub proxies ended")));
    this.#child.send(order);
  }

  /** When all have acknowledged one revision more. */
  next(): Promise<StubNews> {
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

/** From its sources if no program is named. */
export async function startOperator(api: OwnApiServer, program?: string) {
  await api.client.create("/api/v1/namespaces", { metadata: { name: "heddle" } }, api.signal);
  const kubeconfig = api.adminKubeconfig;
  const operator = await OperatorProcess.start({
    ...{ kubeconfig, namespace: "heddle" },
    ...(program === undefined ? {} : { program }),
  });
  await until(
    () => `the operator is ready: ${operator.log}`,
    () => operator.isReady(),
    SLOW_POLL_MS,
  );
  return operator;
}

export function rssMb(pid: number): number {
  return readCost(pid).residentKb / 1_024;
}

/** What each proxy uses, the watched one first. */
export function keysOfProxies(): readonly (readonly string[])[] {
  return Array.from({ length: CHANGES.proxyCount }, (_, proxy) => [
    keyOf(WATCHED),
    // Spread over the others, so that each has some subscribers.
    ...Array.from({ length: OTHERS_PER_PROXY }, (_, at) =>
      keyOf(1 + ((proxy * OTHERS_PER_PROXY + at) % (CHANGES.serviceCount - 1))),
    ),
  ]);
}

export function keyOf(service: number): string {
  const place = { scheme: "svc", port: 80 } as const;
  const namespace = namespaceOf(service, CHANGES);
  return formatServiceKey({ ...place, namespace, name: serviceName(service) });
}

/** Another one for each number: no two have the same shares. */
export function splitWeights(change: number): readonly [watched: number, other: number] {
  return [1_009 + change, 1_000];
}

function split(change: number): object {
  const [watched, other] = splitWeights(change);
  const backends = [
    { service: serviceName(WATCHED), weight: watched },
    { service: serviceName(OTHER_BACKEND), weight: other },
  ];
  return {
    apiVersion: "heddle.mesh/v1alpha1",
    kind: "TrafficSplit",
    metadata: { namespace: WATCHED_NAMESPACE, name: "changing" },
    spec: { service: serviceName(WATCHED), backends },
  };
}

export async function applySplit(api: OwnApiServer, change: number): Promise<void> {
  await api.client.apply(WATCHED_SPLIT, split(change), "bench", api.signal);
}

/** The cluster says in the end what the stubs said all along. */
async function untilCounted(api: OwnApiServer): Promise<void> {
  const proxies = "-o=jsonpath={.status.proxies}";
  const expected = `${CHANGES.proxyCount}/${CHANGES.proxyCount}`;
  const get = ["get", "trafficsplit", "changing", "-n", WATCHED_NAMESPACE, proxies];
  await until(
    `status says ${expected}`,
    async () => (await api.kubectl(get)).stdout === expected,
    200,
  );
}

function sorted(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
