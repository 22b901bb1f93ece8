/** What is spoken on a service's port, as far as its objects say. */

/**
 * `detect`: nobody said, the first bytes will tell. `opaque` is TCP of any kind, including what is
 * encrypted by the application and what the server begins.
 */
export const PORT_PROTOCOLS = ["detect", "http1", "http2", "opaque"] as const;
export type PortProtocol = (typeof PORT_PROTOCOLS)[number];

/**
 * Values of `appProtocol`: names of IANA, those that Kubernetes reserves, and those that other
 * meshes have taught people to write. `https`, `tls` and `kubernetes.io/wss` are not among them:
 * the first bytes tell them, and with them the name of the server.
 */
const BY_APP_PROTOCOL: ReadonlyMap<string, PortProtocol> = new Map([
  ["http", "http1"],
  ["kubernetes.io/ws", "http1"],
  ["h2c", "http2"],
  ["http2", "http2"],
  ["grpc", "http2"],
  ["kubernetes.io/h2c", "http2"],
  ["heddle.mesh/opaque", "opaque"],
  ["linkerd.io/opaque", "opaque"],
  ["linkerd.io/tcp", "opaque"],
]);

/** Protocols that are not HTTP; in many the server speaks first, so that to wait costs. */
const OPAQUE_WORDS: ReadonlySet<string> = new Set([
  ...["tcp", "opaque"],
  ...["mysql", "mariadb", "postgres", "postgresql", "ms-sql-s", "mssql", "oracle"],
  ...["redis", "memcache", "memcached", "mongo", "mongodb", "cassandra", "cql"],
  ...["kafka", "amqp", "mqtt", "nats", "stomp", "zookeeper"],
  ...["smtp", "submission", "imap", "pop3", "ftp", "ssh", "sftp", "telnet"],
  ...["ldap", "irc", "xmpp", "sip", "dns", "domain"],
]);

/**
 * What `appProtocol` says, and where that is empty or unknown the name of the port: `mysql`, or
 * `tcp-replication`, with the protocol before the first dash. A name only ever says that something
 * is opaque. Behind ports named `http` stand servers of HTTP/2 and of TLS as well, and the first
 * bytes tell them apart at no cost, because in all of these the client begins.
 */
export function portProtocol(appProtocol: string, name: string): PortProtocol {
  const written = appProtocol.toLowerCase();
  const known = BY_APP_PROTOCOL.get(written);
  if (known !== undefined) return known;
  if (OPAQUE_WORDS.has(written)) return "opaque";
  if (written !== "") return "detect";
  const lower = name.toLowerCase();
  const [first = ""] = lower.split("-");
  return OPAQUE_WORDS.has(lower) || OPAQUE_WORDS.has(first) ? "opaque" : "detect";
}
