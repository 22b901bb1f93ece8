import { describe, expect, it } from "vitest";
import { EXIT } from "../../base/program.ts";
import { MemoryCluster } from "../cluster/memory-cluster.ts";
import { runVerb } from "../main.ts";
import { createMemoryContext, type MemoryContextOptions } from "../memory-context.ts";

const KEY = "svc/shop/web:80";
const RESOURCE = { type: "destination", key: KEY, revision: "0123456789abcdef", objects: [] };
const ENDPOINT = {
  ...{ id: "10.0.0.1:80", address: "10.0.0.1", port: 80, state: "ready", weight: 1 },
  ...{ zone: "a", node: "n1", protocol: "plain", proxied: true, identity: "" },
};

const SESSION = {
  ...{ id: "1", name: "web-0", namespace: "shop", version: "1" },
  resources: [
    { type: "destination", key: KEY, held: "r1", current: "r2", refused: "", missing: [] },
    { type: "endpoints", key: KEY, held: "r1", current: "r1", refused: "", missing: [] },
    { type: "workload", key: "", held: null, current: "r", refused: "no", missing: [] },
    { type: "address", key: "10.0.0.9:1", held: null, current: null, refused: "", missing: [] },
  ],
};

function operatorPod(name: string) {
  return {
    metadata: {
      ...{ name, namespace: "heddle", resourceVersion: "1" },
      labels: { "app.kubernetes.io/name": "heddle-operator" },
    },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  };
}

async function heddle(line: string, options: MemoryContextOptions) {
  const context = createMemoryContext(options);
  const code = await runVerb(["diagnostics", ...line.split(" ")], context);
  const { stdout, stderr } = context.io;
  return { code, context, stdout: stdout.text, stderr: stderr.text };
}

const cells = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));

