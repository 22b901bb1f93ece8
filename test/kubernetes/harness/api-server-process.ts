/**
 * kube-apiserver and etcd on loopback, as tests want them: ready in seconds, nothing written to the
 * disk for good, authorisation and admission as a cluster has them, and gone with the tests.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../../../bench/peers/client.ts";
import { KeptProgram } from "./kept-program.ts";

/** Two busy cores, and an API server that makes its first certificates. */
const START_MS_MAX = 120_000;
const POLL_MS = 50;
/** A port that was free may be taken before it is used. */
const TRIES = 3;

/** All that it takes to use a server, from this process or another. */
export interface ApiServerPlace {
  readonly url: string;
  readonly etcdUrl: string;
  /** The certificate by which the server is known, as PEM. */
  readonly ca: string;
  readonly adminToken: string;
  readonly kubectl: string;
  /** For files that are to go when the server goes. */
  readonly folder: string;
}

export interface ApiServerPrograms {
  readonly etcd: string;
  readonly apiServer: string;
  readonly kubectl: string;
}

export class ApiServerProcess {
  readonly place: ApiServerPlace;
  readonly #folder: string;
  readonly #command: readonly [string, ...string[]];
  readonly #etcd: KeptProgram;
  #server: KeptProgram;

  private constructor(
    place: ApiServerPlace,
    folder: string,
    command: readonly [string, ...string[]],
    etcd: KeptProgram,
    server: KeptProgram,
  ) {
    this.place = place;
    this.#folder = folder;
    this.#command = command;
    this.#etcd = etcd;
    this.#server = server;
  }

  /** `flags` come after all others. */
  static async start(
    programs: ApiServerPrograms,
    flags: readonly string[] = [],
  ): Promise<ApiServerProcess> {
    for (let tried = 1; ; tried += 1) {
      const folder = mkdtempSync(join(tmpdir(), "heddle-api-server-"));
      try {
        return await ApiServerProcess.#startIn(folder, programs, flags);
      } catch (error) {
        rmSync(folder, { recursive: true, force: true });
        const isPortTaken = error instanceof Error && /address already in use/.test(error.message);
        if (!isPortTaken || tried === TRIES) throw error;
      }
    }
  }

  static async #startIn(
    folder: string,
    programs: ApiServerPrograms,
    flags: readonly string[],
  ): Promise<ApiServerProcess> {
    const { etcd, etcdUrl } = await startEtcd(folder, programs.etcd);
    const adminToken = randomBytes(16).toString("hex");
    writeKeys(folder, adminToken);
    const port = await findFreePort();
    const url = `https://127.0.0.1:${port}`;
    const all = [...serverFlags(folder, port, etcdUrl), ...flags];
    const command = [programs.apiServer, ...all] as const;
    const server = await startServer(folder, command);
    try {
      await waitUntilReady(server, { url, adminToken });
      const ca = readFileSync(join(folder, "certificates", "apiserver.crt"), "utf8");
      const place = { url, etcdUrl, ca, adminToken, kubectl: programs.kubectl, folder };
      return new ApiServerProcess(place, folder, command, etcd, server);
    } catch (error) {
      await server.stop();
      await etcd.stop();
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${why}\n${etcd.logTail}`);
    }
  }

  /** Kills the API server, so that nobody is told. Its objects stay. */
  async kill(): Promise<void> {
    await this.#server.stop();
  }

  /** At the same address; resolves when it is ready. */
  async startAgain(): Promise<void> {
    this.#server = await startServer(this.#folder, this.#command);
    await waitUntilReady(this.#server, this.place);
  }

  /** Another one after `startAgain`. */
  get pid(): number {
    return this.#server.pid;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    await this.#etcd.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function startEtcd(folder: string, program: string) {
  const [etcdUrl, peerUrl] = [await freeUrl(), await freeUrl()];
  const etcd = await KeptProgram.start({
    name: "etcd",
    ...{ folder, logFile: join(folder, "etcd.log") },
    command: [
      program,
      ...["--name=test", `--data-dir=${join(folder, "etcd")}`],
      ...[`--listen-client-urls=${etcdUrl}`, `--advertise-client-urls=${etcdUrl}`],
      ...[`--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`],
      `--initial-cluster=test=${peerUrl}`,
      ...["--unsafe-no-fsync", "--log-level=warn"],
    ],
  });
  return { etcd, etcdUrl };
}

async function freeUrl(): Promise<string> {
  return `http://127.0.0.1:${await findFreePort()}`;
}

/** One who may do everything, and the key that tokens of service accounts are signed with. */
function writeKeys(folder: string, adminToken: string): void {
  writeFileSync(join(folder, "tokens.csv"), `${adminToken},admin,admin,"system:masters"\n`);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const secret = privateKey.export({ type: "pkcs8", format: "pem" });
  writeFileSync(join(folder, "accounts.key"), secret, { mode: 0o600 });
  writeFileSync(join(folder, "accounts.pub"), publicKey.export({ type: "spki", format: "pem" }));
}

function serverFlags(folder: string, port: number, etcdUrl: string): readonly string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    ...["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", `--secure-port=${port}`],
    // There it makes a certificate for itself, and keeps it over a restart.
    `--cert-dir=${join(folder, "certificates")}`,
    `--token-auth-file=${join(folder, "tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${join(folder, "accounts.pub")}`,
    `--service-account-signing-key-file=${join(folder, "accounts.key")}`,
    "--service-cluster-ip-range=10.96.0.0/16",
    "--allow-privileged",
    // Nobody else writes the endpoints of its own Service, which may not be on loopback.
    "--endpoint-reconciler-type=none",
    "--shutdown-delay-duration=0s",
  ];
}

async function startServer(
  folder: string,
  command: readonly [string, ...string[]],
): Promise<KeptProgram> {
  const logFile = join(folder, "kube-apiserver.log");
  return await KeptProgram.start({ name: "kube-apiserver", folder, logFile, command });
}

async function waitUntilReady(
  server: KeptProgram,
  place: Pick<ApiServerPlace, "url" | "adminToken">,
): Promise<void> {
  const endMs = performance.now() + START_MS_MAX;
  while (!(await isReady(place))) {
    const isLate = performance.now() > endMs;
    if (server.hasEnded || isLate) {
      const what = server.hasEnded ? "ended" : "was not ready in time";
      throw new Error(`${server.name} ${what}:\n${server.logTail}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function isReady({ url, adminToken }: Pick<ApiServerPlace, "url" | "adminToken">) {
  // Its certificate is made while we wait, and only whoever has our token calls itself ready.
  const agent = new Agent({ rejectUnauthorized: false });
  const headers = { authorization: `Bearer ${adminToken}` };
  return new Promise<boolean>((resolve) => {
    request(`${url}/readyz`, { agent, headers }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on("error", () => resolve(false))
      .end();
  });
}
