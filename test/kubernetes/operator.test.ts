/** The operator's process on a real API server: what people see of it with kubectl. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ServicesAnswer } from "../../mesh/operator-api.ts";
import { SLOW_POLL_MS, until } from "../harness/until.ts";
import { type OwnApiServer, useOwnApiServer, whyNoApiServer } from "./harness/api-server.ts";
import { OperatorProcess } from "./harness/operator-process.ts";

const GROUP = { apiVersion: "heddle.mesh/v1alpha1" };

describe.skipIf(whyNoApiServer())("the operator", () => {
  let api: OwnApiServer;
  let own: string;
  let namespace: string;
  let operator: OperatorProcess;

  beforeAll(async () => {
    api = await useOwnApiServer();
    await api.installCrds();
  });

  afterAll(() => api.close());

  beforeEach(async () => {
    // One that was killed keeps its Lease for a while.
    own = await api.namespace();
    namespace = await api.namespace();
    await api.apply(service("web"), service("web-v1"), slice("web"), slice("web-v1"));
    operator = await start();
  });

  afterEach(() => operator.stop());

  const start = async () =>
    await OperatorProcess.start({ kubeconfig: api.adminKubeconfig, namespace: own });

  function service(name: string): object {
    const ports = [{ name: "http", port: 80, targetPort: 8080 }];
    const metadata = { namespace, name };
    return {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { ports, selector: { app: name } },
    };
  }

  function slice(name: string): object {
    const labels = { "kubernetes.io/service-name": name };
    return {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { namespace, name: `${name}-1`, labels },
      addressType: "IPv4",
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      endpoints: [{ addresses: [`10.1.0.${name.length}`], conditions: { ready: true } }],
    };
  }

  function split(name: string, backends: readonly object[], more: object = {}): object {
    const metadata = { namespace, name };
    return {
      ...GROUP,
      kind: "TrafficSplit",
      metadata,
      spec: { service: "web", backends, ...more },
    };
  }

  const MOST = [
    { service: "web-v1", weight: 90 },
    { service: "web", weight: 10 },
  ];

  /** Weights are kept in their lowest terms. */
  const MOST_SERVED = /\/web-v1:80 9,.*\/web:80 1$/;

  /** A row of `kubectl get`, its cells joined by bars. */
  async function row(...args: readonly string[]): Promise<string> {
    const { stdout } = await api.kubectl(["get", ...args, "-n", namespace, "--no-headers"]);
    return stdout.trim().split(/ {2,}/).join("|");
  }

  async function untilRow(expected: RegExp, ...args: readonly string[]): Promise<void> {
    let last = "";
    await until(
      () => `kubectl get ${args.join(" ")} shows ${expected}; it showed ${last}\n${operator.log}`,
      async () => {
        last = await row(...args);
        return expected.test(last);
      },
      SLOW_POLL_MS,
    );
  }

  async function backends(): Promise<string> {
    const { services } = await operator.get<ServicesAnswer>(`/services?namespace=${namespace}`);
    const [port] = services.find(({ name }) => name === "web")?.ports ?? [];
    return port?.backends.map(({ service: name, weight }) => `${name} ${weight}`).join() ?? "";
  }

  it("says of every kind what became of it, in the tables of kubectl", async () => {
    const target = { kind: "Service", name: "web" };
    const routes = [{ name: "all", condition: { method: "GET" } }];
    await api.apply(
      split("web", MOST),
      { ...GROUP, kind: "ServiceProfile", metadata: { namespace, name: "web" }, spec: { routes } },
      {
        ...GROUP,
        kind: "RetryPolicy",
        metadata: { namespace, name: "web" },
        spec: { targetRef: target, maxRetries: 2 },
      },
    );
    await untilRow(/^web\|web\|web-v1 90%, web 10%\|True\|0\/0\|\d+s$/, "trafficsplits");
    await untilRow(/^web(\|.*)?\|1 route\|True\|0\/0\|\d+s$/, "serviceprofiles");
    await untilRow(/^web\|web\|2\|True\|0\/0\|\d+s$/, "retrypolicies");
    const wait = ["wait", "ts/web", "-n", namespace, "--timeout=10s"];
    const { code, stderr } = await api.kubectl([...wait, "--for=condition=ResolvedRefs"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("names what is wrong with an object, at the object, and serves the others", async () => {
    await api.kubectl(["create", "--validate=ignore", "-f", "-"], {
      input: JSON.stringify(split("misspelt", MOST, { matchs: [] })),
    });
    await api.apply(split("web", MOST));
    await untilRow(/\|True\|0\/0\|/, "ts", "web");
    await untilRow(/\|False\|/, "ts", "misspelt");
    const condition = '-o=jsonpath={.status.conditions[?(@.type=="Accepted")]}';
    const told = await api.kubectl(["get", "ts", "misspelt", "-n", namespace, condition]);
    expect(JSON.parse(told.stdout)).toMatchObject({
      status: "False",
      reason: "UnknownField",
      message: expect.stringContaining("matchs: unknown field"),
    });
    let events = "";
    await until(
      () => `an Event tells of it: ${events}`,
      async () => {
        events = (await api.kubectl(["describe", "ts", "misspelt", "-n", namespace])).stdout;
        return /Warning +UnknownField/.test(events);
      },
      SLOW_POLL_MS,
    );
    expect(await backends()).toMatch(MOST_SERVED);
  });

  it("tells who wins where two speak about the same", async () => {
    await api.apply(split("web", MOST));
    await untilRow(/\|True\|/, "ts", "web");
    await api.apply(split("younger", [{ service: "web-v1", weight: 1 }]));
    await untilRow(/\|True\|\d+s$/, "ts", "younger", "-o", "wide");
    const condition = '-o=jsonpath={.status.conditions[?(@.type=="Conflicted")].message}';
    const told = await api.kubectl(["get", "ts", "younger", "-n", namespace, condition]);
    expect(told.stdout).toContain(`${namespace}/web`);
    expect(await backends()).toMatch(MOST_SERVED);
  });

  it("goes on while the API server is gone, and writes again when it is back", async () => {
    await api.apply(split("web", MOST));
    await untilRow(/\|web-v1 90%, web 10%\|True\|/, "ts", "web");
    const before = await backends();
    await api.kill();
    await operator.untilLogged(/cannot be (read|reached)/);
    expect(await backends()).toBe(before);
    await api.startAgain();
    await api.apply(split("web", [{ service: "web-v1", weight: 1 }]));
    await untilRow(/\|web-v1 100%\|True\|/, "ts", "web");
    expect(await operator.isReady()).toBe(true);
  });

  it("keeps the accepted version of a wrong edit, also when it is killed and starts", async () => {
    await api.apply(split("web", MOST));
    await untilRow(/\|True\|/, "ts", "web");
    const before = await backends();
    await api.kubectl(["apply", "--validate=ignore", "-f", "-"], {
      input: JSON.stringify(split("web", [{ service: "web-v1", weight: 1 }], { matchs: [] })),
    });
    await untilRow(/\|False\|/, "ts", "web");
    expect(await backends()).toBe(before);
    await operator.stop("SIGKILL");
    operator = await start();
    await until("it is ready", () => operator.isReady());
    expect(await backends()).toBe(before);
  });

  it("forgets nothing and repeats nothing over a restart", async () => {
    await api.apply(split("web", MOST));
    await untilRow(/\|True\|/, "ts", "web");
    const version = async () =>
      (await api.kubectl(["get", "ts", "web", "-n", namespace, "-o=jsonpath={.metadata}"])).stdout;
    const before = await version();
    await operator.stop();
    operator = await start();
    await operator.untilLogged(/this operator leads/);
    await api.apply(split("other", [{ service: "web-v1", weight: 1 }]));
    await untilRow(/\|True\|\d+s$/, "ts", "other", "-o", "wide");
    expect(await version()).toBe(before);
  });
});
