import { beforeEach, describe, expect, it } from "vitest";
import { Metrics } from "../../base/metrics.ts";
import { createSeededRandom } from "../../base/random.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import {
  type BackendSettings,
  DEFAULT_BALANCER,
  DEFAULT_BREAKER,
  DEFAULT_DISCOVERY,
} from "../../mesh/backend-settings.ts";
import type { Endpoint } from "../../mesh/endpoint-set.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { DEFAULT_HTTP1_LIMITS } from "../../wire/http1/limits.ts";
import type { EndpointLoad } from "../balance/peak-ewma.ts";
import { sampleEndpoint } from "../balance/sample-endpoint.ts";
import { DEFAULT_CLIENT_TIMING } from "../connection/client-connection.ts";
import { TOO_SLOW } from "../exchange/exchange.ts";
import { sampleExchange } from "../exchange/sample-exchange.ts";
import { SampleLayer } from "../layers/sample-layer.ts";
import { SampleNetwork, SampleStream } from "../net/sample-stream.ts";
import { DEFAULT_POOL_LIMITS, type PoolLimits } from "../pool/endpoint-pool.ts";
import { DiscoveryRecorder } from "../telemetry/discovery-recorder.ts";
import { EvictionRecorder } from "../telemetry/eviction-recorder.ts";
import { Backend } from "./backend.ts";

const WEB = formatServiceKey({ scheme: "svc", namespace: "shop", name: "web", port: 80 });
const GET = "GET / HTTP/1.1\r\nHost: web\r\n";
const SETTINGS: BackendSettings = {
  service: WEB,
  balancer: DEFAULT_BALANCER,
  breaker: { ...DEFAULT_BREAKER, consecutiveFailures: 2 },
  discovery: DEFAULT_DISCOVERY,
};

let timers: ManualTimers;
let network: SampleNetwork;
let isStale: boolean;
let ownNode: string;

beforeEach(() => {
  timers = new ManualTimers();
  network = new SampleNetwork();
  isStale = false;
  ownNode = "";
});

function at(id: string, change: Partial<Endpoint> = {}): Endpoint {
  return sampleEndpoint(id, { address: `10.0.0.${id.charCodeAt(0)}`, ...change });
}

function set(endpoints: readonly Endpoint[], synced = true) {
  return { service: WEB, source: "files", synced, endpoints };
}

function open(
  endpoints: readonly Endpoint[],
  settings: Partial<BackendSettings> = {},
  poolLimits: PoolLimits = DEFAULT_POOL_LIMITS,
): Backend {
  const { clock } = timers;
  const metrics = new Metrics({ clock });
  return new Backend(
    set(endpoints),
    { ...SETTINGS, ...settings },
    {
      clock,
      random: createSeededRandom(1),
      connection: {
        network,
        clock,
        wheel: new TimerWheel({ clock, timers }),
        limits: DEFAULT_HTTP1_LIMITS,
        timing: DEFAULT_CLIENT_TIMING,
      },
      poolLimits,
      discovery: new DiscoveryRecorder(metrics),
      evictions: new EvictionRecorder(metrics),
      ownZone: "east",
      get ownNode() {
        return ownNode;
      },
      isDiscoveryStale: () => isStale,
    },
  );
}

function picked(backend: Backend, fields = "", times = 200): readonly string[] {
  const { exchange } = sampleExchange(`${GET}${fields}\r\n`, timers.clock.nowMs());
  const ids = new Set<string>();
  for (let index = 0; index < times; index += 1) {
    const load = backend.pick(timers.clock.nowMs(), exchange);
    if (load !== null) ids.add(load.endpoint.id);
  }
  return [...ids].sort();
}

function loadOf(backend: Backend, id: string): EndpointLoad {
  const load = [...backend.loads].find(({ endpoint }) => endpoint.id === id);
  if (load === undefined) throw new Error(`there is no ${id}`);
  return load;
}

function evict(backend: Backend, id: string): void {
  const load = loadOf(backend, id);
  for (let index = 0; index < 2; index += 1) backend.eviction?.failed(load, timers.clock.nowMs());
  expect(load.evicted).toBe(true);
}

