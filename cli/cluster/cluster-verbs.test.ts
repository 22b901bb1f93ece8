/** `get`, `check`, `wait` and `stat` where a cluster is asked. */
import { describe, expect, it } from "vitest";
import { EXIT } from "../../base/program.ts";
import { untilInTime } from "../../test/harness/until.ts";
import { runVerb } from "../main.ts";
import { createMemoryContext, type MemoryContextOptions } from "../memory-context.ts";
import { ClusterError } from "./cluster.ts";
import { MemoryCluster, type MemoryClusterOptions } from "./memory-cluster.ts";

const SPLITS = "/apis/heddle.mesh/v1alpha1/trafficsplits";
const SMI_SPLITS = "/apis/split.smi-spec.io/v1alpha2/trafficsplits";
const PODS = "/api/v1/pods";

function operatorPod(name: string, isReady = true) {
  return {
    metadata: {
      name,
      namespace: "heddle",
      resourceVersion: "1",
      labels: { "app.kubernetes.io/name": "heddle-operator" },
    },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: isReady ? "True" : "False" }],
    },
  };
}

const PART_OF_HEDDLE = { "heddle.mesh/part-of": "heddle" };

const LEASE = {
  metadata: { name: "heddle-operator", namespace: "heddle" },
  spec: { holderIdentity: "heddle-operator-b_77" },
};

function split(name: string, status: string) {
  const condition = (type: string) => ({
    ...{ type, status, reason: type, message: "", observedGeneration: 3 },
    lastTransitionTime: "2026-03-01T11:00:00Z",
  });
  return {
    metadata: {
      ...{ name, namespace: "shop", generation: 3, resourceVersion: "7" },
      creationTimestamp: "2026-03-01T10:00:00Z",
    },
    spec: { service: name },
    status: {
      conditions: [condition("Accepted"), condition("Programmed")],
      proxies: "2/2",
      summary: "web-v1 90%, web-v2 10%",
    },
  };
}

function world(options: MemoryClusterOptions = {}): MemoryCluster {
  return new MemoryCluster({
    ...options,
    objects: {
      [PODS]: [operatorPod("heddle-operator-a"), operatorPod("heddle-operator-b")],
      "/apis/coordination.k8s.io/v1/leases": [LEASE],
      ...options.objects,
    },
  });
}

function youMayNot(): ClusterError {
  const said = { status: 403, reason: "Forbidden", detail: "you may not", cause: null };
  return new ClusterError({ ...said, advice: "ask" });
}

async function heddle(line: string, cluster: MemoryCluster, more: MemoryContextOptions = {}) {
  const context = createMemoryContext({ cluster, ...more });
  const code = await runVerb(line.split(" "), context);
  return { code, context, stdout: context.io.stdout.text, stderr: context.io.stderr.text };
}

const foreign = {
  ref: { group: "split.smi-spec.io", kind: "TrafficSplit", namespace: "shop", name: "old" },
  service: "shop/web",
  summary: "web-v1 100%",
  conditions: [{ type: "Accepted", status: "True", reason: "Accepted" }],
};

describe("the operator that is asked", () => {
  it("is one on this machine where one answers", async () => {
    const answers = { "4192/version": {}, "4192/services": { services: [] } };
    const { context } = await heddle("get services", world(), { answers });
    expect(context.asked).toEqual(["4192/version", "4192/services"]);
  });

  it("is the cluster's where a context is named, whatever this machine has", async () => {
    const cluster = world({ pods: { "heddle-operator-b:4192/services": { services: [] } } });
    const { context, code } = await heddle("get services --context test", cluster, {
      answers: { "4192/version": {} },
    });
    expect([code, context.asked]).toEqual([EXIT.ok, []]);
    expect(cluster.asked.at(-1)).toBe("heddle-operator-b:4192/services");
  });

  it("is the one at an address that is named", async () => {
    const answers = { "9/services": { services: [] } };
    const { code } = await heddle("get svc --operator-admin 10.0.0.1:9", world(), { answers });
    expect(code).toBe(EXIT.ok);
  });

  it("is missed with words where none is ready", async () => {
    const cluster = world({ objects: { [PODS]: [operatorPod("heddle-operator-a", false)] } });
    await expect(heddle("get services", cluster)).resolves.toMatchObject({
      code: EXIT.unavailable,
      stderr: expect.stringContaining("no operator is ready in namespace heddle"),
    });
  });
});

