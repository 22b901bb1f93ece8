/** Kubeconfig files, against a server that asks for a certificate and says what it was shown. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HttpTransport } from "../../kube/http-transport.ts";
import { kubeconfigCredentials } from "../../kube/kubeconfig.ts";
import { findProgram } from "../../tools/system-packages.ts";
import { startHttpProxy, startSocksProxy } from "../harness/client-proxies.ts";
import { closedPort } from "../harness/origins.ts";

const program = findProgram("openssl");
const why = program === undefined ? " (skipped: there is no openssl here)" : "";

let folder: string;
let server: Server;

const path = (name: string): string => join(folder, name);
const base64 = (name: string): string => readFileSync(path(name)).toString("base64");

function openssl(...args: readonly string[]): void {
  execFileSync(program ?? "", args, { cwd: folder, stdio: "ignore" });
}

function certify(name: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const keyFile = ["-keyout", `${name}.key`, "-subj", `/CN=${name}`];
  if (name === "ca") {
    openssl("req", "-x509", ...key, ...keyFile, "-out", "ca.crt", "-days", "2");
    return;
  }
  writeFileSync(path("names"), "subjectAltName=IP:127.0.0.1,DNS:api.test");
  openssl("req", ...key, ...keyFile, "-out", `${name}.csr`);
  const signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"];
  openssl("x509", "-req", "-in", `${name}.csr`, ...signer, "-out", `${name}.crt`, "-days", "2");
}

function portOf(listening: Server): number {
  const bound = listening.address();
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}

async function ask(user: object, cluster: object): Promise<string> {
  const port = portOf(server);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "c", cluster: { server: `https://127.0.0.1:${port}/base`, ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "test", context: { cluster: "c", user: "u" } }],
  };
  writeFileSync(path("kubeconfig"), JSON.stringify(config));
  const readCredentials = kubeconfigCredentials(path("kubeconfig"));
  const transport = new HttpTransport({ readCredentials, userAgent: "test/1" });
  const { signal } = new AbortController();
  const request = { method: "GET", path: "/api", headers: {}, body: "", renew: false } as const;
  try {
    const { body } = await transport.send({ ...request, signal });
    let text = "";
    for await (const chunk of body) text += String(chunk);
    return text;
  } finally {
    transport.close();
  }
}

describe.skipIf(program === undefined)(`kubeconfig files${why}`, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "heddle-kubeconfig-"));
    for (const name of ["ca", "server", "client"]) certify(name);
    const [key, cert, ca] = ["server.key", "server.crt", "ca.crt"].map((name) =>
      readFileSync(path(name)),
    );
    const options = { key, cert, ca, requestCert: true, rejectUnauthorized: true };
    server = createServer(options, ({ socket, headers, url }, response) => {
      const name = socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : "";
      response.end(`${name} ${headers.authorization ?? "none"} ${headers["user-agent"]} ${url}`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }, 60_000);

  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("show a client's certificate, from files and from within", async () => {
    const files = { "client-certificate": path("client.crt"), "client-key": path("client.key") };
    const expected = "client none test/1 /base/api";
    expect(await ask(files, { "certificate-authority": path("ca.crt") })).toBe(expected);
    const within = {
      "client-certificate-data": base64("client.crt"),
      "client-key-data": base64("client.key"),
    };
    expect(await ask(within, { "certificate-authority-data": base64("ca.crt") })).toBe(expected);
  });

  it("ask a program for a token", async () => {
    const apiVersion = "client.authentication.k8s.io/v1";
    const credential = { kind: "ExecCredential", apiVersion, status: { token: "told" } };
    const user = {
      "client-certificate": path("client.crt"),
      "client-key": path("client.key"),
      exec: { apiVersion, command: "/bin/echo", args: [JSON.stringify(credential)] },
    };
    const cluster = { "certificate-authority": path("ca.crt") };
    expect(await ask(user, cluster)).toBe("client Bearer told test/1 /base/api");
  });

  const client = () => ({
    "client-certificate": path("client.crt"),
    "client-key": path("client.key"),
  });

  it("say which name the server's certificate has, or that any will do", async () => {
    const authority = { "certificate-authority": path("ca.crt") };
    const other = { ...authority, "tls-server-name": "other" };
    await expect(ask(client(), other)).rejects.toThrow("its certificate is for another address");
    const named = { ...authority, "tls-server-name": "api.test" };
    expect(await ask(client(), named)).toBe("client none test/1 /base/api");
    const any = { "insecure-skip-tls-verify": true };
    expect(await ask(client(), any)).toBe("client none test/1 /base/api");
  });

  it.each([
    ["HTTP", startHttpProxy, "http"],
    ["SOCKS", startSocksProxy, "socks5"],
  ])("name a proxy that speaks %s, which sees nothing", async (_, start, scheme) => {
    const proxy = await start();
    try {
      const cluster = {
        "certificate-authority": path("ca.crt"),
        "proxy-url": `${scheme}://me:secret@127.0.0.1:${proxy.port}`,
      };
      expect(await ask({ ...client(), token: "t" }, cluster)).toBe(
        "client Bearer t test/1 /base/api",
      );
      expect(proxy.asked).toEqual([`127.0.0.1:${portOf(server)} me:secret`]);
      const port = await closedPort();
      const gone = { ...cluster, "proxy-url": `${scheme}://127.0.0.1:${port}` };
      await expect(ask(client(), gone)).rejects.toThrow(`through ${scheme}://127.0.0.1:${port}: `);
    } finally {
      proxy.close();
    }
  });

  it("trust nobody whom they do not name", async () => {
    await expect(ask({}, {})).rejects.toThrow(
      /cannot be reached: .* shows a certificate of an authority that is not .*SELF_SIGNED_CERT/,
    );
  });
});
