import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { ManualTimers } from "../../base/timers.ts";
import { type KubeObject, parseKubeObject } from "../../kube/kube-object.ts";
import { untilInTime } from "../../test/harness/until.ts";
import { Authority } from "./authority.ts";
import { INJECTOR_CONFIGURATION, planCaBundle } from "./ca-bundles.ts";
import { MemoryStorage } from "./memory-storage.ts";
import { AUTHORITY_TIMES, planRoots } from "./roots.ts";
import { encodeSecretData, SECRETS, secretText } from "./secrets.ts";
import { planWebhookSecret, webhookNotAfterWallMs } from "./webhook-secret.ts";

const DAY_MS = 24 * 60 * 60_000;
const PLACE = { namespace: "mesh", clusterDomain: "cluster.local" };

let timers: ManualTimers;
let authority: Authority;

beforeEach(async () => {
  timers = new ManualTimers(new ManualClock(0, Date.UTC(2026, 10, 22)));
  const { clock } = timers;
  authority = new Authority({
    ...{ storage: new MemoryStorage(), leadership: { holds: () => true } },
    ...{ clock, timers, log: silentLog },
  });
  await authority.start();
  await untilInTime(timers, 10, "roots", () => authority.issuer !== undefined);
});

afterEach(() => authority.stop());

const plan = (found: KubeObject | undefined, place = PLACE) =>
  planWebhookSecret(found, authority, place, timers.clock.wallMs());

/** As the API server has it then. */
async function made(found?: KubeObject): Promise<KubeObject> {
  const secret = await plan(found);
  if (secret === null) throw new Error("nothing was planned");
  return stored(secret);
}

function stored(secret: { readonly metadata: object; readonly [field: string]: unknown }) {
  return parseKubeObject(
    { ...secret, metadata: { ...secret.metadata, resourceVersion: "1" } },
    SECRETS,
  );
}

const shown = (found: KubeObject) => new X509Certificate(secretText(found, "tls.crt"));

describe("what the webhook shows", () => {
  it("is made, and left alone while it is good", async () => {
    const found = await made();
    expect(found.raw.type).toBe("kubernetes.io/tls");
    expect(shown(found).checkHost("heddle-webhook.mesh.svc")).toBeDefined();
    expect(shown(found).checkHost("heddle-webhook.mesh.svc.cluster.local")).toBeDefined();
    const wallMs = timers.clock.wallMs();
    expect(webhookNotAfterWallMs(found)).toBeCloseTo(wallMs + AUTHORITY_TIMES.webhookLifeMs, -4);
    expect(await plan(found)).toBeNull();
    timers.advance(19 * DAY_MS);
    expect(await plan(found)).toBeNull();
  });

  it("is made anew when two thirds of its life are over", async () => {
    const found = await made();
    timers.advance(21 * DAY_MS);
    const next = await made(found);
    expect(shown(next).fingerprint).not.toBe(shown(found).fingerprint);
  });

  it("stays, with more roots beside it, while another root is announced", async () => {
    const found = await made();
    const issuer = authority.issuer?.fingerprint;
    // To the day before two thirds of the root's life are over; the leaf is renewed meanwhile.
    timers.advance((AUTHORITY_TIMES.rootLifeMs * 2) / 3 - DAY_MS);
    const before = await made(found);
    await untilInTime(timers, DAY_MS / 48, "announced", () => authority.roots.length === 2);
    expect(authority.issuer?.fingerprint).toBe(issuer);
    const after = await made(before);
    expect(shown(after).fingerprint).toBe(shown(before).fingerprint);
    expect(secretText(after, "ca.crt").match(/BEGIN/g)).toHaveLength(2);
    // And follows the root when that is issued from.
    timers.advance(2 * DAY_MS);
    expect(planRoots(authority.roots, timers.clock.wallMs()).needsRoot).toBe(false);
    expect(shown(await made(after)).fingerprint).not.toBe(shown(after).fingerprint);
  });

  it.each([
    ["there is nothing", {}],
    ["somebody has written into it", { "tls.crt": "bm90aGluZw==", "tls.key": "", "ca.crt": "" }],
  ])("is made when %s", async (_what, data) => {
    const found = await made();
    const next = await made({ ...found, raw: { ...found.raw, data } });
    expect(shown(next).checkHost("heddle-webhook.mesh.svc")).toBeDefined();
  });

  it("is made anew for other names, and when its key is another's", async () => {
    const found = await made();
    expect(await plan(found, { ...PLACE, namespace: "other" })).not.toBeNull();
    const other = await made();
    const data = encodeSecretData({
      "tls.crt": secretText(found, "tls.crt"),
      "tls.key": secretText(other, "tls.key"),
    });
    expect(await plan({ ...found, raw: { ...found.raw, data } })).not.toBeNull();
  });
});

describe("by what the API server knows the webhook", () => {
  const caBundle = Buffer.from("bundle").toString("base64");
  const entry = (name: string, clientConfig: object = {}) => ({ name, clientConfig, more: 1 });
  const found = (...webhooks: readonly object[]): KubeObject =>
    parseKubeObject(
      { metadata: { name: "heddle-injector", resourceVersion: "1" }, webhooks },
      INJECTOR_CONFIGURATION.resource,
    );
  const LABELLED = "labelled.inject.heddle.mesh";
  const ANNOTATED = "annotated.inject.heddle.mesh";

  it("stands in our entries, all of them, and in nobody else's", () => {
    const object = found(entry(LABELLED, { caBundle }), entry("theirs"), entry(ANNOTATED));
    expect(planCaBundle(INJECTOR_CONFIGURATION, object, "bundle")).toEqual({
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingWebhookConfiguration",
      metadata: { name: "heddle-injector" },
      webhooks: [LABELLED, ANNOTATED].map((name) => ({ name, clientConfig: { caBundle } })),
    });
  });

  it("is left alone where it is right, and where there are none of ours", () => {
    const right = found(entry(LABELLED, { caBundle }), entry("theirs"));
    expect(planCaBundle(INJECTOR_CONFIGURATION, right, "bundle")).toBeNull();
    expect(planCaBundle(INJECTOR_CONFIGURATION, found(entry("theirs")), "bundle")).toBeNull();
    const none = parseKubeObject({ metadata: { name: "x", resourceVersion: "1" } }, SECRETS);
    expect(planCaBundle(INJECTOR_CONFIGURATION, none, "bundle")).toBeNull();
  });
});