describe("heddle get in a cluster", () => {
  it("shows objects of every group, with what the operator says of them", async () => {
    const cluster = world({
      objects: { [SPLITS]: [split("web", "True")], [SMI_SPLITS]: [split("old", "True")] },
      pods: { "heddle-operator-b:4192/objects": { objects: [foreign] } },
    });
    const { code, stdout, stderr } = await heddle("get splits", cluster);
    expect([code, stderr]).toEqual([EXIT.ok, ""]);
    const lines = stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(lines[1]?.slice(0, 3)).toEqual(["shop", "old", "split.smi-spec.io"]);
    expect(lines[2]?.slice(0, 3)).toEqual(["shop", "web", "heddle.mesh"]);
    expect(lines[2]).toContain("web-v1 90%, web-v2 10%");
  });

  it("needs no operator for what stands in the objects", async () => {
    const cluster = world({
      objects: { [PODS]: [], [SPLITS]: [split("web", "False")] },
    });
    const { code, stdout, stderr } = await heddle("get splits", cluster);
    expect(code).toBe(EXIT.ok);
    expect(stdout).toContain("web-v1 90%, web-v2 10%");
    expect(stderr).toContain("what only the operator knows is missing: no operator is ready");
  });

  it.each([
    ["as the operator would", [{ service: "web-v1", weight: 1 }], "shop/shop-web"],
    ["as it is written where something is wrong with it", [], "shop-web"],
  ])("names the service of an object that nobody has judged %s", async (_how, backends, named) => {
    const { status: _, ...fresh } = split("web", "True");
    const spec = { service: "shop-web", backends };
    const cluster = world({ objects: { [PODS]: [], [SPLITS]: [{ ...fresh, spec }] } });
    const { stdout } = await heddle("get splits -A", cluster);
    expect(stdout).toMatch(new RegExp(`^shop +web +heddle\\.mesh +${named} +- `, "m"));
  });

  it("tells of a right that is missing", async () => {
    const cluster = world({ objects: { [SPLITS]: [] } });
    cluster.fails = (verb, path) => (verb === "LIST" && path === SPLITS ? youMayNot() : undefined);
    const { code, stderr } = await heddle("get splits", cluster);
    expect([code, stderr]).toEqual([
      EXIT.failed,
      expect.stringContaining("you may not; name one namespace"),
    ]);
  });

  const forbids = (cluster: MemoryCluster, ...paths: readonly string[]) => {
    cluster.fails = (verb, path) =>
      verb === "LIST" && paths.some((one) => path.startsWith(one)) ? youMayNot() : undefined;
  };

  it("leaves out kinds of others that one may not see, and says where there are any", async () => {
    const objects = { [SPLITS]: [split("web", "True")] };
    const cluster = world({ objects, pods: { "heddle-operator-b:4192/objects": { objects: [] } } });
    forbids(cluster, "/apis/split.smi-spec.io/");
    const none = await heddle("get splits", cluster);
    expect([none.code, none.stderr]).toEqual([EXIT.ok, ""]);
    const answers = { "/apis/split.smi-spec.io": {} };
    const other = world({
      ...{ objects, answers },
      pods: { "heddle-operator-b:4192/objects": { objects: [] } },
    });
    forbids(other, "/apis/split.smi-spec.io/");
    const some = await heddle("get splits", other);
    expect([some.code, some.stderr]).toEqual([
      EXIT.ok,
      "trafficsplits of split.smi-spec.io are left out, which you may not list\n",
    ]);
    expect(some.stdout).toContain("web-v1 90%, web-v2 10%");
  });

  it("says where the kind itself is missing", async () => {
    const pods = { "heddle-operator-b:4192/objects": { objects: [] } };
    const { code, stderr } = await heddle("get splits", world({ pods }));
    expect([code, stderr]).toEqual([
      EXIT.ok,
      expect.stringContaining("the cluster has no kind trafficsplits.heddle.mesh"),
    ]);
  });

  it("says once what may not be seen, and that one namespace may do", async () => {
    const cluster = world({ objects: { [SPLITS]: [] } });
    forbids(cluster, "/");
    const all = await heddle("get splits", cluster);
    const advice = "name one namespace that you may look into with -n";
    expect(all.stderr).toBe(`heddle get: you may not; ${advice}\n`);
    const one = await heddle("get splits -n shop", cluster);
    expect(one.stderr).toBe("heddle get: you may not; ask\n");
  });

  it.each([
    ["asks the one that leads for the proxies of all", "heddle-operator-b_77", ["api-0"]],
    ["joins the proxies of all while none leads", "", ["api-0", "web-0"]],
  ])("%s", async (_, holderIdentity, wanted) => {
    const proxies = (name: string) => ({ proxies: [{ id: "1", name, namespace: "shop" }] });
    const cluster = world({
      objects: {
        "/apis/coordination.k8s.io/v1/leases": [{ ...LEASE, spec: { holderIdentity } }],
      },
      pods: {
        "heddle-operator-a:4192/proxies": proxies("web-0"),
        "heddle-operator-b:4192/proxies": proxies("api-0"),
      },
    });
    const { stdout } = await heddle("get proxies -o json", cluster);
    const names = JSON.parse(stdout).proxies.map((one: { name: string }) => one.name);
    expect(names).toEqual(wanted);
  });
});

