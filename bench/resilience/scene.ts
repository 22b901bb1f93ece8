/** Servers, and a proxy in front of them that chooses by load: Heddle, nginx or Envoy. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "../peers/child.ts";
import { findFreePort, waitUntilAnswers, waitUntilListens } from "../peers/client.ts";
import { HOST, type Place } from "../peers/contender.ts";
import { createHeddle, endpointSlice, service } from "../peers/heddle.ts";
import type { Cores } from "../peers/machine.ts";
import type { ServerSettings } from "./servers.ts";

const SERVERS = fileURLToPath(new URL("servers.ts", import.meta.url));
const START_MS_MAX = 30_000;

export interface Surroundings {
  readonly folder: string;
  readonly cores: Cores;
}

export interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts servers with these settings; their ports. */
export async function startServers(
  settings: readonly Omit<ServerSettings, "port">[],
  { folder, cores }: Surroundings,
): Promise<{ readonly ports: readonly number[]; readonly child: Child }> {
  const placed: ServerSettings[] = [];
  for (const one of settings) placed.push({ ...one, port: await findFreePort() });
  const child = startChild({
    name: "servers",
    core: cores.backend,
    command: [process.execPath, SERVERS, JSON.stringify(placed)],
    logFile: join(folder, "servers.log"),
  });
  for (const { port } of placed) await waitUntilListens(port, child, START_MS_MAX);
  return { ports: placed.map(({ port }) => port), child };
}

/** Heddle with what the profile of the service says. */
export async function startHeddle(
  ports: readonly number[],
  spec: object,
  surroundings: Surroundings,
): Promise<Running> {
  const objects = [
    service("web"),
    ...ports.map((port, index) => endpointSlice("web", String(index), port)),
    {
      apiVersion: "heddle.mesh/v1alpha1",
      kind: "ServiceProfile",
      metadata: { namespace: "bench", name: HOST },
      spec,
    },
  ];
  const contender = createHeddle({ objects });
  const place = await createPlace("heddle", surroundings);
  await contender.prepare(place);
  const child = contender.start(place);
  await waitUntilAnswers(place.port, child, START_MS_MAX);
  return {
    port: place.port,
    stop: async () => {
      await child.stop();
      await contender.release();
    },
  };
}

/** nginx with `least_conn`, the one of its policies that looks at load. */
export async function startNginx(
  program: string,
  ports: readonly number[],
  surroundings: Surroundings,
): Promise<Running> {
  const { folder, port } = await createPlace("nginx", surroundings);
  const file = join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `  ${kind}_temp_path ${join(folder, kind)};`,
  );
  const servers = ports.map((each) => `    server 127.0.0.1:${each};`);
  await writeFile(
    file,
    `worker_processes 1;
daemon off;
pid ${join(folder, "nginx.pid")};
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
${temporary.join("\n")}
  upstream web {
    least_conn;
${servers.join("\n")}
    keepalive 256;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass http://web;
    }
  }
}
`,
  );
  const command = [program, "-p", folder, "-e", "stderr", "-c", file] as const;
  return startPlain("nginx", command, port, folder, surroundings);
}

/** Envoy with `LEAST_REQUEST`. */
export async function startEnvoy(
  program: string,
  ports: readonly number[],
  surroundings: Surroundings,
): Promise<Running> {
  const { folder, port } = await createPlace("envoy", surroundings);
  const file = join(folder, "envoy.json");
  await writeFile(file, JSON.stringify(envoyConfig(port, ports)));
  const command = [
    program,
    ...["-c", file, "--concurrency", "1", "--use-dynamic-base-id", "--log-level", "error"],
  ] as const;
  return startPlain("envoy", command, port, folder, surroundings);
}

async function createPlace(name: string, { folder, cores }: Surroundings): Promise<Place> {
  const own = join(folder, `${name}-${await findFreePort()}`);
  await mkdir(own, { recursive: true });
  const [port, adminPort] = [await findFreePort(), await findFreePort()];
  return { folder: own, port, adminPort, backendPorts: [0, 0], cores };
}

async function startPlain(
  name: string,
  command: readonly [string, ...string[]],
  port: number,
  folder: string,
  { cores }: Surroundings,
): Promise<Running> {
  const logFile = join(folder, "log");
  const child = startChild({ name, core: cores.proxy, command, logFile });
  await waitUntilAnswers(port, child, START_MS_MAX);
  return { port, stop: () => child.stop() };
}

function envoyAddress(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}

function envoyConfig(port: number, ports: readonly number[]): object {
  const type = "type.googleapis.com/envoy.extensions.filters";
  const manager = {
    "@type": `${type}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "outbound",
    route_config: {
      virtual_hosts: [
        {
          name: "web",
          domains: ["*"],
          routes: [{ match: { prefix: "/" }, route: { cluster: "web" } }],
        },
      ],
    },
    http_filters: [
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": `${type}.http.router.v3.Router` },
      },
    ],
  };
  const endpoints = ports.map((each) => ({ endpoint: { address: envoyAddress(each) } }));
  return {
    static_resources: {
      listeners: [
        {
          name: "outbound",
          address: envoyAddress(port),
          filter_chains: [
            {
              filters: [
                { name: "envoy.filters.network.http_connection_manager", typed_config: manager },
              ],
            },
          ],
        },
      ],
      clusters: [
        {
          name: "web",
          type: "STATIC",
          lb_policy: "LEAST_REQUEST",
          load_assignment: { cluster_name: "web", endpoints: [{ lb_endpoints: endpoints }] },
        },
      ],
    },
  };
}
