import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCanonical } from "../../base/canonical-json.ts";
import {
  type BackendSettings,
  DEFAULT_BALANCER,
  DEFAULT_BREAKER,
  DEFAULT_DISCOVERY,
} from "../../mesh/backend-settings.ts";
import { readDestination } from "../../mesh/check-body.ts";
import { DEFAULT_BEHAVIOUR_INTENT, type IntentObject } from "../../mesh/intent.ts";
import type { Match } from "../../mesh/match.ts";
import { DEFAULT_RETRY } from "../../mesh/retry.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { objectId } from "../sources/object-source.ts";
import { type CompiledDestination, compileService } from "./compile-service.ts";
import { nothingDirty, ObjectView } from "./object-view.ts";
import {
  backend,
  mirror,
  pathIs,
  policy,
  policyRetry,
  profile,
  route,
  service,
  split,
} from "./sample-objects.ts";

function compile(objects: readonly IntentObject[], of = "shop/web") {
  const view = new ObjectView();
  for (const object of objects) view.replace(objectId(object.ref), object, nothingDirty());
  return compileService(view.inputs(of));
}

/** What clients of a namespace get of port 80, and a proxy that reads it finds in order. */
function destination(objects: readonly IntentObject[], clients = ""): CompiledDestination {
  const [port] = compile(objects).ports;
  if (port === undefined) throw new Error("no port");
  const found = port.byClientNamespace.get(clients) ?? port.base;
  const read = readDestination(port.key, JSON.parse(encodeCanonical(found.body)));
  expect("problem" in read ? read.problem : "").toBe("");
  return found;
}

function references(objects: readonly IntentObject[], of: IntentObject): readonly string[] {
  const verdict = compile(objects).verdicts.get(objectId(of.ref));
  return (verdict?.references ?? []).map(({ reason, message }) => `${reason} ${message}`);
}

const web = service("web");
const v1 = service("web-v1");
const v2 = service("web-v2");
const breaker = { ...DEFAULT_BREAKER, consecutiveFailures: 3 };
const random = { ...DEFAULT_BALANCER, policy: "random" as const };
const ring = { ...DEFAULT_BALANCER, policy: "least-request" as const };
const strict = { trust: "strict" as const, graceMs: 0 };

/** The settings of one backend, by its service's name. */
function settings({ body }: CompiledDestination, name: string): BackendSettings | undefined {
  return body.backends.find((one) => one.service === `svc/shop/${name}:80`);
}

describe("settings of backends", () => {
  it("come from their own service's profile, then from that of the one that is called", () => {
    const apex = profile("web", { balancer: random, breaker });
    const own = profile("web-v1", { balancer: ring, discovery: strict });
    const found = destination([
      ...[web, v1, v2, apex, own],
      split("s", "web", [backend("web-v1", 1), backend("web-v2", 1)]),
    ]);
    expect(settings(found, "web-v1")).toMatchObject({ balancer: ring, breaker, discovery: strict });
    expect(settings(found, "web-v2")).toMatchObject({
      balancer: random,
      breaker,
      discovery: DEFAULT_DISCOVERY,
    });
    expect(found.body.objects.map(({ name }) => name).sort()).toEqual(
      ["s", own.ref.name, apex.ref.name].sort(),
    );
    expect(found.requires).toEqual(["http1", "split", "breaker", "balancing", "discovery"]);
  });

  it("are one's own for the clients of a namespace that says so", () => {
    const s = split("s", "web", [backend("web-v1", 1)]);
    const home = profile("web-v1", { balancer: random });
    const theirs = profile("web-v1", { balancer: ring }, { namespace: "team" });
    const objects = [web, v1, s, home, theirs];
    expect(settings(destination(objects), "web-v1")?.balancer).toEqual(random);
    expect(settings(destination(objects, "team"), "web-v1")?.balancer).toEqual(ring);
    expect(settings(destination(objects, "other"), "web-v1")?.balancer).toEqual(random);
  });

  it("bind the clients of the called service's namespace when they stand there", () => {
    const away = service("db", [80], { namespace: "data" });
    const s = split("s", "web", [
      { ...backend("db", 1), service: { namespace: "data", name: "db" } },
    ]);
    const ours = profile("db", { service: { namespace: "data", name: "db" }, balancer: ring });
    const objects = [web, away, s, ours];
    expect(destination(objects).body.backends[0]?.balancer).toEqual(DEFAULT_BALANCER);
    expect(destination(objects, "shop").body.backends[0]?.balancer).toEqual(ring);
  });

  it("make those who lose a group of fields know it", () => {
    const a = profile("web", { balancer: random }, { file: "a.yaml" });
    const b = {
      ...profile("web", { balancer: ring, breaker }, { file: "b.yaml" }),
      ref: { ...a.ref, name: "b" },
    };
    const found = destination([web, a, b]);
    expect(settings(found, "web")).toMatchObject({ balancer: random, breaker });
    const { verdicts } = compile([web, a, b]);
    expect(verdicts.get(objectId(b.ref))?.conflicts).toMatchObject([
      { field: "spec.loadBalancer", winner: { name: a.ref.name } },
    ]);
  });

  it("dirty every service that they serve, and no other", () => {
    const view = new ObjectView();
    const s = split("s", "web", [backend("web-v1", 1)]);
    for (const one of [web, v1, v2, s]) view.replace(objectId(one.ref), one, nothingDirty());
    const dirtied = (one: IntentObject, live: IntentObject | null): string[] => {
      const dirty = nothingDirty();
      view.replace(objectId(one.ref), live, dirty);
      return [...dirty.services].sort();
    };
    const own = profile("web-v1", { breaker });
    const routes = profile("web-v1", { routes: [route("a", pathIs("/a"))] });
    expect(dirtied(own, own)).toEqual(["shop/web", "shop/web-v1"]);
    expect(dirtied(own, routes)).toEqual(["shop/web", "shop/web-v1"]);
    expect(dirtied(own, null)).toEqual(["shop/web-v1"]);
  });
});

