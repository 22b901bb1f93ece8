/** The command line asking a real operator, by way of a real API server. */
import { connect, createServer, type Server } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryIo } from "../../base/memory-io.ts";
import { EXIT } from "../../base/program.ts";
import { createCli } from "../../cli/main.ts";
import { type OwnApiServer, useOwnApiServer, whyNoApiServer } from "./harness/api-server.ts";
import { OperatorProcess } from "./harness/operator-process.ts";

/** API servers pass nothing on to loopback addresses: only another one will do. */
const hostAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
/** The operator's Lease names the machine, which in a cluster is the pod. */
const POD = hostname().toLowerCase();
const why =
  whyNoApiServer() ?? (hostAddress === undefined ? "only a loopback address here" : undefined);

const unused = () => Promise.reject(new Error("nobody asked for it"));
const cli = createCli({ operator: unused, webhook: unused, proxy: unused, init: unused });

describe.skipIf(why)(`heddle, asking an operator${why === undefined ? "" : ` (${why})`}`, () => {
  let api: OwnApiServer;
  let operator: OperatorProcess;
  let relay: Server;

  beforeAll(async () => {
    api = await useOwnApiServer();
    await api.installCrds();
    await api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "heddle" } });
    const place = { kubeconfig: api.adminKubeconfig, namespace: "heddle" };
    operator = await OperatorProcess.start(place);
    await operatorPod(await relayTo(operator));
  });

  afterAll(async () => {
    relay?.close();
    await operator?.stop();
    await api?.close();
  });

  /** From an address that the API server reaches to the operator's own. */
  async function relayTo({ log }: OperatorProcess): Promise<number> {
    const [, host = "", port = ""] = / admin=(\S+):(\d+)/.exec(log) ?? [];
    relay = createServer((from) => {
      const to = connect(Number(port), host);
      from.on("error", () => to.destroy()).pipe(to);
      to.on("error", () => from.destroy()).pipe(from);
    });
    await new Promise<void>((resolve) => relay.listen(0, hostAddress, resolve));
    const bound = relay.address();
    return typeof bound === "object" && bound !== null ? bound.port : 0;
  }

  async function operatorPod(port: number): Promise<void> {
    await api.serviceAccount({ namespace: "heddle", name: "default" });
    const labels = { "app.kubernetes.io/name": "heddle-operator" };
    const ports = [{ name: "admin", containerPort: port }];
    await api.apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: POD, namespace: "heddle", labels },
      spec: { containers: [{ name: "operator", image: "heddle", ports }] },
    });
    const conditions = [{ type: "Ready", status: "True" }];
    const ips = { podIP: hostAddress, podIPs: [{ ip: hostAddress }] };
    const patch = JSON.stringify({ status: { phase: "Running", ...ips, conditions } });
    const options = ["--subresource=status", "--type=merge", "-p", patch];
    await api.kubectl(["patch", "pod", POD, "-n", "heddle", ...options]);
  }

  async function heddle(line: string) {
    const io = new MemoryIo();
    // Named, so that no operator is asked that happens to run at the usual address here.
    const words = [...line.split(" "), "--kubeconfig", api.adminKubeconfig];
    const code = await cli.run(words, io);
    return { code, stdout: io.stdout.text, stderr: io.stderr.text };
  }

  const service = (name: string) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { selector: { app: name }, ports: [{ name: "http", port: 80 }] },
  });
  const slice = (name: string, address: string) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      ...{ name: `${name}-1`, namespace: "default" },
      labels: { "kubernetes.io/service-name": name },
    },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080 }],
    endpoints: [{ addresses: [address], conditions: { ready: true }, nodeName: "n1" }],
  });
  const split = {
    apiVersion: "heddle.mesh/v1alpha1",
    kind: "TrafficSplit",
    metadata: { name: "web", namespace: "default" },
    spec: {
      service: "web",
      backends: [
        { service: "web-v1", weight: 9 },
        { service: "web-v2", weight: 1 },
      ],
    },
  };

  it("waits until an object that is applied is judged", async () => {
    await api.apply(
      ...["web", "web-v1", "web-v2"].map(service),
      slice("web-v1", "10.0.0.1"),
      slice("web-v2", "10.0.0.2"),
      split,
    );
    const { code, stdout } = await heddle("wait split/web --for accepted --timeout 60s");
    expect([code, stdout]).toEqual([EXIT.ok, expect.stringContaining("Accepted: Accepted")]);
  });

  it("shows objects with what the operator knows of them", async () => {
    const { code, stdout, stderr } = await heddle("get splits -n default");
    expect([code, stderr]).toEqual([EXIT.ok, ""]);
    expect(stdout).toMatch(
      /default +web +heddle\.mesh +default\/web +web-v1 90%, web-v2 10% +True/,
    );
  });

  it("shows services, and who serves them", async () => {
    const services = await heddle("get services web -n default");
    expect(services.stdout).toMatch(/default +web +80 +2\/2/);
    const endpoints = await heddle("diagnostics endpoints web-v1.default:80");
    expect(endpoints.stdout).toMatch(/10\.0\.0\.1 +8080 +ready/);
    const sent = await heddle("diagnostics pod default/any --service web.default:80 -o json");
    const { destination } = JSON.parse(sent.stdout) as { destination: { objects: object[] } };
    expect(destination.objects).toContainEqual(
      expect.objectContaining({ kind: "TrafficSplit", name: "web" }),
    );
  });

  it("shows metrics, and that nobody is connected or has traffic", async () => {
    const metrics = await heddle("diagnostics operator-metrics");
    expect(metrics.stdout).toContain("heddle_operator_leading 1\n");
    expect((await heddle("get proxies")).stderr).toContain("no proxies found");
    expect((await heddle("stat")).stderr).toContain("no traffic was reported");
  });

  it("tells what is wrong with an object, field by field", async () => {
    await api.apply({
      ...split,
      metadata: { ...split.metadata, name: "odd" },
      spec: { ...split.spec, hue: 1 },
    });
    const waited = await heddle("wait split/odd --for accepted --timeout 60s");
    expect([waited.code, waited.stderr]).toEqual([
      EXIT.failed,
      expect.stringContaining("will not become Accepted: UnknownField"),
    ]);
    const { stdout } = await heddle("get problems -n default");
    expect(stdout).toContain("hue");
  });
});
