import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_DISCOVERY, type Discovery } from "../../mesh/backend-settings.ts";
import type { Endpoint, EndpointSet, EndpointState } from "../../mesh/endpoint-set.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { sampleEndpoint } from "../balance/sample-endpoint.ts";
import { DiscoveryTrust } from "./discovery-trust.ts";

const WEB = formatServiceKey({ scheme: "svc", namespace: "shop", name: "web", port: 80 });
const GRACE_MS = DEFAULT_DISCOVERY.graceMs;

/** An endpoint at an address of its own. */
function at(id: string, change: Partial<Endpoint> = {}): Endpoint {
  return sampleEndpoint(id, { address: `10.0.0.${id.charCodeAt(0)}`, ...change });
}

function set(endpoints: readonly Endpoint[], synced = true): EndpointSet {
  return { service: WEB, source: "files", synced, endpoints };
}

class World {
  readonly decisions: string[] = [];
  readonly connected = new Set<string>();
  readonly proving = new Set<string>();
  readonly trust: DiscoveryTrust;

  constructor(settings: Discovery = DEFAULT_DISCOVERY) {
    this.trust = new DiscoveryTrust(settings, {
      decided: (decision, { id }) => this.decisions.push(`${decision} ${id}`),
      provesIdentity: ({ id }) => this.proving.has(id),
      isConnected: ({ id }) => this.connected.has(id),
    });
  }

  /** `id` and how it may be used, of all that are trusted. */
  get shown(): readonly string[] {
    return [...this.trust.endpoints].map(({ endpoint, mayDial, usable }) => {
      if (mayDial) return endpoint.id;
      return usable ? `${endpoint.id} over what is open` : `${endpoint.id} not at all`;
    });
  }
}

function worldWith(...ids: string[]): World {
  const world = new World();
  for (const id of ids) world.connected.add(id);
  world.trust.update(set(ids.map((id) => at(id))), 0);
  return world;
}

test("what is listed stays usable when its last connection is closed", () => {
  const world = worldWith("a");
  expect(world.trust.disconnected("a", 5)).toBe(false);
  expect(world.shown).toEqual(["a"]);
});