describe("mirrors", () => {
  const dark = service("dark");
  const copying = (fields = {}) => {
    const behaviour = { ...DEFAULT_BEHAVIOUR_INTENT, mirror: mirror("dark", fields) };
    return profile("web", { routes: [route("a", pathIs("/a"), { behaviour })] });
  };

  it("join the endpoint sets, with the settings of their own service", () => {
    const own = profile("dark", { balancer: random });
    const found = destination([web, dark, copying({ share: 0.5 }), own]);
    expect(found.body.endpointSets).toEqual(["svc/shop/dark:80", "svc/shop/web:80"]);
    expect(settings(found, "dark")?.balancer).toEqual(random);
    expect(found.body.rules[0]?.action.behaviour.mirror).toMatchObject({
      service: "svc/shop/dark:80",
      share: 0.5,
    });
    expect(found.body.rules[1]?.action.behaviour.mirror).toBeNull();
    expect(found.requires).toEqual(["http1", "balancing", "mirror"]);
  });

  it("that lead nowhere are told, and copy nothing", () => {
    const p = copying();
    expect(destination([web, p]).body.rules[0]?.action.behaviour.mirror).toBeNull();
    expect(references([web, p], p)).toEqual([
      "ServiceNotFound spec.routes[0].mirror: Service shop/dark does not exist: nothing is copied",
    ]);
    const objects = [service("web", [80, 81]), dark, p];
    expect(references(objects, p)).toEqual([
      "PortNotFound spec.routes[0].mirror: Service shop/dark has no such port: " +
        "of what is called at port 81 nothing is copied",
    ]);
  });

  it("are seen when their service comes", () => {
    const view = new ObjectView();
    for (const one of [web, copying()]) view.replace(objectId(one.ref), one, nothingDirty());
    const dirty = nothingDirty();
    view.replace(objectId(dark.ref), dark, dirty);
    expect([...dirty.services].sort()).toEqual(["shop/dark", "shop/web"]);
  });
});

describe("retries", () => {
  const conditions = {
    statuses: [{ min: 503, max: 503 }],
    grpcCodes: [14],
    onReset: true,
    onRefusedStream: true,
    onPerTryTimeout: false,
  };
  const p = profile("web", {
    routes: [route("a", pathIs("/a"), { isRetryable: true }), route("b", pathIs("/b"))],
  });
  const retries = (objects: readonly IntentObject[]) => {
    const { body } = destination(objects);
    return body.rules.map(({ action: { retry } }) => ({
      by: body.objects[retry.object]?.kind ?? "",
      statuses: retry.statuses.map(({ min, max }) => `${min}-${max}`).join(),
      isRetryable: retry.isRetryable,
    }));
  };

  it("follow the policy, and keep what the route says of itself", () => {
    const r = policy("r", "web", { retry: policyRetry({ conditions }) });
    expect(retries([web, p, r])).toEqual([
      { by: "RetryPolicy", statuses: "503-503", isRetryable: true },
      { by: "RetryPolicy", statuses: "503-503", isRetryable: false },
      { by: "RetryPolicy", statuses: "503-503", isRetryable: false },
    ]);
    expect(destination([web, p, r]).requires).toEqual(["http1", "retry"]);
  });

  it("leave to the route what the policy leaves open", () => {
    const r = policy("r", "web");
    expect(retries([web, p, r])).toEqual([
      { by: "RetryPolicy", statuses: "500-599", isRetryable: true },
      { by: "RetryPolicy", statuses: "", isRetryable: false },
      { by: "RetryPolicy", statuses: "", isRetryable: false },
    ]);
  });

  it("follow the route alone where no policy covers it", () => {
    const r = policy("r", "web", { routes: ["b"], retry: policyRetry({ conditions }) });
    expect(retries([web, p, r])).toEqual([
      { by: "ServiceProfile", statuses: "500-599", isRetryable: true },
      { by: "RetryPolicy", statuses: "503-503", isRetryable: false },
      { by: "", statuses: "", isRetryable: false },
    ]);
    expect(destination([web]).body.rules[0]?.action.retry).toEqual(DEFAULT_RETRY);
  });
});

