/**
 * Ports of pods by way of a real API server, which hands them to the node's kubelet. The kubelet
 * here speaks its half of the protocol and joins each connection to a server of the test.
 */
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer, type Server } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { MemoryIo } from "../../base/memory-io.ts";
import { EXIT } from "../../base/program.ts";
import { createCli } from "../../cli/main.ts";
import { createRoot, issueLeaf } from "../../operator/identity/certificate.ts";
import { type OwnApiServer, useOwnApiServer, whyNoApiServer } from "./harness/api-server.ts";

const HOUR_MS = 3_600_000;
const unused = () => Promise.reject(new Error("nobody asked for it"));
const cli = createCli({ operator: unused, webhook: unused, proxy: unused, init: unused });

describe.skipIf(whyNoApiServer())("heddle, asking a pod's proxy", () => {
  let api: OwnApiServer;
  let kubelet: Server;
  /** What the pod listens with. */
  const pod = createHttpServer((request, response) => {
    const { url, headers } = request;
    response.end(JSON.stringify({ url, host: headers.host }));
  });
  const asked: string[] = [];

  beforeAll(async () => {
    await new Promise<void>((resolve) => pod.listen(0, "127.0.0.1", resolve));
    kubelet = await startKubelet();
    api = await useOwnApiServer();
    // They listen at ports, not at paths.
    const { port } = kubelet.address() as AddressInfo;
    await nodeWithPod(port, (pod.address() as AddressInfo).port);
  });

  afterAll(async () => {
    await api?.close();
    kubelet?.closeAllConnections();
    kubelet?.close();
    pod.close();
  });

  async function startKubelet(): Promise<Server> {
    const now = Date.now();
    const validity = { notBeforeWallMs: now - HOUR_MS, notAfterWallMs: now + HOUR_MS };
    const root = await createRoot(validity);
    const names = { dnsNames: [hostname()], ipAddresses: ["127.0.0.1"] } as const;
    const { certificatePem, keyPem } = await issueLeaf(root, names, validity);
    const server = createHttpsServer({ cert: certificatePem, key: keyPem });
    const sockets = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      asked.push(request.url ?? "");
      sockets.handleUpgrade(request, socket, head, (one) => forward(one, request.url ?? ""));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  function forward(socket: WebSocket, url: string): void {
    const port = Number(new URL(url, "http://kubelet").searchParams.get("port"));
    for (const channel of [0, 1]) socket.send(Buffer.from([channel, port & 0xff, port >> 8]));
    const connection = connect(port, "127.0.0.1");
    connection.on("data", (data: Buffer) => socket.send(Buffer.concat([Buffer.of(0), data])));
    connection.on("error", (error) => {
      socket.send(Buffer.concat([Buffer.of(1), Buffer.from(error.message)]));
    });
    connection.on("close", () => socket.close());
    socket.on("message", (message: Buffer) => connection.write(message.subarray(1)));
    socket.on("close", () => connection.destroy());
  }

  async function nodeWithPod(kubeletPort: number, podPort: number): Promise<void> {
    await api.apply({ apiVersion: "v1", kind: "Node", metadata: { name: "n1" } });
    const endpoint = { kubeletEndpoint: { Port: kubeletPort } };
    const addresses = [{ type: "InternalIP", address: "127.0.0.1" }];
    await patchStatus(["node", "n1"], { addresses, daemonEndpoints: endpoint });
    await api.serviceAccount({ namespace: "default", name: "default" });
    for (const [name, port] of [
      ["web-0", podPort],
      ["web-1", 1],
    ] as const) {
      const ports = [{ name: "heddle-admin", containerPort: port }];
      await api.apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, labels: { "heddle.mesh/proxied": "transparent" } },
        spec: { nodeName: "n1", containers: [{ name: "heddle-proxy", image: "heddle", ports }] },
      });
      await patchStatus(["pod", name], { phase: "Running" });
    }
  }

  async function patchStatus(target: readonly string[], status: object): Promise<void> {
    const options = ["--subresource=status", "--type=merge", "-p", JSON.stringify({ status })];
    const { code, stderr } = await api.kubectl(["patch", ...target, ...options]);
    if (code !== 0) throw new Error(stderr);
  }

  async function heddle(line: string) {
    const io = new MemoryIo({ env: { KUBECONFIG: api.adminKubeconfig } });
    const code = await cli.run(line.split(" "), io);
    return { code, stdout: io.stdout.text, stderr: io.stderr.text };
  }

  it("reaches what listens in the pod, as if it came from there", async () => {
    const { code, stdout, stderr } = await heddle("diagnostics proxy-config web-0");
    expect([code, stderr]).toEqual([EXIT.ok, ""]);
    expect(JSON.parse(stdout)).toEqual({
      url: "/config",
      host: expect.stringMatching("localhost"),
    });
    expect(asked.at(-1)).toMatch(/^\/portForward\/default\/web-0\?port=\d+$/);
  });

  it("tells what the kubelet says where nothing listens", async () => {
    const { code, stderr } = await heddle("diagnostics proxy-config web-1");
    expect(code).toBe(EXIT.unavailable);
    expect(stderr).toContain("port 1 of pod default/web-1: connect ECONNREFUSED");
  });
});
