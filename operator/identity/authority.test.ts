/** An authority over years, by a clock that is moved by hand; its certificates are real ones. */
import { X509Certificate } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { createSeededRandom } from "../../base/random.ts";
import { ManualTimers } from "../../base/timers.ts";
import { untilInTime } from "../../test/harness/until.ts";
import { Authority } from "./authority.ts";
import type { Leaf } from "./certificate.ts";
import { MemoryStorage } from "./memory-storage.ts";
import { AUTHORITY_TIMES, planRoots } from "./roots.ts";
import { ServingCertificate } from "./serving-certificate.ts";

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** Whatever takes real time, as a key does, ends with the step: by this clock, that is late. */
const STEP_MAX_MS = 6 * HOUR_MS;
const EPOCH = Date.UTC(2026, 10, 22);
const NAMES = { dnsNames: ["operator"] as const, ipAddresses: [] };

const ends: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function world() {
  const timers = new ManualTimers(new ManualClock(0, EPOCH));
  const storage = new MemoryStorage();
  const replica = async (leads = true) => {
    const leadership = { leads, holds: () => leadership.leads };
    const authority = new Authority({
      ...{ storage, leadership, clock: timers.clock, timers, log: silentLog },
    });
    ends.push(() => authority.stop());
    await authority.start();
    return { authority, leadership };
  };
  return { timers, storage, replica };
}

type World = ReturnType<typeof world>;

async function made({ timers }: World, authority: Authority): Promise<void> {
  await untilInTime(timers, 10, "roots", () => authority.issuer !== undefined);
}

/** Time passes, and keys that are made meanwhile are waited for. */
async function pass({ timers }: World, durationMs: number, isSettled: () => boolean) {
  timers.advance(durationMs);
  await untilInTime(timers, 1_000, "settled", isSettled);
}

/** Whether whoever trusts the bundle takes the leaf now. */
function isTrusted(leaf: Leaf, bundle: string, wallMs: number): boolean {
  const certificate = new X509Certificate(leaf.certificatePem);
  const roots = bundle
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .map((pem) => new X509Certificate(pem));
  const isNow = ({ validFromDate, validToDate }: X509Certificate) =>
    validFromDate.getTime() <= wallMs && wallMs < validToDate.getTime();
  return (
    isNow(certificate) &&
    roots.some(
      (root) => isNow(root) && certificate.checkIssued(root) && certificate.verify(root.publicKey),
    )
  );
}

describe("an authority", () => {
  it("is made by the replica that leads, and known to all", async () => {
    const all = world();
    const follower = await all.replica(false);
    all.timers.advance(10_000);
    expect(all.storage.written).toEqual([]);
    expect(await follower.authority.issue(NAMES, DAY_MS)).toBeNull();
    const leader = await all.replica();
    await made(all, leader.authority);
    expect(follower.authority.bundle).toBe(leader.authority.bundle);
    const leaf = (await follower.authority.issue(NAMES, DAY_MS)) as Leaf;
    expect(isTrusted(leaf, leader.authority.bundle, EPOCH + 20_000)).toBe(true);
  });

  it("is one although two replicas make it at once", async () => {
    const all = world();
    const one = await all.replica();
    const two = await all.replica();
    await made(all, one.authority);
    await made(all, two.authority);
    all.timers.advance(60_000);
    expect(all.storage.written).toHaveLength(1);
    expect(two.authority.bundle).toBe(one.authority.bundle);
  });

  it("is not written by who has lost the lead while a key was made", async () => {
    const all = world();
    const { authority, leadership } = await all.replica(false);
    let asked = 0;
    leadership.holds = () => {
      asked += 1;
      return asked === 1;
    };
    authority.leadershipChanged();
    await untilInTime(all.timers, 0, "asked again", () => asked >= 2);
    expect(all.storage.written).toEqual([]);
  });

  it("is tried again when it cannot be written", async () => {
    const all = world();
    let failures = 3;
    all.storage.interfere = () => {
      failures -= 1;
      if (failures >= 0) throw new Error("no API server");
    };
    const { authority } = await all.replica();
    await made(all, authority);
    expect([failures, all.storage.written.length]).toEqual([-1, 1]);
  });

  it("stays what it was when what is kept of it is spoilt, and nobody writes over it", async () => {
    const all = world();
    const { authority } = await all.replica();
    await made(all, authority);
    const { bundle } = authority;
    all.storage.put({ certificates: "nothing", keys: "" });
    all.timers.advance(DAY_MS);
    expect([authority.bundle, all.storage.written.length]).toEqual([bundle, 1]);
    expect(authority.problem).toContain("there is no certificate");
  });

  it("is put back when somebody has taken it away", async () => {
    const all = world();
    const { authority } = await all.replica();
    await made(all, authority);
    const { bundle } = authority;
    all.storage.remove();
    await untilInTime(all.timers, 10, "back", () => (all.storage.current ?? null) !== null);
    expect(all.storage.current?.certificates).toBe(bundle);
    expect(authority.bundle).toBe(bundle);
  });

  it("gives nothing that outlives its root", async () => {
    const all = world();
    const { authority, leadership } = await all.replica();
    await made(all, authority);
    leadership.leads = false;
    const root = authority.roots[0];
    all.timers.advance(AUTHORITY_TIMES.rootLifeMs - HOUR_MS);
    const leaf = await authority.issue(NAMES, DAY_MS);
    expect(leaf?.notAfterWallMs).toBe(root?.notAfterWallMs);
  });

  it("begins anew where nobody was there to renew it in time", async () => {
    const all = world();
    const { authority, leadership } = await all.replica();
    await made(all, authority);
    const { bundle } = authority;
    leadership.leads = false;
    all.timers.advance(2 * AUTHORITY_TIMES.rootLifeMs);
    expect(authority.issuer).toBeUndefined();
    leadership.leads = true;
    authority.leadershipChanged();
    await made(all, authority);
    expect(authority.roots).toHaveLength(1);
    expect(authority.bundle).not.toBe(bundle);
  });
});