describe("what is asked of a destination as a whole", () => {
  it("is limited by its own profile only", () => {
    const concurrency = { ...DEFAULT_CONCURRENCY, limit: 5 };
    const theirs = profile("web-v1", { concurrency });
    const s = split("s", "web", [backend("web-v1", 1)]);
    expect(destination([web, v1, s, theirs]).body.concurrency).toEqual(DEFAULT_CONCURRENCY);
    const found = destination([web, profile("web", { concurrency })]);
    expect(found.body.concurrency).toEqual(concurrency);
    expect(found.body.objects).toHaveLength(1);
    expect(found.requires).toEqual(["http1", "concurrency"]);
  });

  it.each([
    [{ delay: { share: 1, minMs: 1, maxMs: 2 } }, "faults"],
    [{ abort: { share: 1, status: 503 } }, "faults"],
    [{ requestHeaders: { set: [], add: [], remove: ["a"] } }, "headers"],
    [{ answerHeaders: { set: [], add: [], remove: ["a"] } }, "headers"],
    [{ rewrite: { path: "/b", pathPrefix: "", matchedPrefix: "", host: "" } }, "rewrite"],
    [{ rateLimit: { requestsPerSecond: 1, burst: 1, header: "" } }, "rate-limit"],
  ])("requires of a proxy what %j needs", (fields, feature) => {
    const behaviour = { ...DEFAULT_BEHAVIOUR_INTENT, ...fields };
    const p = profile("web", { routes: [route("a", pathIs("/a"), { behaviour })] });
    expect(destination([web, p]).requires).toEqual(["http1", feature]);
  });
});

describe("rules that would be too large", () => {
  /** A match of so many parts. */
  const broad = (parts: number): Match => ({
    kind: "any",
    of: Array.from({ length: parts - 1 }, (_, index) => pathIs(`/${index}`)),
  });
  const routes = (count: number, parts: number) =>
    Array.from({ length: count }, (_, index) => route(`r${index}`, broad(parts)));
  const canary = (name: string, parts: number) =>
    split(name, "web", [backend("web-v1", 1)], [{ kind: "match", match: broad(parts) }], {
      file: `${name}.yaml`,
    });

  it("leave the split out that is too much, and say so", () => {
    const p = profile("web", { routes: routes(1000, 61) });
    const a = canary("a", 60);
    const b = canary("b", 61);
    const found = destination([web, v1, p, a, b]);
    expect(found.body.rules).toHaveLength(2002);
    expect(references([web, v1, p, a, b], a)).toEqual([]);
    expect(references([web, v1, p, a, b], b)).toEqual([
      `TooLarge it would make with the routes of ServiceProfile shop/${p.ref.name} ` +
        "rules of 306122 conditions, and a proxy takes 200000: this split takes no traffic",
    ]);
  });

  it("never reach a proxy, however they are made up", () => {
    const sizes = fc.record({
      routes: fc.integer({ min: 0, max: 1000 }),
      parts: fc.integer({ min: 2, max: 150 }),
      splits: fc.array(fc.integer({ min: 2, max: 2000 }), { maxLength: 8 }),
    });
    fc.assert(
      fc.property(sizes, (size) => {
        const p = profile("web", { routes: routes(size.routes, size.parts) });
        const splits = size.splits.map((parts, index) => canary(`s${index}`, parts));
        const [port] = compile([web, v1, p, ...splits]).ports;
        if (port === undefined) throw new Error("no port");
        const read = readDestination(port.key, port.base.body);
        expect("problem" in read ? read.problem : "").toBe("");
      }),
      { numRuns: 20 },
    );
  });
});