describe("heddle check in a cluster", () => {
  const NODES = "/api/v1/nodes";
  const CONDITIONS = [{ type: "Available", status: "True" }];
  const deployments = ["heddle-operator", "heddle-webhook"].map((name) => ({
    metadata: { name, namespace: "heddle", generation: 1, labels: PART_OF_HEDDLE },
    spec: { replicas: 1 },
    status: {
      ...{ observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
      conditions: CONDITIONS,
    },
  }));

  async function check(line: string, forbidden: (path: string) => boolean) {
    const cluster = world({
      objects: { "/apis/apps/v1/deployments": deployments, [NODES]: [] },
      answers: { "/version": { gitVersion: "v1.36.0" } },
    });
    cluster.fails = (_verb, path) => (forbidden(path) ? youMayNot() : undefined);
    const { code, stdout } = await heddle(`${line} -o json --context c`, cluster);
    const { groups } = JSON.parse(stdout) as {
      groups: { results: { name: string; verdict: string; detail: string }[] }[];
    };
    const results = groups.flatMap((group) => group.results);
    const unseen = results.filter(({ detail }) => detail.startsWith("cannot be looked at"));
    return { code, unseen: Object.fromEntries(unseen.map((one) => [one.name, one.verdict])) };
  }

  it("has failed where nothing may be looked at", async () => {
    const { code, unseen } = await check("check", (path) => path !== "/version");
    expect([code, unseen]).toEqual([
      EXIT.failed,
      expect.objectContaining({ deployments: "failed", kinds: "warning", installed: "warning" }),
    ]);
  });

  it("tells what may not be looked at beside what may", async () => {
    const { unseen } = await check("check", (path) => path.startsWith(NODES));
    expect(unseen).toEqual({ "kubelet-versions": "warning" });
  });

  it("tells of pods that lack their proxy where no namespace asks for any", async () => {
    const entry = { namespace: "shop", pod: "web-0", owner: "", version: "", reason: "missed" };
    const injection = {
      uninjected: [{ ...entry, detail: "it was made before", mend: "restart it" }],
      ...{ uninjectedTotal: 1, outdated: [], outdatedTotal: 0 },
    };
    const cluster = world({
      objects: { "/apis/apps/v1/deployments": deployments, "/api/v1/namespaces": [] },
      answers: { "/version": { gitVersion: "v1.36.0" } },
      pods: { "heddle-operator-b:4192/injection": injection },
    });
    const { stdout } = await heddle("check -o short --context c", cluster);
    expect(stdout).toContain(
      "‼ pods without the proxy that is asked for (missed): shop/web-0\n" +
        "    it was made before; restart it\n",
    );
  });

  it("has failed beforehand where rights cannot be asked for", async () => {
    const { code, unseen } = await check("check --pre", (path) => path !== "/version");
    expect([code, unseen]).toMatchObject([EXIT.failed, { "install-rights": "failed" }]);
  });
});

describe("heddle version in a cluster", () => {
  it("asks the operator that leads", async () => {
    const cluster = world({ pods: { "heddle-operator-b:4192/version": { version: "9.9.9" } } });
    const { code, stdout } = await heddle("version", cluster);
    expect(code).toBe(EXIT.ok);
    expect(stdout).toContain("operator: 9.9.9 (pod heddle/heddle-operator-b)\n");
  });

  it("says so where it cannot be asked", async () => {
    const { code, stdout } = await heddle("version", world({ objects: { [PODS]: [] } }));
    expect([code, stdout]).toEqual([
      EXIT.ok,
      expect.stringContaining("operator: unavailable (context test)\n"),
    ]);
  });
});

describe("heddle stat in a cluster", () => {
  it("adds up what the proxies of all replicas reported", async () => {
    const stats = (requests: number, latency: number[]) => ({
      windowMs: 60_000,
      rows: [
        {
          ...{ direction: "outbound", service: "svc/shop/web:80", requests, successes: requests },
          ...{ rps: requests / 60, p50Ms: 1, p95Ms: 1, p99Ms: 1, latency },
        },
      ],
    });
    const cluster = world({
      pods: {
        // 90 fast answers here, 10 slow ones there: the slow ones are the last tenth of all.
        "heddle-operator-a:4192/stats": stats(90, [8, 90]),
        "heddle-operator-b:4192/stats": stats(10, [100, 10]),
      },
    });
    const { stdout } = await heddle("stat -o json", cluster);
    const [row] = JSON.parse(stdout).rows;
    expect(row).toMatchObject({ requests: 100, successes: 100 });
    expect(row.p50Ms).toBeLessThan(1);
    expect(row.p95Ms).toBeGreaterThan(100);
    expect(row).not.toHaveProperty("latency");
  });
});

describe("heddle wait in a cluster", () => {
  it("reads the status that stands in the object, in the context's namespace", async () => {
    const cluster = world({ objects: { [SPLITS]: [split("web", "False")] } });
    const context = createMemoryContext({ cluster });
    let code: number | undefined;
    const done = runVerb(["wait", "split/web", "--for", "programmed"], context).then((it) => {
      code = it;
    });
    const looks = () => cluster.asked.filter((path) => path === `LIST ${SPLITS}`).length;
    await untilInTime(context.timers, 500, "a second look", () => looks() > 1);
    expect(code).toBeUndefined();
    cluster.put(SPLITS, split("web", "True"));
    await untilInTime(context.timers, 500, "the end of the verb", () => code !== undefined);
    await done;
    expect(code).toBe(EXIT.ok);
    expect(context.io.stdout.text).toBe("split/web Programmed: Programmed (proxies 2/2)\n");
  });

  it("goes on while an API server that has answered is away", async () => {
    const cluster = world({ objects: { [SPLITS]: [split("web", "False")] } });
    const context = createMemoryContext({ cluster });
    const gone = new ClusterError({
      ...{ status: 0, reason: "Unreachable", detail: "gone", advice: "", cause: null },
    });
    const line = ["wait", "split/web", "--timeout", "10m"];
    const early = createMemoryContext({ cluster });
    cluster.fails = () => gone;
    expect(await runVerb(line, early)).toBe(EXIT.unavailable);
    cluster.fails = () => undefined;
    let code: number | undefined;
    const done = runVerb(line, context).then((it) => {
      code = it;
    });
    const looks = () => cluster.asked.filter((path) => path === `LIST ${SPLITS}`).length;
    const before = looks();
    await untilInTime(context.timers, 100, "a look", () => looks() > before);
    cluster.fails = () => gone;
    const then = looks();
    await untilInTime(context.timers, 100, "looks at nothing", () => looks() > then + 2);
    expect(code).toBeUndefined();
    cluster.put(SPLITS, split("web", "True"));
    cluster.fails = () => undefined;
    await untilInTime(context.timers, 100, "the end of the verb", () => code !== undefined);
    await done;
    expect(code).toBe(EXIT.ok);
  });
});