/** Opens a connection to the endpoint, and leaves it busy. */
function connect(backend: Backend, id: string): void {
  const { exchange } = sampleExchange(undefined, timers.clock.nowMs());
  backend.pool(loadOf(backend, id)).send(exchange, new SampleLayer());
  network.connectNewest();
}

describe("a backend's settings", () => {
  it("prefer the own zone, or know no other", () => {
    const zones = [at("a", { zone: "east" }), at("b", { zone: "east" }), at("c", { zone: "west" })];
    expect(picked(open(zones))).toEqual(["a", "b"]);
    const any = { balancer: { ...DEFAULT_BALANCER, zone: "any" as const } };
    expect(picked(open(zones, any))).toEqual(["a", "b", "c"]);
    const only = { balancer: { ...DEFAULT_BALANCER, zone: "only" as const } };
    const west = open([at("c", { zone: "west" })], only);
    expect(west.available).toBe(false);
    expect(west.describe()).toContain("zone east");
  });

  it("keep to the own node, once it is known which one that is", () => {
    const nodes = [at("a", { node: "n1" }), at("b", { node: "n2" })];
    const anyZone = { ...DEFAULT_BALANCER, zone: "any" as const };
    const backend = open(nodes, { balancer: anyZone, nodes: "only" });
    expect(picked(backend)).toEqual(["a", "b"]);
    ownNode = "n2";
    backend.placeChanged();
    expect(picked(backend)).toEqual(["b"]);
    ownNode = "n3";
    backend.placeChanged();
    expect(backend.available).toBe(false);
    expect(backend.describe()).toContain("on node n3");
    backend.configure({ ...SETTINGS, balancer: anyZone });
    expect(picked(backend)).toEqual(["a", "b"]);
  });

  it("keep equal requests together", () => {
    const hash = { kind: "header", name: "x-user" } as const;
    const balancer = { ...DEFAULT_BALANCER, policy: "consistent-hash" as const, hash };
    const backend = open(
      ["a", "b", "c", "d"].map((id) => at(id)),
      { balancer },
    );
    const users = Array.from({ length: 20 }, (_, index) => picked(backend, `x-user: ${index}\r\n`));
    expect(users.every((ids) => ids.length === 1)).toBe(true);
    expect(new Set(users.flat()).size).toBeGreaterThan(1);
    expect(picked(backend).length).toBeGreaterThan(1);
  });

  it("use only some", () => {
    const balancer = { ...DEFAULT_BALANCER, subset: 2 };
    const backend = open(
      ["a", "b", "c", "d"].map((id) => at(id)),
      { balancer },
    );
    expect(picked(backend)).toHaveLength(2);
  });

  it("take effect at once, and leave what was learnt", () => {
    const backend = open(["a", "b", "c", "d"].map((id) => at(id)));
    evict(backend, "a");
    backend.configure({ ...SETTINGS, discovery: { trust: "strict", graceMs: 0 } });
    expect(loadOf(backend, "a").evicted).toBe(true);
    const old = loadOf(backend, "b");
    old.start();
    old.finish(0, 700, false);
    const balancer = { ...DEFAULT_BALANCER, policy: "round-robin" as const, decayMs: 5_000 };
    const breaker = { ...DEFAULT_BREAKER, consecutiveFailures: 1, successRateMin: 0.5 };
    backend.configure({ ...SETTINGS, balancer, breaker });
    expect(loadOf(backend, "a").evicted).toBe(true);
    expect(loadOf(backend, "b")).toBe(old);
    expect(old.rttMs(0)).toBe(700);
    expect(old.rttMs(5_000)).toBeCloseTo(700 / Math.E, 9);
    expect(picked(backend)).toEqual(["b", "c", "d"]);
    backend.eviction?.failed(old, 0);
    expect(backend.eviction?.evictedCount).toBe(2);
  });

  it("take effect where they are of balancing alone", () => {
    const backend = open([at("a")]);
    loadOf(backend, "a").learn(0, 700, false);
    backend.configure({ ...SETTINGS, balancer: { ...DEFAULT_BALANCER, decayMs: 5_000 } });
    expect(loadOf(backend, "a").rttMs(5_000)).toBeCloseTo(700 / Math.E, 9);
  });

  it("that let nothing be evicted take everybody back", () => {
    const backend = open(["a", "b", "c", "d"].map((id) => at(id)));
    evict(backend, "a");
    backend.configure({ ...SETTINGS, breaker: null });
    expect(picked(backend)).toEqual(["a", "b", "c", "d"]);
    expect(backend.eviction).toBeNull();
    backend.configure(SETTINGS);
    expect(backend.eviction?.evictedCount).toBe(0);
    evict(backend, "b");
  });

  it("that let fewer be out take back as many", () => {
    const backend = open(["a", "b", "c", "d"].map((id) => at(id)));
    for (const id of ["a", "b"]) evict(backend, id);
    const breaker = { ...DEFAULT_BREAKER, evictedShareMax: 0.25 };
    backend.configure({ ...SETTINGS, breaker });
    expect(backend.eviction?.evictedCount).toBe(1);
  });
});

