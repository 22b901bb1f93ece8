/** nginx as a contender, and as the two backends that every contender sends to. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runToEnd } from "../../tools/parts/run-to-end.ts";
import { type Child, startChild } from "./child.ts";
import {
  type Contender,
  type Place,
  POOL_CONNECTIONS_MAX,
  REQUEST_TIMEOUT_S,
  ROUTE_PREFIXES,
  SPLIT_WEIGHTS,
} from "./contender.ts";

const ANSWER_BODY = "0123456789abcdef".repeat(6);

/** What keeps nginx inside its own folder, and its connections open for the whole bench. */
function preamble(folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `  ${kind}_temp_path ${join(folder, `${kind}_temp`)};`)
    .join("\n");
  return `worker_processes 1;
daemon off;
pid ${join(folder, "nginx.pid")};
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
  server_tokens off;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
${temporary}
`;
}

/** One server for each list of addresses, `host:port`, all with the same answer. */
export function createBackendConfig(
  folder: string,
  addresses: readonly (readonly string[])[],
): string {
  const servers = addresses.map(
    (listened) => `  server {
${listened.map((address) => `    listen ${address} backlog=4096;\n`).join("")}    default_type text/plain;
    location / { return 200 "${ANSWER_BODY}"; }
  }
`,
  );
  return `${preamble(folder)}${servers.join("")}}\n`;
}

// The split's key is the cheapest that differs from request to request. nginx stays in front of
// other choices ($request_id costs it a random number of 16 bytes each time).
function proxyConfig(place: Place): string {
  const upstreams = place.backendPorts.map(
    (port, index) => `  upstream v${index + 1} {
    server 127.0.0.1:${port};
    keepalive ${POOL_CONNECTIONS_MAX};
    keepalive_requests 1000000000;
    keepalive_timeout 3600s;
  }
`,
  );
  const locations = [...ROUTE_PREFIXES, "/"].map(
    (prefix) => `    location ${prefix} { proxy_pass http://$version; }\n`,
  );
  return `${preamble(place.folder)}  split_clients "$connection.$connection_requests" $version {
    ${SPLIT_WEIGHTS[0]}% v1;
    * v2;
  }
${upstreams.join("")}  server {
    listen 127.0.0.1:${place.port} backlog=4096;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_read_timeout ${REQUEST_TIMEOUT_S}s;
    proxy_next_upstream error timeout;
    proxy_next_upstream_tries 2;
${locations.join("")}  }
  server {
    listen 127.0.0.1:${place.adminPort};
    location / { stub_status; }
  }
}
`;
}

export function nginxCommand(program: string, folder: string): readonly [string, ...string[]] {
  return [program, "-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")];
}

export async function startBackends(program: string, place: Place): Promise<Child> {
  await mkdir(place.folder, { recursive: true });
  const addresses = place.backendPorts.map((port) => [`127.0.0.1:${port}`]);
  await writeFile(join(place.folder, "nginx.conf"), createBackendConfig(place.folder, addresses));
  return startChild({
    name: "backends",
    core: place.cores.backend,
    command: nginxCommand(program, place.folder),
    logFile: join(place.folder, "log"),
  });
}

export async function createNginx(program: string): Promise<Contender> {
  const printed = await runToEnd([program, "-v"], 5_000);
  return {
    name: "nginx",
    version: /nginx\/([\w.]+)/.exec(printed)?.[1] ?? "unknown",
    prepare: (place) => writeFile(join(place.folder, "nginx.conf"), proxyConfig(place)),
    start: (place) =>
      startChild({
        name: "nginx",
        core: place.cores.proxy,
        command: nginxCommand(program, place.folder),
        logFile: join(place.folder, "log"),
      }),
    release: async () => {},
  };
}
