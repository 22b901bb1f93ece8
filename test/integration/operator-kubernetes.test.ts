/** `heddle operator --kubernetes`, whole, against an API server that comes and goes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryIo } from "../../base/memory-io.ts";
import { systemTimers } from "../../base/platform/system.ts";
import { runProgram } from "../../base/program.ts";
import { isRecord } from "../../base/shape.ts";
import type { InjectionAnswer, ObjectsAnswer, ServicesAnswer } from "../../mesh/operator-api.ts";
import { operator } from "../../operator/main.ts";
import { fillCluster, PATHS, split } from "../harness/cluster-objects.ts";
import { type FakeApiListener, listenForFake } from "../harness/fake-api-listener.ts";
import { FakeApiServer, statusBody } from "../harness/fake-api-server.ts";
import { until } from "../harness/until.ts";

const EVENTS = "/apis/events.k8s.io/v1/events";

let folder: string;
let io: MemoryIo;
let server: FakeApiServer;
let listener: FakeApiListener;
let running: Promise<number>[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "heddle-kubernetes-"));
  io = new MemoryIo({ workingFolder: folder });
  server = new FakeApiServer(systemTimers);
  fillCluster(server);
  listener = await listenForFake(server);
  running = [];
});

afterEach(async () => {
  io.raise("SIGTERM");
  await Promise.all(running);
  await listener.close();
  rmSync(folder, { recursive: true });
});

function writeKubeconfig(user: object): string {
  // Without this, plain HTTP is refused.
  const trust = { "insecure-skip-tls-verify": true };
  const server = `${listener.url}/`;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "c", cluster: { server, ...trust } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "test", context: { cluster: "c", user: "u" } }],
  };
  writeFileSync(join(folder, "kubeconfig"), JSON.stringify(config));
  return "kubeconfig";
}

async function run(...args: readonly string[]): Promise<number> {
  return await runProgram(operator, ["--kubernetes", ...args], io);
}

async function start(user: object = { token: "secret" }, flags: readonly string[] = []) {
  const ports = ["--control", "127.0.0.1:0", "--operator-admin", "127.0.0.1:0"];
  running.push(run("--kubeconfig", writeKubeconfig(user), ...ports, ...flags));
  await io.stderr.until(/admin=\S+ from=kubernetes/);
  const [, admin = ""] = /admin=(\S+)/.exec(io.stderr.text) ?? [];
  return {
    status: async (path: string) => (await fetch(`http://${admin}${path}`)).status,
    text: async (path: string) => await (await fetch(`http://${admin}${path}`)).text(),
    get: async <T>(path: string) => (await (await fetch(`http://${admin}${path}`)).json()) as T,
  };
}

const backendsOf = (get: <T>(path: string) => Promise<T>) => async () => {
  const { services } = await get<ServicesAnswer>("/services?namespace=shop");
  const [port] = services.find(({ name }) => name === "web")?.ports ?? [];
  return port?.backends.map(({ service, weight }) => `${service} ${weight}`) ?? [];
};

describe("heddle operator --kubernetes", () => {
  it("serves the objects of a cluster, and edits of them", async () => {
    const { get, status } = await start();
    expect(io.stderr.text).toContain("the operator is ready");
    expect(await status("/ready")).toBe(200);
    const backends = backendsOf(get);
    const before = await backends();
    expect(before).toHaveLength(2);
    server.put(PATHS.splits, split(50, 2));
    await until("the edit is served", async () => String(await backends()) !== String(before));
    await io.stderr.until("TrafficSplit shop/web: generation 2 is live");
    const written = () => server.objects(PATHS.splits)[0]?.status;
    await until("status is written", () => isRecord(written()) && io.stderr.text.includes("leads"));
    expect(written()).toMatchObject({ proxies: "0/0" });
    expect(new Set(listener.authorizations)).toEqual(new Set(["Bearer secret"]));
  });

  it("follows each kind once, whoever wants to know of it", async () => {
    const { status } = await start();
    await until("it is ready", async () => (await status("/ready")) === 200);
    const counts = () =>
      Object.entries(PATHS).map(([kind, path]) => [kind, server.watchCount(path)]);
    const once = Object.keys(PATHS).map((kind) => [kind, 1]);
    await until("all are followed", () => String(counts()) === String(once));
    await io.stderr.until("this operator leads");
    expect(counts()).toEqual(once);
  });

  it("serves the rest without a kind that it may not read, and says so", async () => {
    server.interfere = ({ path }) =>
      path === PATHS.policies ? { answer: 403, body: statusBody(403, "Forbidden") } : undefined;
    const { get, text } = await start();
    await until("it is ready", async () => (await text("/ready")).startsWith("ready\n"));
    expect(await text("/ready")).toContain("retrypolicies.heddle.mesh: Forbidden it is\n");
    expect(await backendsOf(get)()).toHaveLength(2);
    expect(await text("/metrics")).toContain(
      'kube_kinds{resource="retrypolicies.heddle.mesh",state="forbidden"} 1',
    );
  });

  it("shows the pods that lack their proxy, and tells at their owner", async () => {
    const annotations = { "heddle.mesh/inject": "enabled" };
    server.put(PATHS.namespaces, { metadata: { name: "shop", annotations } });
    server.put(PATHS.pods, {
      metadata: { name: "web-1", namespace: "shop" },
      spec: { containers: [{ name: "app" }] },
    });
    const { get } = await start();
    const found = async () => (await get<InjectionAnswer>("/injection")).uninjected;
    await until("it is found", async () => (await found()).length === 1);
    expect(await found()).toMatchObject([{ pod: "web-1", reason: "missed" }]);
    const told = () => server.objects(EVENTS).some(({ reason }) => reason === "NotInjected");
    await until("it is told", told);
  });

  it("misses proxies by what the webhook goes by, where both are told", async () => {
    const metadata = { name: "web-1", namespace: "shop" };
    const annotations = { "config.linkerd.io/proxy-cpu-limit": "lots" };
    const spec = { containers: [{ name: "app" }] };
    server.put(PATHS.namespaces, { metadata: { name: "shop" } });
    server.put(PATHS.pods, { metadata, spec });
    server.put(PATHS.pods, { metadata: { ...metadata, name: "web-2", annotations }, spec });
    const flags = ["--inject-unasked", "--accept-linkerd-annotations"];
    const { get } = await start({ token: "secret" }, flags);
    const found = async () => {
      const { uninjected } = await get<InjectionAnswer>("/injection");
      return uninjected.map(({ pod, reason }) => `${pod}: ${reason}`).sort();
    };
    await until("both are found", async () => (await found()).length === 2);
    expect(await found()).toEqual(["web-1: missed", "web-2: bad-annotation"]);
  });

  it.each([
    ["mode: explicit", "missed", ""],
    ["mode: explizit", "pod-security", 'a mistake.*problem="mode .*explicit'],
  ])("misses them by the defaults file %j as: %s", async (text, reason, complaint) => {
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    const annotations = { "heddle.mesh/inject": "enabled" };
    server.put(PATHS.namespaces, { metadata: { name: "shop", labels, annotations } });
    const metadata = { name: "web-1", namespace: "shop" };
    server.put(PATHS.pods, { metadata, spec: { containers: [{ name: "app" }] } });
    writeFileSync(join(folder, "defaults.yaml"), text);
    const { get } = await start({ token: "secret" }, ["--defaults", "defaults.yaml"]);
    const found = async () => (await get<InjectionAnswer>("/injection")).uninjected;
    await until("it is found", async () => (await found()).length === 1);
    expect(await found()).toMatchObject([{ pod: "web-1", reason }]);
    expect(io.stderr.text).toMatch(new RegExp(complaint));
  });

  it("keeps the accepted version of an object, and says what is wrong with a newer", async () => {
    const { get } = await start();
    server.put(PATHS.splits, split("ninety", 2));
    await io.stderr.until(/ error: TrafficSplit shop\/web: spec\.backends\[0\]/);
    const refused = async () => {
      const { objects } = await get<ObjectsAnswer>("/objects?kind=TrafficSplit");
      const [accepted] = objects[0]?.conditions ?? [];
      const isNewest = accepted?.status === "False" && accepted.observedGeneration === 2;
      return isNewest && accepted.message.includes("generation 1 stays live");
    };
    await until("the edit is refused", refused);
  });

  it("serves on while the API server is gone, and catches up when it is back", async () => {
    const { get } = await start();
    const backends = backendsOf(get);
    const before = await backends();
    const { address } = listener;
    await listener.close();
    await io.stderr.until(/cannot be read now: .*ECONNREFUSED/);
    expect(await backends()).toEqual(before);
    server.put(PATHS.splits, split(30, 2));
    listener = await listenForFake(server, address);
    await until("the edit is served", async () => String(await backends()) !== String(before));
  });

  it("starts without an API server, is not ready, and can be stopped", async () => {
    await listener.close();
    const { status } = await start();
    expect(io.stderr.text).toContain("is ready when it has read all objects");
    expect(await status("/ready")).toBe(503);
    io.raise("SIGTERM");
    expect(await running[0]).toBe(0);
  });

  it("reads its kubeconfig again when its token is refused", async () => {
    await listener.close();
    listener = await listenForFake(server, undefined, (shown) => shown !== "Bearer new");
    const { status } = await start({ token: "old" });
    expect(await status("/ready")).toBe(503);
    writeKubeconfig({ token: "new" });
    await until("it is ready", async () => (await status("/ready")) === 200);
  });
});

describe("a command line that cannot work", () => {
  it.each([
    [[], 2, /this is no pod: --kubeconfig/],
    [["mesh"], 2, /mesh: with --kubernetes there is no folder/],
  ])("%j ends with %i", async (args, code, message) => {
    expect(await run(...args)).toBe(code);
    expect(io.stderr.text).toMatch(message);
  });
});
