/**
 * nginx and HAProxy as private instances: own configuration in a temporary folder, sockets in that
 * folder instead of ports, no privileges, ended by their own process id.
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../harness/until.ts";

export interface Peer {
  readonly name: "nginx" | "HAProxy";
  readonly packageName: string;
  /** Where it is usually found; PATH often lacks sbin. */
  readonly binary: string;
  readonly config: (folder: string) => string;
  readonly args: (configFile: string, folder: string) => readonly string[];
}

/** Longer than any answer takes on a busy machine: what it ends is waiting for more bytes. */
const PATIENCE_S = 3;

export const NGINX: Peer = {
  name: "nginx",
  packageName: "nginx-light",
  binary: "nginx",
  args: (configFile, folder) => ["-p", folder, "-c", configFile, "-e", "stderr"],
  config: (folder) => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_header_timeout ${PATIENCE_S}s;
  client_body_timeout ${PATIENCE_S}s;
  keepalive_timeout ${PATIENCE_S}s;
  client_max_body_size 0;
  server {
    listen unix:${folder}/peer.sock;
    location / { proxy_pass http://unix:${folder}/origin.sock; }
    location /case/ { proxy_pass http://unix:${folder}/raw.sock; }
  }
}
`,
};

export const HAPROXY: Peer = {
  name: "HAProxy",
  packageName: "haproxy",
  binary: "haproxy",
  args: (configFile) => ["-db", "-f", configFile],
  config: (folder) => `
global
  maxconn 1000
  nbthread 1
defaults
  mode http
  timeout client ${PATIENCE_S}s
  timeout http-request ${PATIENCE_S}s
  timeout http-keep-alive ${PATIENCE_S}s
  timeout connect 5s
  timeout server ${PATIENCE_S + 1}s
  http-reuse never
  retries 0
frontend peer
  bind unix@${folder}/peer.sock
  use_backend raw if { path_beg /case/ }
  default_backend origin
backend origin
  server origin unix@${folder}/origin.sock
backend raw
  server raw unix@${folder}/raw.sock
`,
};

/** The peer's full path, or undefined when it is not installed. */
export function findBinary(name: string): string | undefined {
  const folders = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`.split(":");
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** A folder of its own for one peer, which may use it without being root. */
export function createPeerFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "heddle-peer-"));
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Lets a peer that runs as somebody else reach a socket of ours. */
export function openSocketFile(path: string): void {
  chmodSync(path, 0o777);
}

export class RunningPeer {
  readonly socketPath: string;
  readonly #child: ChildProcess;
  #errors = "";

  constructor(peer: Peer, binary: string, folder: string) {
    this.socketPath = join(folder, "peer.sock");
    const configFile = join(folder, "peer.conf");
    writeFileSync(configFile, peer.config(folder));
    this.#child = spawn(binary, peer.args(configFile, folder), {
      stdio: ["ignore", "ignore", "pipe"],
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    // A run that is broken off must leave no server behind.
    process.once("exit", () => this.#child.kill());
    this.#child.stderr?.on("data", (data: Buffer) => {
      this.#errors = (this.#errors + data.toString()).slice(-4_000);
    });
  }

  /** Resolves when it takes connections; throws with what it wrote when it does not. */
  async started(): Promise<void> {
    const why = () => `the peer does not listen: ${this.#errors}`;
    await until(why, async () => {
      if (await accepts(this.socketPath)) return true;
      if (this.#child.exitCode !== null) throw new Error(why());
      return false;
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.kill("SIGTERM");
      await ended;
    }
  }
}

function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
