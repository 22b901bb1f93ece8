import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSeededRandom } from "../base/random.ts";
import { ManualTimers } from "../base/timers.ts";
import { FakeApiServer } from "../test/harness/fake-api-server.ts";
import { KubeClient } from "./kube-client.ts";
import { LEASE_LIMITS, Lease, type LeaseHolder } from "./lease.ts";

const PATH = "/apis/coordination.k8s.io/v1/leases";

let timers: ManualTimers;
let server: FakeApiServer;
let told: string[];
let leases: Map<string, Lease>;
/** Whom each saw last. */
let seen: Map<string, LeaseHolder | null>;
/** Those whose requests go nowhere. */
let cutOff: Set<string>;
/** What the answers to writes wait for. */
let slow: Promise<void> | undefined;
let annotationsOf: (identity: string) => Readonly<Record<string, string>>;

beforeEach(() => {
  timers = new ManualTimers();
  server = new FakeApiServer(timers);
  told = [];
  leases = new Map();
  seen = new Map();
  cutOff = new Set();
  slow = undefined;
  annotationsOf = (identity) => ({ where: `at ${identity}` });
});

afterEach(async () => {
  server.interfere = () => ({ refused: true });
  await Promise.all([...leases.values()].map((lease) => lease.stop()));
});

async function later<T>(answer: Promise<T>): Promise<T> {
  await slow;
  return await answer;
}