describe("what was learnt of an endpoint", () => {
  it("stays while discovery does not list it, and when it lists it again", () => {
    const all = ["a", "b", "c", "d"].map((id) => at(id));
    const backend = open(all);
    connect(backend, "a");
    evict(backend, "a");
    const before = loadOf(backend, "a");
    backend.update(set([at("b")], false));
    expect(loadOf(backend, "a")).toBe(before);
    backend.update(set(all));
    expect(loadOf(backend, "a")).toBe(before);
    expect(before.evicted).toBe(true);
    expect(picked(backend)).toEqual(["b", "c", "d"]);
  });
});

/** A try that waits for `a`, whose only connection another has taken; `b` has failed it. */
function startWaiting() {
  const limits = { ...DEFAULT_POOL_LIMITS, connectionsMax: 1 };
  const backend = open([at("a"), at("b")], {}, limits);
  connect(backend, "a");
  const { exchange } = sampleExchange(undefined, timers.clock.nowMs());
  exchange.markFailed(loadOf(backend, "b"));
  backend.top.start(exchange);
  return { backend, exchange };
}

it("a try that waits for an endpoint goes elsewhere when that is evicted", () => {
  const { backend, exchange } = startWaiting();
  evict(backend, "a");
  timers.advance(8);
  expect(exchange.endpoint).toBe(loadOf(backend, "b"));
  expect(network.dialled).toHaveLength(2);
});

it("a try that is given up where it waits ends there, though it evicts the endpoint", () => {
  const { backend, exchange } = startWaiting();
  expect(exchange.queue).toBe(backend.pool(loadOf(backend, "a")));
  backend.eviction?.failed(loadOf(backend, "a"), timers.clock.nowMs());
  exchange.givenUp = TOO_SLOW;
  backend.top.cancel(exchange);
  expect(loadOf(backend, "a").evicted).toBe(true);
  expect(exchange.queue).toBeNull();
  timers.advance(100);
  expect([...backend.loads].map(({ pending }) => pending)).toEqual([0, 0]);
  expect(network.dialled).toHaveLength(1);
});

describe("an endpoint that is kept", () => {
  it("is chosen as long as something leads there, and let go after the grace time", () => {
    const backend = open([at("a"), at("b")]);
    connect(backend, "a");
    backend.update(set([]));
    expect(picked(backend)).toEqual(["a"]);
    expect(backend.keptBecause(loadOf(backend, "a"))).toBe("kept-emptied");
    network.dialled[0]?.close("reset");
    expect(backend.available).toBe(false);
    timers.advance(DEFAULT_DISCOVERY.graceMs + 8);
    expect([...backend.loads]).toEqual([]);
    expect(timers.pendingCount).toBe(0);
  });

  it("is not probed by a connection", () => {
    const backend = open(["a", "b", "c", "d"].map((id) => at(id)));
    for (const id of ["a", "b", "c"]) connect(backend, id);
    evict(backend, "a");
    backend.update(set([at("d")], false));
    timers.advance(30_000);
    expect(network.dialled).toHaveLength(3);
    expect(loadOf(backend, "a").evicted).toBe(true);
  });
});