describe("a live source", () => {
  test("is believed when it removes some", () => {
    const world = worldWith("a", "b");
    world.trust.update(set([at("b")]), 5);
    expect(world.shown).toEqual(["b"]);
    expect(world.decisions).toEqual(["removed a"]);
    expect(world.trust.standing).toBe("live");
    expect(world.trust.expiresAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  test("is believed when it says that one is leaving, once", () => {
    const world = worldWith("a", "b");
    world.trust.update(set([at("a", { state: "serving" }), at("b")]), 5);
    world.trust.update(set([at("a", { state: "terminating" }), at("b")]), 6);
    expect(world.decisions).toEqual(["terminating a"]);
    world.trust.update(set([]), 7);
    expect(world.decisions.slice(1)).toEqual(["removed a", "kept-emptied b"]);
  });

  test("that empties all at once is doubted for the grace time", () => {
    const world = worldWith("a", "b");
    world.trust.update(set([]), 5);
    expect(world.shown).toEqual(["a over what is open", "b over what is open"]);
    expect(world.trust.standing).toBe("emptied");
    expect(world.trust.expiresAtMs).toBe(5 + GRACE_MS);
    expect(world.trust.expire(4 + GRACE_MS)).toBe(false);
    expect(world.trust.expire(5 + GRACE_MS)).toBe(true);
    expect(world.shown).toEqual([]);
    expect(world.trust.standing).toBe("live");
    expect(world.decisions).toEqual(["kept-emptied a", "kept-emptied b", "expired a", "expired b"]);
  });

  test("that lists anybody again ends the doubt about the others", () => {
    const world = worldWith("a", "b");
    world.trust.update(set([]), 5);
    world.trust.update(set([at("b")]), 6);
    expect(world.shown).toEqual(["b"]);
    expect(world.decisions.slice(2)).toEqual(["returned b", "removed a"]);
  });

  test("that goes to zero in good order is believed", () => {
    const world = worldWith("a");
    world.trust.update(set([at("a", { state: "terminating" })]), 5);
    world.trust.update(set([]), 6);
    expect(world.shown).toEqual([]);
    expect(world.decisions).toEqual(["terminating a", "removed a"]);
    expect(world.trust.standing).toBe("live");
  });
});

describe("a source that is not synced", () => {
  test("takes nobody away for the grace time", () => {
    const world = worldWith("a", "b");
    world.trust.update(set([at("b")], false), 5);
    expect(world.shown).toEqual(["b", "a over what is open"]);
    expect(world.trust.standing).toBe("unsynced");
    world.trust.update(set([at("b")], false), 6);
    expect(world.trust.expiresAtMs).toBe(5 + GRACE_MS);
    expect(world.decisions).toEqual(["kept-unsynced a"]);
  });

  test("is believed when it says that one terminates", () => {
    const world = worldWith("a", "b");
    world.trust.update(set([at("a", { state: "terminating" }), at("b")], false), 5);
    expect([...world.trust.endpoints][0]?.endpoint.state).toBe("terminating");
    expect(world.decisions).toEqual(["terminating a"]);
  });

  test("settles everything when it is synced again", () => {
    const world = worldWith("a", "b", "c");
    world.trust.update(set([at("b")], false), 5);
    world.trust.update(set([at("a"), at("b")]), 6);
    expect(world.shown).toEqual(["a", "b"]);
    expect(world.decisions.slice(2)).toEqual(["returned a", "removed c"]);
    expect(world.trust.standing).toBe("live");
  });
});

describe("what is kept", () => {
  test("is let go at once when its address is given to another", () => {
    const world = new World();
    world.connected.add("u1");
    world.trust.update(set([at("u1", { address: "10.0.0.1" })]), 0);
    world.trust.update(set([at("u2", { address: "10.0.0.1" })], false), 5);
    expect(world.shown).toEqual(["u2"]);
    expect(world.decisions).toEqual(["replaced u1"]);
  });

  test("is of no use when nothing leads there, and comes back when it is listed", () => {
    const world = worldWith("a", "b");
    world.connected.delete("b");
    world.trust.update(set([]), 5);
    expect(world.shown).toEqual(["a over what is open", "b not at all"]);
    expect(world.trust.disconnected("a", 6)).toBe(true);
    expect(world.trust.disconnected("a", 6)).toBe(false);
    expect(world.shown).toEqual(["a not at all", "b not at all"]);
    world.trust.update(set([at("a"), at("b")]), 7);
    expect(world.shown).toEqual(["a", "b"]);
  });

  test("may be dialled where it can prove who it is", () => {
    const world = worldWith("a");
    world.connected.clear();
    world.proving.add("a");
    world.trust.update(set([]), 5);
    expect(world.shown).toEqual(["a"]);
  });

  test("is not, where trust is strict; nor after trust became so", () => {
    const strict: Discovery = { ...DEFAULT_DISCOVERY, trust: "strict" };
    const world = new World(strict);
    world.connected.add("a");
    world.trust.update(set([at("a")]), 0);
    world.trust.update(set([], false), 1);
    expect(world.shown).toEqual([]);
    const other = worldWith("a");
    other.trust.update(set([]), 1);
    other.trust.configure(strict, 2);
    expect(other.shown).toEqual([]);
    expect(other.decisions).toEqual(["kept-emptied a", "removed a"]);
  });

  test("was ready: who was not, or was leaving, is not kept", () => {
    const world = new World();
    for (const id of ["a", "b", "c", "d"]) world.connected.add(id);
    const states: readonly EndpointState[] = ["ready", "serving", "terminating", "not-ready"];
    world.trust.update(set(states.map((state, index) => at("abcd"[index] ?? "", { state }))), 0);
    world.trust.update(set([]), 1);
    expect(world.shown).toEqual(["a over what is open"]);
  });
});

describe("a source that says of all that they are not ready", () => {
  const unready = (id: string): Endpoint => at(id, { state: "not-ready" });

  test("is doubted for the grace time, over what is open", () => {
    const world = worldWith("a", "b");
    world.connected.delete("b");
    world.trust.update(set([unready("a"), unready("b")]), 5);
    expect(world.shown).toEqual(["a over what is open", "b not at all"]);
    expect(world.trust.standing).toBe("unready");
    expect(world.trust.keepsUnready).toBe(true);
    expect(world.trust.expire(4 + GRACE_MS)).toBe(false);
    expect(world.trust.expire(5 + GRACE_MS)).toBe(true);
    expect(world.shown).toEqual(["a", "b"]);
    expect([...world.trust.endpoints].map(({ endpoint }) => endpoint.state)).toEqual([
      "not-ready",
      "not-ready",
    ]);
    expect(world.trust.standing).toBe("live");
    expect(world.decisions).toEqual([
      "kept-unready a",
      "kept-unready b",
      "disconnected b",
      "expired a",
      "expired b",
    ]);
    world.trust.update(set([unready("a"), unready("b")]), 6 + GRACE_MS);
    expect(world.trust.standing).toBe("live");
  });

  test("is believed of one as long as another serves, and of all from when each was ready", () => {
    const world = worldWith("a", "b", "c");
    world.trust.update(set([unready("a"), at("b"), at("c")]), 5);
    expect(world.decisions).toEqual([]);
    expect(world.trust.expiresAtMs).toBe(Number.POSITIVE_INFINITY);
    world.trust.update(set([unready("a"), unready("b"), at("c", { state: "serving" })]), 15);
    expect(world.trust.keepsUnready).toBe(false);
    world.trust.update(set([unready("a"), unready("b")]), 25);
    expect(world.shown).toEqual(["a over what is open", "b over what is open"]);
    expect(world.decisions).toEqual([
      "terminating c",
      "removed c",
      "kept-unready a",
      "kept-unready b",
    ]);
    expect(world.trust.expire(5 + GRACE_MS)).toBe(true);
    expect(world.shown).toEqual(["a", "b over what is open"]);
    expect(world.trust.expiresAtMs).toBe(15 + GRACE_MS);
  });

  test("is believed of the others as soon as one is ready again", () => {
    const world = worldWith("a", "b");
    world.trust.update(set([unready("a"), unready("b")]), 5);
    world.trust.update(set([unready("a"), at("b")]), 6);
    expect(world.shown).toEqual(["a", "b"]);
    expect(world.decisions.slice(2)).toEqual(["returned b", "unready a"]);
    world.trust.update(set([unready("a"), unready("b")]), 7);
    expect([...world.trust.endpoints].map(({ untilMs }) => untilMs - GRACE_MS)).toEqual([5, 7]);
  });

  test("is believed of those that never were ready, and where trust is strict", () => {
    const world = new World();
    world.connected.add("a");
    world.trust.update(set([unready("a")]), 0);
    expect(world.shown).toEqual(["a"]);
    const strict: Discovery = { ...DEFAULT_DISCOVERY, trust: "strict" };
    const other = worldWith("a");
    other.trust.update(set([unready("a")]), 1);
    other.trust.configure(strict, 2);
    expect(other.shown).toEqual(["a"]);
    other.trust.update(set([at("a")]), 3);
    other.trust.update(set([unready("a")]), 4);
    expect(other.shown).toEqual(["a"]);
    expect(other.decisions).toEqual(["kept-unready a", "unready a"]);
  });

  test("is doubted no longer when it loses them too, and brings them back as they were", () => {
    const world = worldWith("a", "b");
    world.trust.update(set([unready("a"), unready("b")]), 5);
    world.trust.update(set([], false), 6);
    expect(world.shown).toEqual(["a over what is open", "b over what is open"]);
    expect(["a", "b"].map((id) => world.trust.isKeptUnready(id))).toEqual([true, true]);
    world.trust.update(set([unready("a"), unready("b")]), 8);
    expect(world.shown).toEqual(["a over what is open", "b over what is open"]);
    expect(world.trust.expiresAtMs).toBe(5 + GRACE_MS);
    world.trust.update(set([at("a"), at("b")]), 9);
    world.trust.update(set([at("b")], false), 10);
    expect(world.trust.isKeptUnready("a")).toBe(false);
  });

  test("is believed when it says that one leaves, or takes it away", () => {
    const world = worldWith("a", "b", "c");
    world.trust.update(set([unready("a"), unready("b"), unready("c")]), 5);
    world.trust.update(set([unready("a"), at("b", { state: "terminating" })]), 6);
    expect(world.shown).toEqual(["a over what is open", "b"]);
    expect(world.decisions.slice(3)).toEqual(["terminating b", "removed c"]);
  });
});

describe("whatever discovery says", () => {
  const step = fc.record({
    listed: fc.subarray(["a", "b", "c", "d"]),
    unready: fc.subarray(["a", "b", "c", "d"]),
    synced: fc.boolean(),
    afterMs: fc.integer({ min: 0, max: GRACE_MS }),
    closed: fc.subarray(["a", "b", "c", "d"]),
    generation: fc.integer({ min: 0, max: 1 }),
  });

  test("only the listed are dialled, and nobody is kept beyond the grace time", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const world = new World();
        /** When each was ready last. */
        const readyAtMs = new Map<string, number>();
        let nowMs = 0;
        for (const { listed, unready, synced, afterMs, closed, generation } of steps) {
          nowMs += afterMs;
          world.trust.expire(nowMs);
          for (const id of closed) {
            world.connected.delete(`${id}${generation}`);
            world.trust.disconnected(`${id}${generation}`, nowMs);
          }
          const ids = listed.map((id) => `${id}${generation}`);
          const endpoints = listed.map((id) =>
            at(`${id}${generation}`, { state: unready.includes(id) ? "not-ready" : "ready" }),
          );
          for (const { endpoint } of world.trust.endpoints) {
            if (endpoint.state === "ready") readyAtMs.set(endpoint.id, nowMs);
          }
          const keptBefore = new Set(keptIds(world));
          world.trust.update(set(endpoints, synced), nowMs);
          for (const { id, state } of endpoints) {
            if (state === "ready") world.connected.add(id);
          }
          const isOneReady = endpoints.some(({ state }) => state === "ready");
          const places = new Set<string>();
          for (const { endpoint, mayDial, kept } of world.trust.endpoints) {
            expect(mayDial).toBe(kept === null);
            if (kept === null || kept === "kept-unready") expect(ids).toContain(endpoint.id);
            if (kept === "kept-unready") expect(isOneReady).toBe(false);
            expect(places.has(endpoint.address)).toBe(false);
            places.add(endpoint.address);
            if (kept === null) continue;
            if (!keptBefore.has(endpoint.id)) expect(readyAtMs.has(endpoint.id)).toBe(true);
            expect(nowMs - (readyAtMs.get(endpoint.id) ?? 0)).toBeLessThan(2 * GRACE_MS);
            expect(world.trust.expiresAtMs).toBeLessThanOrEqual(nowMs + GRACE_MS);
          }
        }
      }),
    );
  });
});

function keptIds({ trust }: World): readonly string[] {
  return [...trust.endpoints].flatMap(({ endpoint, kept }) => (kept === null ? [] : [endpoint.id]));
}