function start(identity: string, seed = 1): Lease {
  const transport = {
    send: (request: Parameters<FakeApiServer["send"]>[0]) => {
      const answer = cutOff.has(identity) ? undefined : server.send(request);
      if (answer !== undefined) return request.method === "GET" ? answer : later(answer);
      return new Promise<never>((_resolve, reject) => {
        request.signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
    },
    close: () => {},
  };
  const lease = new Lease({
    client: new KubeClient({ transport, timers }),
    ...{ namespace: "heddle", name: "operator", identity },
    ...{ clock: timers.clock, timers, random: createSeededRandom(seed) },
    annotations: () => annotationsOf(identity),
    seen: (holder) => seen.set(identity, holder),
    changed: (holds) => told.push(`${identity}${holds ? "+" : "-"}`),
    failed: (error) => told.push(`${identity}: ${error.message}`),
  });
  leases.set(identity, lease);
  lease.start();
  return lease;
}

async function pass(durationMs: number, each: () => void = () => {}): Promise<void> {
  for (let passedMs = 0; passedMs <= durationMs; passedMs += 100) {
    if (passedMs > 0) timers.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
    each();
  }
}

const holders = () => [...leases].filter(([, lease]) => lease.holds()).map(([name]) => name);
const spec = () => server.objects(PATH)[0]?.spec as Record<string, unknown>;

describe("a Lease", () => {
  it("is made by the first, in the form that Kubernetes reads, and renewed", async () => {
    start("a");
    await pass(60_000, () => expect(holders().length).toBeLessThan(2));
    expect([holders(), told]).toEqual([["a"], ["a+"]]);
    expect(spec()).toMatchObject({ holderIdentity: "a", leaseDurationSeconds: 15 });
    expect(spec().renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it("is held by one of two at a time, also where both want it at once", async () => {
    start("a", 1);
    start("b", 2);
    await pass(60_000, () => expect(holders().length).toBeLessThan(2));
    expect(holders()).toHaveLength(1);
    expect(told).toHaveLength(1);
  });

  it("ends for a holder that is cut off, before another one takes it", async () => {
    start("a");
    await pass(5_000);
    start("b", 2);
    await pass(5_000);
    cutOff.add("a");
    const lostMs = timers.clock.nowMs();
    let freeMs = 0;
    await pass(30_000, () => {
      expect(holders().length).toBeLessThan(2);
      if (holders().length === 0 && freeMs === 0) freeMs = timers.clock.nowMs();
    });
    expect(freeMs - lostMs).toBeLessThanOrEqual(LEASE_LIMITS.renewDeadlineMs);
    expect(told.filter((line) => !line.includes(":"))).toEqual(["a+", "a-", "b+"]);
    expect(spec().leaseTransitions).toBe(1);
    cutOff.clear();
    await pass(10_000);
    expect(holders()).toEqual(["b"]);
  });

  it("is given back at the end, and taken within one try", async () => {
    const first = start("a");
    await pass(3_000);
    start("b", 2);
    await pass(3_000);
    const stopping = first.stop();
    expect(first.holds()).toBe(false);
    await stopping;
    await pass(LEASE_LIMITS.retryMs * 1.5);
    expect(holders()).toEqual(["b"]);
  });

  it("that is taken while it is given back is given back all the same", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    slow = promise;
    const lease = start("a");
    await pass(500);
    expect(spec().holderIdentity).toBe("a");
    const resigned = lease.resign();
    resolve();
    await resigned;
    expect([spec().holderIdentity, told]).toEqual(["", []]);
  });

  it("tells the others who holds it, and what that says of itself", async () => {
    const first = start("a");
    await pass(3_000);
    start("b", 2);
    await pass(5_000);
    expect(seen.get("a")).toBe(null);
    expect(seen.get("b")).toEqual({ identity: "a", annotations: { where: "at a" } });
    await first.stop();
    expect(server.objects(PATH)[0]?.metadata.annotations).toEqual({});
    await pass(5_000);
    expect(seen.get("b")).toBe(null);
    expect(server.objects(PATH)[0]?.metadata.annotations).toEqual({ where: "at b" });
  });

  it("that was taken by force is noticed at the next renewal", async () => {
    start("a");
    await pass(3_000);
    const [present] = server.objects(PATH);
    if (present === undefined) throw new Error("there is no Lease");
    server.put(PATH, { ...present, spec: { ...spec(), holderIdentity: "other" } });
    await pass(LEASE_LIMITS.retryMs * 1.5);
    expect([holders(), told]).toEqual([[], ["a+", "a-"]]);
  });

  it("that cannot be had is told once, and wanted on", async () => {
    server.interfere = () => ({ answer: 403 });
    start("a");
    await pass(20_000);
    expect(told).toHaveLength(1);
    server.interfere = () => undefined;
    await pass(5_000);
    expect(holders()).toEqual(["a"]);
  });

  it("of a holder that was killed is taken in the time that the manual names", async () => {
    const retryMsMax = LEASE_LIMITS.retryMs * 1.2;
    const longestMs = LEASE_LIMITS.durationSeconds * 1_000 + 2 * retryMsMax;
    for (let seed = 1; seed <= 5; seed++) {
      const first = start(`a${seed}`, seed);
      await pass(5_000);
      start(`b${seed}`, 100 - seed);
      await pass(5_000 + seed * 300);
      expect(holders()).toEqual([`a${seed}`]);
      cutOff.add(`a${seed}`);
      const killedMs = timers.clock.nowMs();
      let takenMs = 0;
      await pass(longestMs + 1_000, () => {
        if (takenMs === 0 && holders().includes(`b${seed}`)) takenMs = timers.clock.nowMs();
      });
      expect(takenMs - killedMs).toBeGreaterThan(10_000);
      expect(takenMs - killedMs).toBeLessThanOrEqual(longestMs + 100);
      await Promise.all([first.stop(), leases.get(`b${seed}`)?.stop()]);
      leases.clear();
    }
  });

  it("says that nobody answered only where that is so", async () => {
    cutOff.add("a");
    start("a");
    await pass(LEASE_LIMITS.tryMs * 2);
    expect(told).toEqual(["a: no answer within 4 s"]);
    annotationsOf = () => {
      throw new TypeError("where is that?");
    };
    start("b", 2);
    await pass(LEASE_LIMITS.tryMs * 2);
    expect(told).toEqual(["a: no answer within 4 s", "b: where is that?"]);
  });
});
