/**
 * Heddle as a contender: the built operator with a folder of YAML, and the built proxy that
 * streams its configuration from it. The proxy alone is measured.
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../base/version.ts";
import { type Child, startChild } from "./child.ts";
import { findFreePort, waitUntilListens } from "./client.ts";
import { type Contender, type Place, ROUTE_PREFIXES, SPLIT_WEIGHTS } from "./contender.ts";

/** The contender that has everything configured. */
export const EVERYTHING = "heddle-all";

/** The bundles of this checkout. */
export const OWN_BUNDLES = fileURLToPath(new URL("../../dist/", import.meta.url));
const OPERATOR_START_MS_MAX = 10_000;

/** True when `make build` has been run for that folder. */
export function isHeddleBuilt(dist: string): boolean {
  return ["proxy.js", "operator.js"].every((file) => existsSync(join(dist, file)));
}

export function service(name: string): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "bench" },
    spec: { ports: [{ name: "http", port: 80 }] },
  };
}

export function endpointSlice(
  name: string,
  suffix: string,
  port: number,
  addresses: readonly string[] = ["127.0.0.1"],
): object {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${name}-${suffix}`,
      namespace: "bench",
      labels: { "kubernetes.io/service-name": name },
    },
    addressType: "IPv4",
    ports: [{ name: "http", port, protocol: "TCP" }],
    endpoints: addresses.map((address) => ({
      addresses: [address],
      conditions: { ready: true },
    })),
  };
}

/** What every route does once all that there is has been asked for: each thing at every request. */
const EVERYTHING_OF_A_ROUTE = {
  timeouts: { request: "10s", response: "5s" },
  isRetryable: true,
  mirror: { service: "web-v2", share: 0.01, compare: true },
  headers: {
    request: { set: [{ name: "x-mesh", value: "heddle" }], remove: ["x-secret"] },
    response: { remove: ["x-powered-by"] },
  },
  rewrite: { pathPrefix: "/all/" },
  faults: { delay: { share: 0.0001, min: "1ms" } },
} as const;

const EVERYTHING_OF_A_SERVICE = {
  circuitBreaker: { consecutiveFailures: 7, successRate: { threshold: 0.5 } },
  concurrency: { limit: 10_000, adaptive: true, queue: { length: 1_000, timeout: "1s" } },
  loadBalancer: { slowStart: "10s" },
} as const;

const RETRY_POLICY = {
  apiVersion: "heddle.mesh/v1alpha1",
  kind: "RetryPolicy",
  metadata: { namespace: "bench", name: "web" },
  spec: {
    targetRef: { kind: "Service", name: "web" },
    maxRetries: 2,
    retryOn: ["5xx", "reset", "connect-failure", "per-try-timeout"],
    perTryTimeout: "2s",
    hedge: { after: "1s" },
    budget: { ratio: 0.2, minRetriesPerSecond: 10, ttl: "10s" },
  },
} as const;

/**
 * Ten routes, nine of them written and the default one, and a split; with `everything` also all
 * that a proxy can do for its callers. Rates are for the other side. One document an object.
 */
export function contenderObjects(
  backendPorts: readonly [number, number],
  everything: boolean,
): readonly object[] {
  const metadata = { namespace: "bench" };
  const names = ["web-v1", "web-v2"];
  return [
    service("web"),
    endpointSlice("web", "a", backendPorts[0]),
    ...names.map(service),
    ...names.map((name, index) => endpointSlice(name, "a", backendPorts[index] ?? 0)),
    {
      apiVersion: "heddle.mesh/v1alpha1",
      kind: "ServiceProfile",
      metadata: { ...metadata, name: "web.bench.svc.cluster.local" },
      spec: {
        routes: ROUTE_PREFIXES.map((pathPrefix, index) => ({
          name: `r${index}`,
          condition: { pathPrefix },
          ...(everything ? EVERYTHING_OF_A_ROUTE : {}),
        })),
        ...(everything ? EVERYTHING_OF_A_SERVICE : {}),
      },
    },
    {
      apiVersion: "heddle.mesh/v1alpha1",
      kind: "TrafficSplit",
      metadata: { ...metadata, name: "web" },
      spec: {
        service: "web",
        backends: names.map((name, index) => ({ service: name, weight: SPLIT_WEIGHTS[index] })),
      },
    },
    ...(everything ? [RETRY_POLICY] : []),
  ];
}

export interface HeddleOptions {
  readonly name?: string;
  /** May belong to another checkout: that is how a change is measured against its base. */
  readonly dist?: string;
  /** For the proxy's Node: a probe to load first, for instance. */
  readonly nodeFlags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** With all that a proxy can do for its callers. */
  readonly everything?: boolean;
  /** In place of the ten routes and the split: one document an object. */
  readonly objects?: readonly object[];
  /** More for the proxy's command line. */
  readonly flags?: readonly string[];
}

/** The folder that the operator of this place reads. */
export function manifestFolder(place: Place): string {
  return join(place.folder, "mesh");
}

export function createHeddle(options: HeddleOptions = {}): Contender {
  const { name = "heddle", dist = OWN_BUNDLES, nodeFlags = [], env = {} } = options;
  const { everything = false, flags = [] } = options;
  let operator: Child | undefined;
  let controlPort = 0;
  return {
    name,
    version: VERSION,
    prepare: async (place) => {
      controlPort = await findFreePort();
      const manifests = manifestFolder(place);
      await mkdir(manifests, { recursive: true });
      const text = (options.objects ?? contenderObjects(place.backendPorts, everything))
        .map((one) => JSON.stringify(one))
        .join("\n---\n");
      await writeFile(join(manifests, "mesh.yaml"), `${text}\n`);
      operator = startChild({
        name: "operator",
        core: place.cores.load,
        command: [
          process.execPath,
          join(dist, "operator.js"),
          manifests,
          ...["--control", `127.0.0.1:${controlPort}`],
          ...["--operator-admin", `127.0.0.1:${await findFreePort()}`],
          ...["--state", join(place.folder, "state")],
        ],
        logFile: join(place.folder, "operator.log"),
      });
      await waitUntilListens(controlPort, operator, OPERATOR_START_MS_MAX);
    },
    start: (place) =>
      startChild({
        name,
        core: place.cores.proxy,
        command: [
          process.execPath,
          ...nodeFlags,
          join(dist, "proxy.js"),
          ...["--operator", `ws://127.0.0.1:${controlPort}`, "--namespace", "bench"],
          ...["--outbound", `127.0.0.1:${place.port}`, "--admin", `127.0.0.1:${place.adminPort}`],
          ...flags,
        ],
        env,
        logFile: join(place.folder, "log"),
      }),
    release: async () => {
      await operator?.stop();
      operator = undefined;
    },
  };
}
