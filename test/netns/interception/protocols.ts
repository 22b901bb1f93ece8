/** What is spoken through the mesh: the rows of the table in docs/interception.md. */
import { join } from "node:path";
import { APP_UID, type Pod, ROOT_FOLDER } from "../../harness/pod.ts";
import { PORTS, type RealServers, SMALL_TEXT, TLS_NAME } from "./real-servers.ts";
import type { Place, SpokenProtocol } from "./spoken-protocol.ts";

const SECONDS_MAX = "30";
const WEB_SOCKET_CLIENT = join(
  ROOT_FOLDER,
  "test",
  "netns",
  "interception",
  "web-socket-client.ts",
);
const MESSAGE = "Subject: a letter\\r\\n\\r\\nDear sir\\r\\n";

export function createProtocols(servers: RealServers): readonly SpokenProtocol[] {
  return [...webProtocols(servers), ...dataProtocols()];
}

function webProtocols(servers: RealServers): readonly SpokenProtocol[] {
  const nginx = { client: "curl", server: "nginx", programs: ["curl", "nginx", "openssl"] };
  const fetch =
    (scheme: string, ...flags: readonly string[]) =>
    async (pod: Pod, to: Place): Promise<void> => {
      const url = `${scheme}://${to.urlHost}:${to.port}/small`;
      expectText(await run(pod, ["curl", "-sSf", "-m", SECONDS_MAX, ...flags, url]), SMALL_TEXT);
    };
  return [
    { ...nginx, name: "HTTP/1.1", port: 80, targetPort: PORTS.http, say: fetch("http") },
    { ...nginx, name: "HTTP/1.0", port: 81, targetPort: PORTS.http, say: fetch("http", "-0") },
    {
      name: "HTTP/1.1, 8 connections kept alive",
      client: "wrk",
      server: "nginx",
      programs: ["wrk", "nginx", "openssl"],
      port: 82,
      targetPort: PORTS.http,
      say: load,
    },
    {
      name: "WebSocket",
      client: "Node's WebSocket",
      server: "ws",
      programs: [],
      port: PORTS.webSocket,
      say: sayByWebSocket,
    },
    {
      ...nginx,
      name: "HTTP/2 by prior knowledge",
      port: PORTS.http2,
      say: fetch("http", "--http2-prior-knowledge"),
    },
    {
      ...nginx,
      name: "TLS of the application's own",
      port: PORTS.tls,
      say: async (pod, to) => {
        const as = ["--connect-to", `${TLS_NAME}:443:${to.urlHost}:${to.port}`];
        const flags = ["--cacert", servers.certificate, "-m", SECONDS_MAX, ...as];
        const answer = await run(pod, ["curl", "-sSf", ...flags, `https://${TLS_NAME}/small`]);
        expectText(answer, SMALL_TEXT);
      },
    },
  ];
}

function dataProtocols(): readonly SpokenProtocol[] {
  const redis = { server: "redis-server", targetPort: PORTS.redis };
  const mariadb = {
    client: "mariadb",
    server: "mariadbd",
    targetPort: PORTS.mariadb,
    programs: ["mariadb", "mariadbd", "mariadb-install-db"],
    say: sayMariadb,
  };
  return [
    {
      ...redis,
      name: "Redis",
      client: "redis-cli",
      port: 6379,
      programs: ["redis-server", "redis-cli"],
      say: sayRedis,
    },
    {
      ...redis,
      name: "Redis, commands typed by hand",
      client: "curl telnet:",
      port: 6380,
      programs: ["redis-server", "curl"],
      say: typeRedis,
    },
    { ...mariadb, name: "MariaDB", port: 3306 },
    { ...mariadb, name: "MariaDB behind a port of another number", port: 3307 },
    {
      name: "PostgreSQL",
      client: "psql",
      server: "postgres",
      port: 5433,
      targetPort: PORTS.postgres,
      programs: ["psql", "postgres", "initdb"],
      say: sayPostgres,
    },
    {
      name: "SMTP",
      client: "curl",
      server: "aiosmtpd",
      port: PORTS.smtp,
      programs: ["curl", "aiosmtpd"],
      say: sendMail,
    },
  ];
}

async function load(pod: Pod, { urlHost, port }: Place): Promise<void> {
  const url = `http://${urlHost}:${port}/small`;
  const said = await run(pod, ["wrk", "-t1", "-c8", "-d1s", "--timeout", "20s", url]);
  const count = Number(/(\d+) requests in/.exec(said)?.[1] ?? "0");
  if (count === 0 || /Non-2xx|Socket errors/.test(said)) throw new Error(said);
}

async function sayByWebSocket(pod: Pod, { urlHost, port }: Place): Promise<void> {
  const url = `ws://${urlHost}:${port}/`;
  expectText(await run(pod, [process.execPath, WEB_SOCKET_CLIENT, url]), "hello 100000 1000");
}

async function sayRedis(pod: Pod, { host, port }: Place): Promise<void> {
  const cli = ["redis-cli", "-h", host, "-p", String(port)];
  expectText(await run(pod, [...cli, "SET", "key", "value"]), "OK");
  expectText(await run(pod, [...cli, "GET", "key"]), "value");
}

/** The first line could be that of a request, were it not for its end. */
async function typeRedis(pod: Pod, { urlHost, port }: Place): Promise<void> {
  const curl = `curl -sS -m ${SECONDS_MAX} telnet://${urlHost}:${port}`;
  const type = `printf 'GET nothing\\r\\nQUIT\\r\\n' | ${curl}`;
  expectText(await run(pod, ["sh", "-c", type]), "$-1\r\n+OK");
}

async function sayMariadb(pod: Pod, { host, port }: Place): Promise<void> {
  const where = ["-h", host, "-P", String(port), "-u", "app"];
  const query = ["-N", "-B", "-e", "SELECT 6 * 7"];
  expectText(await run(pod, ["mariadb", "--no-defaults", ...where, ...query]), "42");
}

async function sayPostgres(pod: Pod, { host, port }: Place): Promise<void> {
  const where = `host=${host} port=${port} user=app dbname=postgres`;
  expectText(await run(pod, ["psql", where, "-X", "-Atc", "SELECT 6 * 7"]), "42");
}

async function sendMail(pod: Pod, { urlHost, port }: Place): Promise<void> {
  const url = `smtp://${urlHost}:${port}`;
  const curl = `curl -sSf -m ${SECONDS_MAX} ${url} --mail-from a@a.example --mail-rcpt b@b.example`;
  await run(pod, ["sh", "-c", `printf '${MESSAGE}' | ${curl} -T - -w '%{response_code}'`]);
}

async function run(pod: Pod, command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await pod.run(command, { uid: APP_UID });
  if (code !== 0) throw new Error(`${command.join(" ")}: ${code}: ${stderr}`);
  return stdout;
}

function expectText(actual: string, expected: string): void {
  const said = actual.trim();
  if (said !== expected) throw new Error(`"${said}" instead of "${expected}"`);
}
