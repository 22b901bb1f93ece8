import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Metrics } from "../../base/metrics.ts";
import type { ManualTimers } from "../../base/timers.ts";
import { defaultInjectOptions } from "../../inject/inject-options.ts";
import type { EventNews } from "../../kube/events.ts";
import { PATHS } from "../../test/harness/cluster-objects.ts";
import type { FakeApiServer, FakeObject } from "../../test/harness/fake-api-server.ts";
import { followCluster } from "../../test/harness/followed-cluster.ts";
import type { Cluster } from "../sources/kubernetes/cluster.ts";
import { InjectionBook } from "./injection-book.ts";
import { InjectionEvents } from "./injection-events.ts";
import { describeInjection, observeInjection } from "./observe-injection.ts";

const ENABLED = { "heddle.mesh/inject": "enabled" };

let timers: ManualTimers;
let server: FakeApiServer;
let cluster: Cluster;
let book: InjectionBook;
let holds: boolean;
let told: EventNews[];
let events: InjectionEvents;

beforeEach(() => {
  ({ timers, server, cluster } = followCluster());
  const policy = {
    ...{ meshNamespace: "heddle", injectUnasked: false, acceptLinkerd: false },
    defaults: defaultInjectOptions("", ""),
  };
  book = new InjectionBook({ cluster, policy, version: "1.0.0", clock: timers.clock, timers });
  holds = true;
  told = [];
  events = new InjectionEvents({
    book,
    leadership: { holds: () => holds },
    recorder: { record: (news) => told.push(news) },
  });
});

afterEach(async () => {
  book.stop();
  await cluster.stop();
});

function namespace(name: string, annotations: object = {}): FakeObject {
  return { metadata: { name, annotations } };
}

interface Said {
  readonly namespace?: string;
  readonly annotations?: object;
  readonly containers?: readonly string[];
  readonly spec?: object;
}

function pod(name: string, said: Said = {}): FakeObject {
  const controller = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-abc", uid: "rs" };
  return {
    metadata: {
      ...{ name, namespace: said.namespace ?? "shop", uid: `uid-of-${name}` },
      labels: { "pod-template-hash": "abc" },
      annotations: said.annotations ?? {},
      ownerReferences: [{ ...controller, controller: true }],
    },
    spec: {
      containers: (said.containers ?? ["app"]).map((one) => ({ name: one })),
      ...said.spec,
    },
    status: { phase: "Running" },
  };
}

const injected = (version: string): Said => ({
  annotations: { "heddle.mesh/injection": "x", "heddle.mesh/proxy-version": version },
  containers: ["heddle-proxy", "app"],
});

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  timers.advance(200);
}

async function start(): Promise<void> {
  await cluster.start();
  book.start();
  events.start();
  await settle();
}

const found = () =>
  [...book.list()].map(({ pod: { name }, problem, reason }) => `${name} ${problem} ${reason}`);

