/** HAProxy as a contender: one thread, a backend per route so that each has its own statistics. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runToEnd } from "../../tools/parts/run-to-end.ts";
import { startChild } from "./child.ts";
import {
  type Contender,
  type Place,
  POOL_CONNECTIONS_MAX,
  REQUEST_TIMEOUT_S,
  ROUTE_PREFIXES,
  SPLIT_WEIGHTS,
} from "./contender.ts";

function config(place: Place): string {
  const rules = ROUTE_PREFIXES.map(
    (prefix, index) => `  use_backend r${index} if { path_beg ${prefix} }`,
  );
  const backends = [...ROUTE_PREFIXES.map((_, index) => `r${index}`), "rest"].map((name) => {
    const servers = place.backendPorts.map(
      (port, index) =>
        `  server v${index + 1} 127.0.0.1:${port} weight ${SPLIT_WEIGHTS[index]} ` +
        `pool-max-conn ${POOL_CONNECTIONS_MAX}`,
    );
    return `backend ${name}\n  balance roundrobin\n  http-reuse always\n${servers.join("\n")}\n`;
  });
  return `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  retries 1
  option redispatch
  timeout connect 5s
  timeout client 3600s
  timeout http-keep-alive 3600s
  timeout server ${REQUEST_TIMEOUT_S}s
  no log
frontend statistics
  bind 127.0.0.1:${place.adminPort}
  stats enable
  stats uri /
frontend outbound
  bind 127.0.0.1:${place.port} backlog 4096
${rules.join("\n")}
  default_backend rest
${backends.join("")}`;
}

export async function createHaproxy(program: string): Promise<Contender> {
  const printed = await runToEnd([program, "-v"], 5_000);
  return {
    name: "haproxy",
    version: /version ([\d.]+)/.exec(printed)?.[1] ?? "unknown",
    prepare: (place) => writeFile(join(place.folder, "haproxy.cfg"), config(place)),
    start: (place) =>
      startChild({
        name: "haproxy",
        core: place.cores.proxy,
        command: [program, "-db", "-f", join(place.folder, "haproxy.cfg")],
        logFile: join(place.folder, "log"),
      }),
    release: async () => {},
  };
}