describe("heddle diagnostics", () => {
  const sessions = { "4192/sessions": { sessions: [SESSION] } };

  it("shows what a proxy holds, beside what it should hold", async () => {
    const { code, stdout, context } = await heddle("pod web-0 -n shop", { answers: sessions });
    expect(code).toBe(EXIT.ok);
    expect(context.asked).toEqual(["4192/sessions?namespace=shop&name=web-0"]);
    expect(cells(stdout)).toEqual([
      ["TYPE", "KEY", "HELD", "CURRENT", "STATE"],
      ["destination", KEY, "r1", "r2", "behind"],
      ["endpoints", KEY, "r1", "r1", "current"],
      ["workload", "-", "-", "r", "refused: no"],
      ["address", "10.0.0.9:1", "-", "-", "absent"],
    ]);
  });

  it("says when a pod has no proxy that is connected", async () => {
    const answers = { "4192/sessions": { sessions: [] } };
    const { code, stderr } = await heddle("pod shop/web-1", { answers });
    expect([code, stderr]).toEqual([
      EXIT.failed,
      expect.stringContaining("no proxy of shop/web-1 is connected"),
    ]);
  });

  const [destination, ...more] = SESSION.resources;
  const told = { ...SESSION, id: "a/1", isOwn: false, resources: [destination] };
  it.each([
    ["whoever serves the pod", { sessions: [{ ...SESSION, isOwn: true }] }, 1 + more.length, ""],
    ["who leads, where that one has no answer", {}, 1, "that is not all"],
    ["who leads, where that one is gone", undefined, 1, "one operator does not answer"],
  ])("asks every operator of a cluster, and believes %s", async (_, answer, rows, note) => {
    const cluster = new MemoryCluster({
      objects: {
        "/api/v1/pods": ["a", "b"].map((name) => operatorPod(`heddle-operator-${name}`)),
        "/apis/coordination.k8s.io/v1/leases": [
          {
            metadata: { name: "heddle-operator", namespace: "heddle", resourceVersion: "1" },
            spec: { holderIdentity: "heddle-operator-b_77" },
          },
        ],
      },
      pods: {
        "heddle-operator-b:4192/sessions": { sessions: [told] },
        ...(answer === undefined
          ? {}
          : { "heddle-operator-a:4192/sessions": { sessions: [], ...answer } }),
      },
    });
    const { code, stdout, stderr } = await heddle("pod shop/web-0", { cluster });
    expect([code, stderr]).toEqual([EXIT.ok, note === "" ? "" : expect.stringContaining(note)]);
    expect(cells(stdout)).toHaveLength(1 + rows);
  });

  const resources = (body: object) => ({
    "4192/resource": { resource: { ...RESOURCE, body } },
    "4192/services": {
      services: [{ namespace: "shop", name: "web", ports: [{ key: KEY, port: 80 }] }],
    },
  });

  it("shows all that a pod's namespace is sent of a service", async () => {
    const body = { endpointSets: [KEY], rules: [] };
    const { stdout, context } = await heddle("pod shop/web-0 --service web -o json", {
      answers: resources(body),
    });
    expect(JSON.parse(stdout)).toMatchObject({ destination: { body }, endpoints: [{ key: KEY }] });
    const key = encodeURIComponent(KEY);
    expect(context.asked).toEqual([
      "4192/services?namespace=shop",
      `4192/resource?type=destination&key=${key}&namespace=shop`,
      `4192/resource?type=endpoints&key=${key}&namespace=shop`,
    ]);
  });

  it("shows where a service is served", async () => {
    const answers = resources({ endpoints: [ENDPOINT] });
    const { stdout } = await heddle("endpoints web.shop.svc.cluster.local:80", { answers });
    expect(cells(stdout)[1]).toEqual([
      ...["10.0.0.1", "80", "ready", "1", "a", "n1", "plain", "true"],
    ]);
  });

  it.each([
    ["pod", "NAME is missing"],
    ["pod a/b/c", "is no pod: NAME, or NAMESPACE/NAME"],
    ["endpoints Web!", "is no service"],
    ["endpoints api -n shop", "the operator knows no service api"],
    ["nothing", "nothing"],
  ])("refuses %s", async (line, message) => {
    const { code, stderr } = await heddle(line, { answers: resources({}) });
    expect(code).not.toBe(EXIT.ok);
    expect(stderr).toContain(message);
  });

  it("asks the proxy of a pod from within the pod", async () => {
    const cluster = new MemoryCluster({
      objects: {
        "/api/v1/pods": [
          {
            metadata: {
              ...{ name: "web-0", namespace: "shop", resourceVersion: "1" },
              labels: { "heddle.mesh/proxied": "transparent" },
            },
            spec: {
              initContainers: [{ ports: [{ name: "heddle-admin", containerPort: 4999 }] }],
            },
          },
          { metadata: { name: "bare", namespace: "shop", resourceVersion: "1" } },
        ],
      },
      pods: { "web-0:4999/config": { a: 1 }, "web-0:4999/metrics": "up 1\n" },
    });
    const config = await heddle("proxy-config web-0", { cluster });
    expect([config.code, JSON.parse(config.stdout)]).toEqual([EXIT.ok, { a: 1 }]);
    expect((await heddle("proxy-metrics shop/web-0", { cluster })).stdout).toBe("up 1\n");
    const bare = await heddle("proxy-config bare", { cluster });
    expect(bare.stderr).toContain("pod shop/bare has no proxy");
    const none = await heddle("proxy-config -n other web-0", { cluster });
    expect(none.stderr).toContain("there is no pod other/web-0");
  });

  it("asks the proxy of this machine where no pod is named", async () => {
    const { stdout } = await heddle("proxy-config", { answers: { "4191/config": { b: 2 } } });
    expect(JSON.parse(stdout)).toEqual({ b: 2 });
  });

  it("shows the operator's metrics as they are", async () => {
    const answers = { "4192/metrics": "# HELP x y\nx 1\n" };
    expect((await heddle("operator-metrics", { answers })).stdout).toBe("# HELP x y\nx 1\n");
  });
});