describe("endpoints that are all said not to be ready", () => {
  const unready = (id: string): Endpoint => at(id, { state: "not-ready" });

  it("are chosen as long as something leads there, and are not dialled", () => {
    const backend = open([at("a"), at("b")]);
    connect(backend, "a");
    backend.update(set([unready("a"), unready("b")]));
    expect(backend.standing).toBe("unready");
    expect(picked(backend)).toEqual(["a"]);
    expect(backend.mayDial(loadOf(backend, "a"))).toBe(false);
    network.dialled[0]?.close("reset");
    expect(backend.available).toBe(false);
    expect(picked(backend)).toEqual([]);
    backend.update(set([at("a"), at("b")]));
    expect(picked(backend)).toEqual(["a", "b"]);
    expect(backend.mayDial(loadOf(backend, "a"))).toBe(true);
    timers.advance(DEFAULT_DISCOVERY.graceMs + 8);
    expect(timers.pendingCount).toBe(0);
  });

  it("get nothing while most of it fails, each by itself, and are tried again later", () => {
    const balancer = { ...DEFAULT_BALANCER, policy: "round-robin" } as const;
    const backend = open([at("a"), at("b")], { balancer, breaker: null });
    for (const id of ["a", "b"]) connect(backend, id);
    backend.update(set([unready("a"), unready("b")]));
    const [a, b] = [loadOf(backend, "a"), loadOf(backend, "b")];
    const learn = (load: EndpointLoad, failed: boolean): void =>
      load.learn(timers.clock.nowMs(), 1, failed);
    for (let count = 0; count < 2; count += 1) learn(a, true);
    expect(picked(backend)).toEqual(["a", "b"]);
    learn(a, true);
    expect(picked(backend)).toEqual(["b"]);
    for (let count = 0; count < 3; count += 1) learn(b, true);
    expect(picked(backend)).toEqual([]);
    expect([backend.available, backend.standing]).toEqual([false, "unready"]);
    learn(b, false);
    expect(picked(backend)).toEqual(["b"]);
    expect(backend.available).toBe(true);
    timers.advance(5_000);
    expect(picked(backend)).toEqual(["a", "b"]);
  });

  it("are chosen whatever fails as soon as they are ready", () => {
    const backend = open([at("a")], { breaker: null });
    connect(backend, "a");
    backend.update(set([unready("a")]));
    for (let count = 0; count < 9; count += 1) {
      loadOf(backend, "a").learn(timers.clock.nowMs(), 1, true);
    }
    expect(picked(backend)).toEqual([]);
    backend.update(set([at("a")]));
    expect(picked(backend)).toEqual(["a"]);
  });

  it("are believed not to be after the grace time", () => {
    const backend = open([at("a")]);
    connect(backend, "a");
    backend.update(set([unready("a")]));
    timers.advance(DEFAULT_DISCOVERY.graceMs + 8);
    expect(picked(backend)).toEqual([]);
    expect(timers.pendingCount).toBe(0);
  });
});

it("an endpoint that says goodbye keeps no free connection, and need not wait", () => {
  const backend = open([at("a"), at("b")]);
  const [first, second] = [new SampleStream(), new SampleStream()];
  backend.pool(loadOf(backend, "a")).adopt(first, new SampleLayer());
  backend.pool(loadOf(backend, "b")).adopt(second, new SampleLayer());
  backend.update(set([at("a", { state: "serving" }), at("b")]));
  expect([first.closed, second.closed]).toEqual([true, false]);
  expect(picked(backend)).toEqual(["b"]);
  backend.update(set([at("a", { state: "serving" }), at("b", { state: "terminating" })]));
  expect(second.closed).toBe(true);
});

it("a word that has grown old is used on, and shown to be old", () => {
  const backend = open([at("a"), at("b")]);
  expect(backend.standing).toBe("live");
  isStale = true;
  expect(backend.standing).toBe("stale");
  expect(picked(backend)).toEqual(["a", "b"]);
  backend.update(set([]));
  expect(backend.standing).toBe("emptied");
});

it("a backend that nobody names leaves nothing behind", () => {
  const backend = open(["a", "b", "c", "d"].map((id) => at(id)));
  evict(backend, "a");
  backend.retire();
  timers.advance(600_000);
  expect(network.dialled).toHaveLength(0);
  expect(timers.pendingCount).toBe(0);
});
