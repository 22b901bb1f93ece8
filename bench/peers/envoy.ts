/**
 * Envoy as a contender: one worker, weighted clusters, its default statistics, connect failures
 * retried. Its request ids and its own headers are off: nobody else here makes them.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runToEnd } from "../../tools/parts/run-to-end.ts";
import { startChild } from "./child.ts";
import {
  type Contender,
  type Place,
  REQUEST_TIMEOUT_S,
  ROUTE_PREFIXES,
  SPLIT_WEIGHTS,
} from "./contender.ts";

function address(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

function route(prefix: string): object {
  const clusters = SPLIT_WEIGHTS.map((weight, index) => ({ name: `v${index + 1}`, weight }));
  return {
    match: { prefix },
    route: {
      weighted_clusters: { clusters },
      timeout: `${REQUEST_TIMEOUT_S}s`,
      retry_policy: { retry_on: "connect-failure,refused-stream,reset", num_retries: 1 },
    },
  };
}

function cluster(name: string, port: number): object {
  return {
    name,
    type: "STATIC",
    connect_timeout: "5s",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
    },
  };
}

function connectionManager(): object {
  const router = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
  return {
    "@type":
      "type.googleapis.com/envoy.extensions.filters.network." +
      "http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "outbound",
    generate_request_id: false,
    route_config: {
      virtual_hosts: [{ name: "web", domains: ["*"], routes: [...ROUTE_PREFIXES, "/"].map(route) }],
    },
    http_filters: [
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": router, suppress_envoy_headers: true },
      },
    ],
  };
}

function config(place: Place): object {
  const manager = {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: connectionManager(),
  };
  return {
    admin: { address: address(place.adminPort) },
    static_resources: {
      listeners: [
        {
          name: "outbound",
          address: address(place.port),
          tcp_backlog_size: 4096,
          filter_chains: [{ filters: [manager] }],
        },
      ],
      clusters: place.backendPorts.map((port, index) => cluster(`v${index + 1}`, port)),
    },
  };
}

export async function createEnvoy(program: string): Promise<Contender> {
  const printed = await runToEnd([program, "--version"], 10_000);
  return {
    name: "envoy",
    version: /\/(\d+\.\d+\.\d+)/.exec(printed)?.[1] ?? "unknown",
    prepare: (place) =>
      writeFile(join(place.folder, "envoy.json"), JSON.stringify(config(place), undefined, 2)),
    start: (place) =>
      startChild({
        name: "envoy",
        core: place.cores.proxy,
        command: [
          program,
          ...["-c", join(place.folder, "envoy.json")],
          ...["--concurrency", "1", "--use-dynamic-base-id", "--log-level", "error"],
        ],
        logFile: join(place.folder, "log"),
      }),
    release: async () => {},
  };
}
