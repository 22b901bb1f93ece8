/**
 * Servers that nobody here wrote, as applications of one pod. Each listens on both families, and
 * where proxies have no rule for its port, unless the port is the usual one on purpose.
 */
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../../../tools/system-packages.ts";
import { runOrThrow } from "../../harness/namespaces.ts";
import { APP_UID, type Pod, ROOT_FOLDER } from "../../harness/pod.ts";
import { findPostgres } from "./find-postgres.ts";

/** Where each server listens. */
export const PORTS = {
  http: 8080,
  http2: 8081,
  tls: 8443,
  webSocket: 8090,
  redis: 16_379,
  mariadb: 3306,
  postgres: 15_432,
  smtp: 2525,
} as const;

/** What the server's certificate is for. */
export const TLS_NAME = "tls.example";
/** What nginx serves at `/small`. */
export const SMALL_TEXT = "from nginx";
export const LARGE_BYTES = 2 ** 30;

/** PostgreSQL wants a user that has a name, and this one has it everywhere. */
const NOBODY_UID = 65_534;
const WEB_SOCKET_SERVER = join(
  ROOT_FOLDER,
  "test",
  "netns",
  "interception",
  "web-socket-server.ts",
);

export class RealServers {
  #pod: Pod | null = null;
  #folder = "";

  /** The certificate that clients trust. */
  get certificate(): string {
    return join(this.#folder, "tls.crt");
  }

  get largeFile(): string {
    return join(this.#folder, "large");
  }

  /** Those that are installed, as applications of that pod. */
  async start(pod: Pod): Promise<void> {
    this.#pod = pod;
    this.#folder = mkdtempSync(join(tmpdir(), "heddle-servers-"));
    // All of them run as other users.
    chmodSync(this.#folder, 0o777);
    await Promise.all([
      this.#run([process.execPath, WEB_SOCKET_SERVER, String(PORTS.webSocket)], [PORTS.webSocket]),
      this.#startNginx(),
      this.#startRedis(),
      this.#startMariadb(),
      this.#startPostgres(),
      this.#startSmtp(),
    ]);
  }

  remove(): void {
    if (this.#folder !== "") rmSync(this.#folder, { recursive: true, force: true });
  }

  get #inside(): Pod {
    if (this.#pod === null) throw new Error("the servers have not been started");
    return this.#pod;
  }

  async #startNginx(): Promise<void> {
    const nginx = findProgram("nginx");
    if (nginx === undefined || findProgram("openssl") === undefined) return;
    makeCertificate(this.#folder);
    writeFileSync(join(this.#folder, "small"), SMALL_TEXT);
    makeLargeFile(this.largeFile);
    const config = join(this.#folder, "nginx.conf");
    writeFileSync(config, nginxConfig(this.#folder));
    const log = join(this.#folder, "nginx.log");
    const command = [nginx, "-e", log, "-c", config];
    await this.#run(command, [PORTS.http, PORTS.http2, PORTS.tls]);
  }

  async #startRedis(): Promise<void> {
    const redis = findProgram("redis-server");
    if (redis === undefined) return;
    const open = ["--bind", "*", "-::*", "--protected-mode", "no", "--save", ""];
    await this.#run([redis, "--port", String(PORTS.redis), ...open], [PORTS.redis]);
  }

  async #startMariadb(): Promise<void> {
    const mariadb = findProgram("mariadbd");
    if (mariadb === undefined) return;
    const data = join(this.#folder, "mariadb");
    await this.#runToEnd(
      ["mariadb-install-db", "--no-defaults", `--datadir=${data}`, "--skip-test-db"].concat(
        "--auth-root-authentication-method=normal",
      ),
      APP_UID,
    );
    const init = join(this.#folder, "mariadb.sql");
    writeFileSync(init, "CREATE USER app@'%';\n");
    await this.#run(
      [mariadb, "--no-defaults", `--datadir=${data}`, `--port=${PORTS.mariadb}`].concat(
        `--socket=${data}.sock`,
        `--pid-file=${data}.pid`,
        `--init-file=${init}`,
        "--bind-address=*",
        "--skip-name-resolve",
        "--innodb-buffer-pool-size=8M",
      ),
      [PORTS.mariadb],
    );
  }

  async #startPostgres(): Promise<void> {
    const initdb = findPostgres("initdb");
    const postgres = findPostgres("postgres");
    if (initdb === undefined || postgres === undefined) return;
    const data = join(this.#folder, "postgres");
    const trust = ["-A", "trust", "-U", "app", "--no-sync"];
    await this.#runToEnd([initdb, "-D", data, ...trust], NOBODY_UID);
    writeFileSync(join(data, "pg_hba.conf"), "host all all all trust\n");
    const settings = ["listen_addresses=*", "unix_socket_directories=", "fsync=off"];
    const flags = settings.flatMap((setting) => ["-c", setting]);
    const command = [postgres, "-D", data, "-p", String(PORTS.postgres), ...flags];
    await this.#run(command, [PORTS.postgres], NOBODY_UID);
  }

  /** One for each family: it does not take both. */
  async #startSmtp(): Promise<void> {
    const smtp = findProgram("aiosmtpd");
    if (smtp === undefined) return;
    const python = "/usr/bin/python3";
    const servers = ["0.0.0.0", "::"].map((host) =>
      this.#run([python, smtp, "-n", "-l", `${host}:${PORTS.smtp}`], [PORTS.smtp]),
    );
    await Promise.all(servers);
  }

  async #run(command: readonly string[], ports: readonly number[], uid = APP_UID): Promise<void> {
    const started = this.#inside.start(command, { uid, env: { HOME: this.#folder } });
    for (const port of ports) await started.listens(port);
  }

  async #runToEnd(command: readonly string[], uid: number): Promise<void> {
    const { code, stdout, stderr } = await this.#inside.run(command, { uid });
    if (code !== 0) throw new Error(`${command.join(" ")}: ${stdout}${stderr}`);
  }
}

function makeCertificate(folder: string): void {
  runOrThrow(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"].concat(
      ["-nodes", "-days", "2", "-subj", `/CN=${TLS_NAME}`],
      ["-addext", `subjectAltName=DNS:${TLS_NAME}`],
      ["-keyout", join(folder, "tls.key"), "-out", join(folder, "tls.crt")],
    ),
  );
  chmodSync(join(folder, "tls.key"), 0o644);
}

/** Mostly a hole, so that it costs no disk; what is not tells one place from another. */
function makeLargeFile(path: string): void {
  const file = openSync(path, "w");
  for (let at = 0; at < LARGE_BYTES; at += 2 ** 20) writeSync(file, `at ${at}`, at);
  closeSync(file);
  truncateSync(path, LARGE_BYTES);
}

function nginxConfig(folder: string): string {
  const listens = (port: number, how = ""): string =>
    `listen 0.0.0.0:${port}${how}; listen [::]:${port}${how};`;
  const scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `  ${name}_temp_path ${join(folder, name)};`,
  );
  return `daemon off;
worker_processes 1;
pid ${join(folder, "nginx.pid")};
events { worker_connections 512; }
http {
${scratch.join("\n")}
  access_log off;
  root ${folder};
  server { ${listens(PORTS.http)} }
  server { ${listens(PORTS.http2, " http2")} }
  server {
    ${listens(PORTS.tls, " ssl")}
    ssl_certificate ${join(folder, "tls.crt")};
    ssl_certificate_key ${join(folder, "tls.key")};
    # A client that does not name the server by TLS gets nothing.
    if ($ssl_server_name != ${TLS_NAME}) { return 421; }
  }
}
`;
}