describe("pods that ask for a proxy", () => {
  it("and run without one are found, and those that do not ask are not", async () => {
    server.put(PATHS.namespaces, namespace("shop", ENABLED));
    server.put(PATHS.namespaces, namespace("plain"));
    server.put(PATHS.pods, pod("missed"));
    server.put(PATHS.pods, pod("good", injected("1.0.0")));
    server.put(PATHS.pods, pod("out", { annotations: { "heddle.mesh/inject": "disabled" } }));
    server.put(PATHS.pods, pod("plain", { namespace: "plain" }));
    server.put(PATHS.pods, pod("own", { namespace: "plain", annotations: ENABLED }));
    server.put(PATHS.pods, pod("host", { spec: { hostNetwork: true } }));
    await start();
    expect(found().sort()).toEqual([
      "host uninjected host-network",
      "missed uninjected missed",
      "own uninjected missed",
    ]);
  });

  it("are found when their namespace asks, until it does not or they are made anew", async () => {
    server.put(PATHS.namespaces, namespace("shop"));
    for (const name of ["a", "b"]) server.put(PATHS.pods, pod(name));
    await start();
    expect(found()).toEqual([]);
    server.put(PATHS.namespaces, namespace("shop", ENABLED));
    await settle();
    expect(found()).toEqual(["a uninjected missed", "b uninjected missed"]);
    server.remove(PATHS.pods, "a");
    server.put(PATHS.pods, pod("c", injected("1.0.0")));
    await settle();
    expect(found()).toEqual(["b uninjected missed"]);
    server.put(PATHS.namespaces, namespace("shop"));
    await settle();
    expect(found()).toEqual([]);
  });

  it("are judged anew when another policy is in force", async () => {
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    server.put(PATHS.namespaces, {
      metadata: { name: "shop", labels, annotations: ENABLED },
    });
    server.put(PATHS.pods, pod("a"));
    await start();
    expect(found()).toEqual(["a uninjected pod-security"]);
    const options = defaultInjectOptions("", "");
    const policy = { meshNamespace: "heddle", injectUnasked: false, acceptLinkerd: false };
    book.policyChanged({ ...policy, defaults: { ...options, mode: "explicit" } });
    timers.advance(200);
    expect(found()).toEqual(["a uninjected missed"]);
    book.policyChanged({ ...policy, defaults: options });
    timers.advance(200);
    expect(found()).toEqual(["a uninjected pod-security"]);
  });

  it("are found in turns, so that nobody waits for ten thousand of them", async () => {
    server.put(PATHS.namespaces, namespace("shop", ENABLED));
    for (let n = 0; n < 100; n++) server.put(PATHS.pods, pod(`p${n}`));
    await cluster.start();
    book.stop();
    let reads = 0;
    const clock = new ManualClock();
    const slow = new InjectionBook({
      ...{ cluster, timers, version: "1.0.0" },
      policy: {
        ...{ meshNamespace: "heddle", injectUnasked: false, acceptLinkerd: false },
        defaults: defaultInjectOptions("", ""),
      },
      // A millisecond for each pod.
      clock: { nowMs: () => reads++, wallMs: () => clock.wallMs() },
    });
    slow.start();
    let most = 0;
    slow.subscribe((changed) => {
      most = Math.max(most, changed.length);
    });
    timers.advance(200);
    slow.stop();
    expect([[...slow.list()].length, most < 5]).toEqual([100, true]);
  });
});

it("proxies of another version are found, and nothing is told of them", async () => {
  server.put(PATHS.namespaces, namespace("shop", ENABLED));
  server.put(PATHS.pods, pod("old", injected("0.9.0")));
  await start();
  expect(found()).toEqual(["old outdated "]);
  expect(told).toEqual([]);
});

describe("the operator that leads", () => {
  it("tells once at the owner, until it is so no more and comes again", async () => {
    server.put(PATHS.namespaces, namespace("shop", ENABLED));
    for (const name of ["a", "b"]) server.put(PATHS.pods, pod(name));
    await start();
    expect(told).toMatchObject([
      {
        reason: "NotInjected",
        regarding: { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-abc", uid: "rs" },
      },
    ]);
    expect(told[0]?.note).toMatch(/^Pod a of Deployment web runs without .*; restart it/);
    server.put(PATHS.pods, pod("c"));
    await settle();
    expect(told).toHaveLength(1);
    for (const name of ["a", "b", "c"]) server.remove(PATHS.pods, name);
    await settle();
    server.put(PATHS.pods, pod("d"));
    await settle();
    expect(told).toHaveLength(2);
  });

  it("is the only one that tells, and tells of all when it begins to lead", async () => {
    holds = false;
    server.put(PATHS.namespaces, namespace("shop", ENABLED));
    server.put(PATHS.pods, pod("a"));
    await start();
    expect(told).toEqual([]);
    holds = true;
    events.leadershipChanged();
    expect(told).toHaveLength(1);
  });
});

it("shows how many there are, and which", async () => {
  server.put(PATHS.namespaces, namespace("shop", ENABLED));
  server.put(PATHS.pods, pod("b"));
  server.put(PATHS.pods, pod("a"));
  server.put(PATHS.pods, pod("old", injected("0.9.0")));
  await start();
  const metrics = new Metrics({ clock: timers.clock });
  observeInjection(metrics, book);
  const text = [...metrics.expose()].join("");
  expect(text).toContain('uninjected_pods{namespace="shop",reason="missed"} 2');
  expect(text).toContain('outdated_pods{version="0.9.0"} 1');
  const answer = describeInjection(book, "shop");
  expect(answer.uninjected.map(({ pod: name, owner }) => [name, owner])).toEqual([
    ["a", "Deployment/web"],
    ["b", "Deployment/web"],
  ]);
  expect(answer).toMatchObject({ uninjectedTotal: 2, outdatedTotal: 1 });
  expect(describeInjection(book, "other")).toMatchObject({ uninjected: [], outdated: [] });
});
