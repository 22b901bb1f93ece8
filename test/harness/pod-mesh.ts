/**
 * A mesh in namespaces: pods whose traffic the kernel redirects to proxies, and one operator that
 * reads what tests write, as `kubectl apply` would bring it there. The operator is reached over a
 * socket in the file system, because pods share nothing else.
 */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { APP_UID, type Pod, type PodProcess, PROXY_UID, ROOT_FOLDER } from "./pod.ts";
import { PodNetwork, type ServiceAddresses } from "./pod-network.ts";
import { SLOW_POLL_MS, until } from "./until.ts";

const APP = join(ROOT_FOLDER, "test", "netns", "app.ts");
const ADMIN = "http://127.0.0.1:4191";

/** The namespace of all objects. */
export const MESH_NAMESPACE = "shop";

export interface ServiceOptions {
  /** Where its endpoints listen; the service's own port if absent. */
  readonly targetPort?: number;
  readonly appProtocol?: string;
}

export class PodMesh {
  readonly network = new PodNetwork();
  readonly #folder = mkdtempSync(join(tmpdir(), "heddle-mesh-"));
  readonly #objects = join(this.#folder, "objects");
  readonly #place = `unix:${join(this.#folder, "operator.sock")}`;
  readonly #home = this.network.addPod("operator");
  #operator: PodProcess | null = null;

  constructor() {
    mkdirSync(this.#objects);
    // The operator writes its socket there, and runs as another user.
    chmodSync(this.#folder, 0o777);
  }

  async startOperator(): Promise<void> {
    const flags = ["--control", this.#place, "--state", join(this.#folder, "state")];
    this.#operator = this.#home.startHeddle(["operator", this.#objects, ...flags], {
      uid: PROXY_UID,
    });
    await this.#operator.says("the operator is ready");
  }

  async stopOperator(): Promise<void> {
    await this.#operator?.stop();
  }

  /** An application of that name: `http:8080`, `greet:25`, `echo:7`. */
  async startApp(pod: Pod, ...ports: readonly string[]): Promise<PodProcess> {
    const command = [process.execPath, APP, pod.name, ...ports];
    const app = pod.start(command, { uid: APP_UID });
    for (const port of ports) await app.listens(Number(port.split(":")[1]));
    return app;
  }

  /** Redirects the pod's traffic to a proxy, and waits until that is ready. */
  async startProxy(pod: Pod, ...flags: readonly string[]): Promise<PodProcess> {
    const { code, stderr } = await pod.heddle(["init"]);
    if (code !== 0) throw new Error(`heddle init: ${stderr}`);
    return await this.startExplicitProxy(pod, "--transparent", ...flags);
  }

  /** The same without rules: only who names the proxy gets to it. */
  async startExplicitProxy(pod: Pod, ...flags: readonly string[]): Promise<PodProcess> {
    const proxy = pod.startHeddle(["proxy", ...this.proxyArguments(pod, flags)], {
      uid: PROXY_UID,
    });
    await proxy.says("proxy started");
    await until(
      () => `the proxy of ${pod.name} is ready: ${proxy.stderr}`,
      async () => (await this.page(pod, "/ready")) === "ready\n",
      SLOW_POLL_MS,
    );
    return proxy;
  }

  /** What a proxy of this mesh is told. */
  proxyArguments(pod: Pod, flags: readonly string[]): readonly string[] {
    return ["--operator", this.#place, "-n", MESH_NAMESPACE, "--name", pod.name, ...flags];
  }

  /** A page of the pod's proxy. */
  async page(pod: Pod, path: string): Promise<string> {
    return (await pod.run(["curl", "-sS", `${ADMIN}${path}`], { uid: APP_UID })).stdout;
  }

  /** A service with ClusterIPs, which the node translates where no proxy does. */
  addService(
    name: string,
    port: number,
    pods: readonly Pod[],
    { targetPort = port, appProtocol }: ServiceOptions = {},
  ): ServiceAddresses {
    const addresses = this.network.addService(
      port,
      pods.map((pod) => ({ pod, port: targetPort })),
    );
    const { ipv4, ipv6 } = addresses;
    const servicePort = { name: "main", port, ...(appProtocol && { appProtocol }) };
    const spec = { clusterIP: ipv4, clusterIPs: [ipv4, ipv6], ports: [servicePort] };
    const metadata = { name, namespace: MESH_NAMESPACE };
    this.apply(`service-${name}`, { apiVersion: "v1", kind: "Service", metadata, spec });
    this.setEndpoints(name, pods, targetPort);
    return addresses;
  }

  /** A service without ClusterIPs: callers choose among the pods' own addresses. */
  addHeadlessService(name: string, port: number, pods: readonly Pod[]): void {
    const spec = { clusterIP: "None", clusterIPs: ["None"], ports: [{ name: "main", port }] };
    const metadata = { name, namespace: MESH_NAMESPACE };
    this.apply(`service-${name}`, { apiVersion: "v1", kind: "Service", metadata, spec });
    this.setEndpoints(name, pods, port);
  }

  /** Who serves it now. Those that are going take nothing new, and stay in the list for a while. */
  setEndpoints(
    service: string,
    pods: readonly Pod[],
    port: number,
    going: readonly Pod[] = [],
  ): void {
    this.apply(`slice-${service}-ipv4`, slice(service, "IPv4", pods, going, port));
    this.apply(`slice-${service}-ipv6`, slice(service, "IPv6", pods, going, port));
  }

  /** Writes an object, in one step. `file` is what it may be replaced by later. */
  apply(file: string, object: Readonly<Record<string, unknown>>): void {
    const path = join(this.#objects, `${file}.yaml`);
    const temporary = join(this.#folder, `${file}.new`);
    writeFileSync(temporary, JSON.stringify(object));
    renameSync(temporary, path);
  }

  async close(): Promise<void> {
    await this.network.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Of a pod that was told to end and still answers. */
const GOING = { ready: false, serving: true, terminating: true };

function slice(
  service: string,
  addressType: "IPv4" | "IPv6",
  pods: readonly Pod[],
  going: readonly Pod[],
  port: number,
): Readonly<Record<string, unknown>> {
  const labels = { "kubernetes.io/service-name": service };
  const name = `${service}-${addressType.toLowerCase()}`;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace: MESH_NAMESPACE, labels },
    addressType,
    ports: [{ name: "main", port }],
    endpoints: [...pods, ...going].map((pod) => ({
      addresses: [addressType === "IPv4" ? pod.ipv4 : pod.ipv6],
      conditions: going.includes(pod) ? GOING : { ready: true, serving: true, terminating: false },
      targetRef: { kind: "Pod", name: pod.name, namespace: MESH_NAMESPACE },
    })),
  };
}
