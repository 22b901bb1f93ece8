import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_BALANCER, DEFAULT_BREAKER } from "../../mesh/backend-settings.ts";
import type { IntentObject } from "../../mesh/intent.ts";
import type { Problem } from "../../mesh/problem.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import type { ResourceName } from "../../mesh/snapshot.ts";
import type { ConditionType } from "../../mesh/status.ts";
import { COALESCE_MS, MeshIndex } from "../index/mesh-index.ts";
import { ResourceStore } from "../index/resource-store.ts";
import {
  backend,
  pathIs,
  policy,
  policyRetry,
  profile,
  route,
  routeGroup,
  SampleSource,
  service,
  slice,
  sourced,
  split,
} from "../index/sample-objects.ts";
import type { PublishedResource, SessionInfo, SessionResource } from "../publish/resources.ts";
import { SliceEndpointSource } from "../sources/slices/slice-source.ts";
import { ProgrammedTable } from "./programmed-table.ts";
import { StatusBook } from "./status-book.ts";

function createBook(objects: readonly IntentObject[]) {
  const clock = new ManualClock(0, Date.UTC(2026, 0, 1));
  const timers = new ManualTimers(clock);
  const source = new SampleSource(objects);
  const slices = new SliceEndpointSource({ objects: source, clock });
  void slices.start();
  const store = new ResourceStore({ clusterDomain: "cluster.local" });
  const observer = { compiled: () => {} };
  const endpoints = [slices];
  const parts = { objects: source, store, clock, timers };
  const index = new MeshIndex({ ...parts, endpoints, log: silentLog, observer });
  index.start();
  const programmed = new ProgrammedTable({ table: store, wallMs: () => clock.wallMs() });
  const book = new StatusBook({ ...parts, index, programmed });
  book.start();
  const entry = (name: string) => book.list().find(({ ref }) => ref.name === name);
  const condition = (name: string, type: ConditionType): string => {
    const found = entry(name)?.conditions.find((one) => one.type === type);
    return `${found?.status} ${found?.reason} ${found?.observedGeneration}: ${found?.message}`;
  };
  const step = (): void => timers.advance(COALESCE_MS);
  return { clock, timers, source, store, index, programmed, book, entry, condition, step };
}

const session = (id: string, fields: Partial<SessionInfo> = {}): SessionInfo => ({
  id,
  proxyName: `proxy-${id}`,
  identity: null,
  proxyVersion: "1",
  namespace: "shop",
  features: [],
  remote: "127.0.0.1:1",
  ...fields,
});

const web: ResourceName = { type: "destination", key: "svc/shop/web:80" };

function standing(
  held: PublishedResource | undefined | null,
  fields: Partial<SessionResource> = {},
) {
  return { name: web, held: held ?? null, refused: null, missing: [], ...fields };
}

function problem(fields: Partial<Problem>): Problem {
  const about = { file: "a.yaml", line: 3, column: 5, object: "", hint: "" };
  return {
    severity: "error",
    code: "bad",
    field: "spec.x",
    message: "is wrong",
    ...about,
    ...fields,
  };
}

describe("Accepted", () => {
  const good = split("s", "web", [backend("web", 1)], [], { generation: 2 });
  const newer = { ...good.ref, generation: 3 };

  it("says what is wrong and which version stays live", () => {
    const { source, condition, step } = createBook([service("web"), good]);
    expect(condition("s", "Accepted")).toBe("True Accepted 2: ");
    const problems = [problem({}), problem({ severity: "note", message: "no matter" })];
    source.put(sourced(good, { ref: newer, problems }));
    step();
    expect(condition("s", "Accepted")).toBe(
      "False Invalid 3: spec.x: is wrong; generation 2 stays live",
    );
    expect(condition("s", "Programmed")).toMatch(/^True NoSubscribers 2:/);
  });

  it("says so when nothing is live, and tells unknown fields apart", () => {
    const unknown = problem({ code: "unknown-field", hint: 'did you mean "y"?' });
    const { source, condition, entry, step } = createBook([service("web")]);
    source.put(sourced(good, { live: null, ref: newer, problems: [unknown] }));
    step();
    expect(condition("s", "Accepted")).toBe(
      'False UnknownField 3: spec.x: is wrong (did you mean "y"?); no earlier version is live',
    );
    expect(condition("s", "Programmed")).toMatch(/^False Invalid/);
    expect(entry("s")).toMatchObject({ proxies: "0/0", summary: "", location: "shop.yaml:1" });
  });

  it("names fields that are not enforced", () => {
    const { condition } = createBook([{ ...good, notEnforced: ["spec.a", "spec.b"] }]);
    expect(condition("s", "Accepted")).toBe("True NotEnforced 2: not enforced yet: spec.a, spec.b");
  });

  it.each([
    ["example.com", [80], /^True Accepted 1/],
    ["example.com.", [80], /^True Accepted 1/],
    ["example.com", [], /^True NotEnforced 1: .*ExternalName .* ports/],
    ["10.0.0.1", [80], /^True NotEnforced 1: 10.0.0.1 is no name that DNS could have/],
  ])("says whether the external name %s is served on %j", (externalName, ports, accepted) => {
    const plain = service("web", ports);
    const intent = { ...plain.intent, externalName };
    const { condition } = createBook([{ ...plain, intent }]);
    expect(condition("web", "Accepted")).toMatch(accepted);
  });
});

