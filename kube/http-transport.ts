/**
 * Requests to a real API server, by HTTP/1.1 over connections that are kept: each watch has one to
 * itself, so that one that stalls holds up no other. Sockets are probed while they are idle: a
 * server that is gone without a word is noticed within half a minute.
 */
import { Agent as HttpAgent, type IncomingMessage, request as sendHttp } from "node:http";
import { Agent as HttpsAgent, request as sendHttps } from "node:https";
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { ApiProxy, ApiTls, ReadCredentials } from "./api-credentials.ts";
import { KubeError, OWN_REASONS } from "./kube-error.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

/** Watches of every kind, and some requests beside them. */
const CONNECTIONS_MAX = 64;
/** After this the system sends up to ten probes, one a second. */
const PROBE_AFTER_MS = 15_000;
const HEAD_BYTES_MAX = 64 * 1024;

interface Connections {
  readonly tls: ApiTls;
  readonly agent: HttpAgent | HttpsAgent;
}

export class HttpTransport implements Transport {
  readonly #readCredentials: ReadCredentials;
  readonly #userAgent: string;
  #connections: Connections | undefined;

  constructor(options: {
    readonly readCredentials: ReadCredentials;
    /** Shown in the API server's logs. */
    readonly userAgent: string;
  }) {
    this.#readCredentials = options.readCredentials;
    this.#userAgent = options.userAgent;
  }

  async send(request: TransportRequest): Promise<TransportResponse> {
    const { signal } = request;
    signal.throwIfAborted();
    const reading = this.#readCredentials(request.renew).catch(failWithoutCredentials);
    const { server, tls, headers, proxy } = await unlessAborted(reading, signal);
    const url = new URL(server);
    const isTls = url.protocol === "https:";
    const { body } = request;
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const options = {
      method: request.method,
      host,
      // Else a `host` among the headers would be taken for the server's name.
      servername: tls.serverName ?? (isIP(host) === 0 ? host : ""),
      port: url.port === "" ? (isTls ? 443 : 80) : Number(url.port),
      path: `${url.pathname.replace(/\/$/, "")}${request.path}`,
      headers: {
        ...request.headers,
        ...headers,
        "user-agent": this.#userAgent,
        ...(body === "" ? {} : { "content-length": Buffer.byteLength(body) }),
      },
      agent: this.#agent(isTls, tls),
      ...proxyOptions(proxy, tls.serverName ?? host),
      maxHeaderSize: HEAD_BYTES_MAX,
      signal,
    };
    return await new Promise((resolve, reject) => {
      const outgoing = isTls ? sendHttps(options) : sendHttp(options);
      outgoing.on("socket", (socket) => socket.setKeepAlive(true, PROBE_AFTER_MS));
      outgoing.on("response", (response) => resolve(describe(response)));
      outgoing.on("error", (cause) => reject(unreachable(server, proxy, cause)));
      outgoing.end(body);
    });
  }

  close(): void {
    this.#connections?.agent.destroy();
    this.#connections = undefined;
  }

  /** What was opened with other certificates serves its requests to the end; the server ends it. */
  #agent(isTls: boolean, tls: ApiTls): HttpAgent | HttpsAgent {
    const before = this.#connections;
    if (before !== undefined && isSameTls(before.tls, tls)) return before.agent;
    const common = { keepAlive: true, maxSockets: CONNECTIONS_MAX };
    const { ca, cert, key, serverName, verify } = tls;
    const agent = isTls
      ? new HttpsAgent({
          ...common,
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
          ...(serverName === undefined ? {} : { servername: serverName }),
          rejectUnauthorized: verify,
        })
      : new HttpAgent(common);
    this.#connections = { tls, agent };
    return agent;
  }
}

/** Nobody was asked: what is wrong stands on this side. */
function failWithoutCredentials(cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `there are no credentials for the API server: ${why}`;
  throw new KubeError({ status: 0, reason: OWN_REASONS.unreachable, message, cause });
}

/** What tells the credentials may be a program that waits for somebody. */
async function unlessAborted<T>(pending: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([pending, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function isSameTls(a: ApiTls, b: ApiTls): boolean {
  return (
    a.ca === b.ca &&
    a.cert === b.cert &&
    a.key === b.key &&
    a.serverName === b.serverName &&
    a.verify === b.verify
  );
}

function describe(response: IncomingMessage): TransportResponse {
  return {
    status: response.statusCode ?? 0,
    header: (name) => {
      const value = response.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    body: response,
  };
}

const STRANGE =
  "whoever answers there shows a certificate of an authority that is not the cluster's";

/** What whoever answers shows instead of proving to be the API server, by the code of Node. */
const CERTIFICATE_PROBLEMS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not good yet: is a clock wrong?",
  DEPTH_ZERO_SELF_SIGNED_CERT: STRANGE,
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another address",
  SELF_SIGNED_CERT_IN_CHAIN: STRANGE,
  UNABLE_TO_GET_ISSUER_CERT: STRANGE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: STRANGE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: STRANGE,
};

function unreachable(server: string, proxy: ApiProxy | undefined, cause: Error): KubeError {
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  const why = Object.hasOwn(CERTIFICATE_PROBLEMS, code) ? CERTIFICATE_PROBLEMS[code] : undefined;
  const reason = why === undefined ? code : `${why} (${code})`;
  const message = `the API server at ${server} cannot be reached${through(proxy)}: ${reason}`;
  return new KubeError({ status: 0, reason: OWN_REASONS.unreachable, message, cause });
}

/** What makes a request take that way. `name` is what the API server's certificate must name. */
export function proxyOptions(proxy: ApiProxy | undefined, name: string) {
  if (proxy === undefined) return {};
  const { agent } = proxy;
  // An agent may know no name but that of a host, and some are addresses.
  const check = (_: string, cert: PeerCertificate) => checkServerIdentity(name, cert);
  return { agent, checkServerIdentity: check };
}

/** Empty for the straight way. */
export function through(proxy: ApiProxy | undefined): string {
  return proxy === undefined ? "" : ` through ${proxy.name}`;
}