/**
 * Twenty months in steps of uneven length. Somebody always shows a certificate; whoever has taken
 * the bundle lately trusts it; and nothing is dropped that is still in use.
 */
it("never shows what is not trusted, and never drops what is in use", async () => {
  const all = world();
  const { timers } = all;
  const random = createSeededRandom(7);
  const { authority } = await all.replica();
  await made(all, authority);
  const serving = new ServingCertificate({
    ...{ authority, names: NAMES, clock: timers.clock, timers, log: silentLog },
  });
  serving.start();
  ends.push(() => serving.stop());
  await untilInTime(timers, 10, "a certificate", () => serving.leaf !== null);
  const bundles = [{ atMs: 0, bundle: authority.bundle }];
  authority.subscribe(() => {
    bundles.push({ atMs: timers.clock.nowMs(), bundle: authority.bundle });
  });
  let issued: Leaf[] = [];
  let roots = 0;
  const endMs = 600 * DAY_MS;
  while (timers.clock.nowMs() < endMs) {
    await pass(all, STEP_MAX_MS * (0.3 + 0.7 * random.nextFloat()), () => {
      const wallMs = timers.clock.wallMs();
      const { leaf } = serving;
      return (
        leaf !== null &&
        !planRoots(authority.roots, wallMs).needsRoot &&
        leaf.issuerFingerprint === authority.issuer?.fingerprint &&
        leaf.notAfterWallMs - wallMs > 4 * HOUR_MS
      );
    });
    const nowMs = timers.clock.nowMs();
    const wallMs = timers.clock.wallMs();
    const leaf = serving.leaf as Leaf;
    // Those that were replaced lately may still be what a client knows.
    const inUse = bundles.filter(
      (_, at) => (bundles[at + 1]?.atMs ?? endMs) > nowMs - DAY_MS + STEP_MAX_MS,
    );
    for (const { bundle } of inUse) expect(isTrusted(leaf, bundle, wallMs)).toBe(true);
    if (random.nextFloat() < 0.02) {
      const long = await authority.issue(NAMES, AUTHORITY_TIMES.webhookLifeMs);
      if (long !== null) issued.push(long);
    }
    issued = issued.filter((one) => one.notAfterWallMs > wallMs);
    for (const one of issued) expect(isTrusted(one, authority.bundle, wallMs)).toBe(true);
    roots = Math.max(roots, authority.roots.length);
  }
  expect(all.storage.written.length).toBeGreaterThan(4);
  expect(roots).toBe(2);
}, 120_000);