describe("ResolvedRefs and Conflicted", () => {
  const s = split("s", "web", [backend("web-v1", 1)]);
  const t = split("t", "web", [backend("web", 1)], [], { file: "z.yaml" });

  it("follow from what compiling found", () => {
    const { condition, source, step } = createBook([service("web"), s, t]);
    expect(condition("s", "ResolvedRefs")).toMatch(/^False ServiceNotFound 1: .*shop\/web-v1/);
    expect(condition("t", "Conflicted")).toBe(
      "True Conflicted 1: spec is decided by TrafficSplit shop/s",
    );
    expect(condition("t", "Programmed")).toMatch(/^False Conflicted/);
    expect(condition("s", "Conflicted")).toBe("False NoConflict 1: ");
    source.put(service("web-v1"));
    source.remove(s);
    step();
    expect(condition("t", "Conflicted")).toBe("False NoConflict 1: ");
  });

  it("call an override by the clients' own namespace no conflict", () => {
    const routes = [route("a", pathIs("/a"))];
    const home = profile("web", { routes });
    const { book } = createBook([
      service("web"),
      home,
      profile("web", { routes }, { namespace: "team" }),
    ]);
    const found = book.get("heddle.mesh/ServiceProfile/shop/web.shop.svc.cluster.local");
    expect(found?.conditions[2]).toMatchObject({ status: "False", reason: "Overridden" });
    expect(found?.conditions[2]?.message).toMatch(/for clients in namespace team$/);
  });
});

describe("Programmed", () => {
  const s = split("s", "web", [backend("web-v1", 1)]);
  const mesh = [service("web"), service("web-v1"), s];
  let all: ReturnType<typeof createBook>;
  beforeEach(() => {
    all = createBook(mesh);
    for (const id of ["a", "b"]) all.programmed.sessionOpened(session(id));
  });

  it("counts the proxies that hold it, of those that are subscribed", () => {
    const { programmed, store, entry, condition, source, step } = all;
    const first = store.lookup(web, "shop");
    programmed.resourceChanged("a", standing(first));
    programmed.resourceChanged("b", standing(null));
    expect(entry("s")?.proxies).toBe("1/2");
    expect(condition("s", "Programmed")).toBe("False Pending 1: live on 1 of 2 proxies");
    programmed.resourceChanged("b", standing(first));
    expect(condition("s", "Programmed")).toBe("True Programmed 1: live on 2 of 2 proxies");
    source.put(split("s", "web", [backend("web-v1", 2), backend("web", 1)], [], { generation: 2 }));
    step();
    expect(condition("s", "Programmed")).toBe("False Pending 2: live on 0 of 2 proxies");
    expect(entry("web")?.proxies).toBe("2/2");
    programmed.resourceDropped("b", web);
    programmed.resourceChanged("a", standing(store.lookup(web, "shop")));
    expect(condition("s", "Programmed")).toBe("True Programmed 2: live on 1 of 1 proxies");
    programmed.sessionClosed("a");
    expect(condition("s", "Programmed")).toMatch(/^True NoSubscribers 2:/);
    expect(entry("s")?.proxies).toBe("0/0");
  });

  it("says who refused and why, and who is too old", () => {
    const { programmed, store, condition } = all;
    const revision = store.lookup(web, "shop")?.revision ?? "";
    const refused = { revision, reason: "rule 3 is odd" };
    programmed.resourceChanged("a", standing(null, { refused }));
    programmed.resourceChanged("b", standing(null, { missing: ["split"] }));
    expect(condition("s", "Programmed")).toBe(
      "False Rejected 1: live on 0 of 2 proxies; proxy-a: rule 3 is odd",
    );
    programmed.sessionClosed("a");
    expect(condition("s", "Programmed")).toBe(
      "False ProxyTooOld 1: live on 0 of 1 proxies; proxy-b lacks split",
    );
  });

  it("does not count proxies whose namespace has its own", () => {
    const { programmed, store, entry, source, step } = all;
    source.put(split("own", "web", [backend("web", 1)], [], { namespace: "team" }));
    step();
    programmed.sessionOpened(session("c", { namespace: "team" }));
    programmed.resourceChanged("c", standing(store.lookup(web, "team")));
    expect(entry("s")?.proxies).toBe("0/0");
    expect(entry("own")?.proxies).toBe("1/1");
  });

  it("ignores sessions that it does not know", () => {
    const { programmed, entry } = all;
    programmed.resourceChanged("nobody", standing(null));
    programmed.resourceDropped("nobody", web);
    programmed.sessionClosed("nobody");
    expect(entry("s")?.proxies).toBe("0/0");
  });
});

