/** What carries TCP from one port to another in this bench, each as one process on one core. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "../peers/child.ts";
import { findFreePort, waitUntilListens } from "../peers/client.ts";
import type { Cores } from "../peers/machine.ts";

const START_MS_MAX = 10_000;
const TUNNEL = fileURLToPath(new URL("tunnel-proxy.ts", import.meta.url));
const FLOOD = fileURLToPath(new URL("flood.ts", import.meta.url));

export interface TcpContender {
  readonly name: string;
  readonly port: number;
  readonly child: Child;
}

export interface Place {
  readonly folder: string;
  readonly cores: Cores;
}

export async function startServer({ folder, cores }: Place): Promise<TcpContender> {
  const port = await findFreePort();
  const child = startChild({
    name: "server",
    core: cores.load,
    command: [process.execPath, FLOOD, "serve", String(port)],
    logFile: join(folder, "server.log"),
  });
  await waitUntilListens(port, child, START_MS_MAX);
  return { name: "server", port, child };
}

/** Leaves its connections open until it is stopped. */
export function startHolder(
  port: number,
  count: number,
  how: "idle" | "stuck",
  { folder, cores }: Place,
): Child {
  return startChild({
    name: "holder",
    core: cores.load,
    command: [process.execPath, FLOOD, "hold", String(port), String(count), how],
    logFile: join(folder, `held-${port}-${how}.log`),
  });
}

export function loadCommand(
  port: number,
  count: number,
  seconds: number,
  way: "down" | "up",
  { cores }: Place,
): readonly [string, ...string[]] {
  const pinned = ["-c", String(cores.load), process.execPath, FLOOD, "load"];
  return ["taskset", ...pinned, String(port), String(count), String(seconds), way];
}

export function startHeddle(target: number, place: Place): Promise<TcpContender> {
  return start("Heddle", place, (port) => [
    process.execPath,
    TUNNEL,
    ...[port, target].map(String),
  ]);
}

/** TCP mode as it is out of the box: nothing is spliced in the kernel unless asked for. */
export function startHaproxy(program: string, target: number, place: Place): Promise<TcpContender> {
  return start("HAProxy", place, (port) => {
    const file = join(place.folder, "haproxy.cfg");
    writeFileSync(file, haproxyConfig(port, target));
    return [program, "-db", "-f", file];
  });
}

async function start(
  name: string,
  { folder, cores }: Place,
  commandOf: (port: number) => readonly [string, ...string[]],
): Promise<TcpContender> {
  const port = await findFreePort();
  const child = startChild({
    name,
    core: cores.proxy,
    command: commandOf(port),
    logFile: join(folder, `${name}.log`),
  });
  await waitUntilListens(port, child, START_MS_MAX);
  return { name, port, child };
}

function haproxyConfig(port: number, target: number): string {
  return `global
  nbthread 1
  maxconn 8192
defaults
  mode tcp
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
  no log
listen tcp
  bind 127.0.0.1:${port} backlog 4096
  server one 127.0.0.1:${target}
`;
}
