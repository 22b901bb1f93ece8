/**
 * A pod of servers, and three of callers: who name their proxy, who name it where there are rules
 * for others, and who are redirected to it.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOrThrow } from "../../test/harness/namespaces.ts";
import { APP_UID, type Pod, type PodProcess, PROXY_UID } from "../../test/harness/pod.ts";
import { PodMesh } from "../../test/harness/pod-mesh.ts";
import { sumSeries } from "../../test/harness/sum-series.ts";
import { findProgram } from "../../tools/system-packages.ts";
import { parseWrk } from "../peers/load.ts";
import type { Cores } from "../peers/machine.ts";
import { readCost } from "../peers/process-cost.ts";
import { measureStart, type StartFigures } from "./measure-start.ts";

const CONNECTIONS = 64;
const SERVER_PORT = 8080;
/** Ninety-six bytes, as in the other benches. */
const ANSWER = "x".repeat(96);

interface Side {
  readonly pid: number;
  readonly pod: Pod;
  readonly url: string;
}

export interface Usage {
  readonly cpuNs: number;
  readonly requestCount: number;
}

export class InterceptionScene {
  readonly #mesh = new PodMesh();
  readonly #folder = mkdtempSync(join(tmpdir(), "heddle-interception-"));
  readonly #cores: Cores;
  #sides: readonly Side[] = [];

  constructor(cores: Cores) {
    this.#cores = cores;
    chmodSync(this.#folder, 0o777);
  }

  async start(): Promise<void> {
    const mesh = this.#mesh;
    const server = mesh.network.addPod("server");
    this.#pin(await this.#startServer(server), this.#cores.backend);
    const web = mesh.addService("web", 80, [server], { targetPort: SERVER_PORT });
    await mesh.startOperator();
    const byName = "http://127.0.0.1:4140/";
    this.#sides = [
      await this.#startSide("named", byName, (pod) => mesh.startExplicitProxy(pod)),
      await this.#startSide("tracked", byName, (pod) => mesh.startProxy(pod)),
      await this.#startSide("redirected", `http://${web.ipv4}/`, (pod) => mesh.startProxy(pod)),
    ];
  }

  /** All sides send as much as they can. Rejects when a request failed. */
  async load(seconds: number): Promise<void> {
    await Promise.all(
      this.#sides.map(async ({ pod, url }) => {
        const wrk = ["wrk", "-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "--timeout", "10s"];
        const pinned = ["taskset", "-c", String(this.#cores.load), ...wrk, "-H", "Host: web", url];
        const { code, stdout, stderr } = await pod.run(pinned, { uid: APP_UID });
        if (code !== 0) throw new Error(`wrk: ${stderr}`);
        parseWrk(stdout);
      }),
    );
  }

  /** Of one that its callers name, and of one that they are redirected to. */
  async starts(times: number): Promise<readonly StartFigures[]> {
    return [
      await measureStart(this.#mesh, [], times),
      await measureStart(this.#mesh, ["--transparent"], times),
    ];
  }

  /** Of each side, from its start. */
  async usage(): Promise<readonly Usage[]> {
    return await Promise.all(
      this.#sides.map(async ({ pod, pid }) => {
        const page = await this.#mesh.page(pod, "/metrics");
        const { cpuNs } = readCost(pid);
        return { cpuNs, requestCount: sumSeries(page, 'request_total{direction="outbound",') };
      }),
    );
  }

  async close(): Promise<void> {
    await this.#mesh.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startSide(
    name: string,
    url: string,
    start: (pod: Pod) => Promise<PodProcess>,
  ): Promise<Side> {
    const pod = this.#mesh.network.addPod(name);
    return { pod, url, pid: this.#pin(await start(pod), this.#cores.proxy) };
  }

  async #startServer(pod: Pod): Promise<PodProcess> {
    const nginx = findProgram("nginx");
    if (nginx === undefined) throw new Error("there is no nginx");
    const config = join(this.#folder, "nginx.conf");
    const scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${join(this.#folder, name)};`,
    );
    writeFileSync(
      config,
      `daemon off;
master_process off;
pid ${join(this.#folder, "nginx.pid")};
events { worker_connections 1024; }
http {
  ${scratch.join("\n  ")}
  access_log off;
  keepalive_requests 100000000;
  server { listen ${SERVER_PORT}; location / { return 200 "${ANSWER}"; } }
}
`,
    );
    const command = [nginx, "-e", join(this.#folder, "nginx.log"), "-c", config];
    const server = pod.start(command, { uid: PROXY_UID });
    await server.listens(SERVER_PORT);
    return server;
  }

  #pin({ child }: PodProcess, core: number): number {
    runOrThrow(["taskset", "-acp", String(core), String(child.pid)]);
    return child.pid ?? -1;
  }
}