describe("conditions", () => {
  it("move their time when their status changes, and only then", () => {
    const { clock, source, entry, step } = createBook([split("s", "web", [backend("web", 1)])]);
    const time = () => entry("s")?.conditions[1]?.lastTransitionTime;
    expect(time()).toBe("2026-01-01T00:00:00.000Z");
    clock.advance(60_000);
    source.put(split("s", "web", [backend("web", 2)], [], { generation: 2 }));
    step();
    expect(entry("s")?.conditions[1]).toMatchObject({ status: "False", observedGeneration: 2 });
    expect(time()).toBe("2026-01-01T00:00:00.000Z");
    source.put(service("web"));
    step();
    expect(time()).toBe("2026-01-01T00:01:00.020Z");
  });

  it("are told to listeners by themselves, once for many changes", () => {
    const { timers, book, source } = createBook([service("web")]);
    const told: string[] = [];
    book.subscribe((changed) => told.push(changed.map(({ ref }) => ref.name).join(" ")));
    source.put(split("a", "web", [backend("web", 1)]));
    source.put(split("b", "web", [backend("web", 1)], [], { file: "z.yaml" }));
    timers.advance(1000);
    expect(told).toEqual(["a b"]);
    source.put(service("web"));
    timers.advance(1000);
    expect(told).toEqual(["a b"]);
  });

  it("go with their object", () => {
    const { book, source, step } = createBook([service("web")]);
    source.remove(service("web"));
    step();
    expect(book.list()).toEqual([]);
  });
});

it("looks at many objects in turns, at one or all of them when somebody asks", () => {
  const timers = new ManualTimers();
  const objects = Array.from({ length: 100 }, (_, index) => service(`s${index}`));
  const source = new SampleSource(objects);
  const store = new ResourceStore({ clusterDomain: "cluster.local" });
  const observer = { compiled: () => {} };
  const parts = { objects: source, store, timers };
  const { clock } = timers;
  const index = new MeshIndex({ ...parts, clock, endpoints: [], log: silentLog, observer });
  index.start();
  const programmed = new ProgrammedTable({ table: store, wallMs: () => 0 });
  // Time goes by each time that it is looked at, as it does while there is work.
  const nowMs = () => {
    clock.advance(0.2);
    return clock.nowMs();
  };
  const book = new StatusBook({ ...parts, clock: { nowMs, wallMs: () => 0 }, index, programmed });
  const turns: number[] = [];
  book.subscribe((changed) => turns.push(changed.length));
  book.start();
  const [begun = 0] = turns;
  expect(book.get("/Service/shop/s99")?.ref.name).toBe("s99");
  expect(turns).toEqual([begun, 1]);
  timers.advance(4);
  expect(turns.length).toBeGreaterThan(3);
  expect(Math.max(...turns)).toBeLessThan(20);
  expect(book.list()).toHaveLength(100);
  expect(turns.reduce((sum, one) => sum + one, 0)).toBe(100);
  book.stop();
  expect(timers.pendingCount).toBe(0);
});

it("sums up what profiles and policies ask for", () => {
  const conditions = {
    ...{ statuses: [{ min: 503, max: 503 }], grpcCodes: [14] },
    ...{ onReset: true, onRefusedStream: true, onPerTryTimeout: false },
  };
  const hedge = { afterMs: 50, percentile: 0, max: 1 };
  const concurrency = { ...DEFAULT_CONCURRENCY, limit: 10 };
  const full = { balancer: DEFAULT_BALANCER, breaker: DEFAULT_BREAKER, concurrency };
  const { entry } = createBook([
    policy("p", "web", { retry: policyRetry({ maxRetries: 2, conditions, hedge }) }),
    profile("web", full),
    profile("api", { concurrency: { ...DEFAULT_CONCURRENCY, adaptive: true } }),
  ]);
  const names = ["p", "web.shop.svc.cluster.local", "api.shop.svc.cluster.local"];
  expect(names.map((name) => entry(name)?.summary)).toEqual([
    "2 retries on 503, grpc 14, reset, hedged; all routes",
    "0 routes; peak-ewma; circuit breaker; limit 10",
    "0 routes; adaptive limit",
  ]);
});

it("sums objects up in one line", () => {
  const { entry } = createBook([
    service("web", [80, 81]),
    split("s", "web", [backend("v1", 2), backend("v2", 1, 81)]),
    split("zero", "x", [backend("v1", 0)]),
    split(
      "tiny",
      "y",
      [backend("v1", 100_000), backend("v2", 1)],
      [{ kind: "match", match: pathIs("/") }],
    ),
    policy("p", "web", { routes: ["a", "b"], retry: policyRetry({ maxRetries: 1 }) }),
    routeGroup("g", []),
    slice("e", "web", ["10.0.0.1"]),
  ]);
  const names = ["web", "s", "zero", "tiny", "p", "g", "e"];
  expect(names.map((name) => entry(name)?.summary)).toEqual([
    "ports 80, 81",
    "v1 66.7%, v2:81 33.3%",
    "all weights are zero: the service itself",
    "v1 >99.9%, v2 <0.1% of what matches",
    "1 retry; a, b",
    "0 matches",
    "1 of 1 ready",
  ]);
  expect(names.map((name) => entry(name)?.service)).toEqual([
    ...["shop/web", "shop/web", "shop/x", "shop/y", "shop/web", "", "shop/web"],
  ]);
});
