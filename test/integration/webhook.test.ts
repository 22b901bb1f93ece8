/** `heddle webhook`, whole, over real TLS, beside an API server in memory that comes and goes. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemTimers } from "../../base/platform/system.ts";
import { SAMPLE_POD, withSpec } from "../../inject/sample-pod.ts";
import { REVIEW_LIMITS } from "../../webhook/review-server.ts";
import { fillCluster, PATHS } from "../harness/cluster-objects.ts";
import { type FakeApiListener, listenForFake } from "../harness/fake-api-listener.ts";
import { FakeApiServer } from "../harness/fake-api-server.ts";
import { admissionReview, podReview } from "../harness/reviews.ts";
import { TestAuthority } from "../harness/test-certificates.ts";
import { until } from "../harness/until.ts";
import { WebhookProcess } from "../harness/webhook-process.ts";

const run = promisify(execFile);
const SECRETS = "/api/v1/secrets";
const NAMESPACES = "/api/v1/namespaces";
const EVENTS = "/apis/events.k8s.io/v1/events";

let folder: string;
let server: FakeApiServer;
let listener: FakeApiListener;
let authority: TestAuthority;
let running: WebhookProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "heddle-webhook-"));
  authority = await TestAuthority.create();
  server = new FakeApiServer(systemTimers);
  fillCluster(server);
  for (const path of [SECRETS, NAMESPACES, EVENTS]) server.serve(path);
  putNamespace("shop", { "heddle.mesh/inject": "enabled" });
  listener = await listenForFake(server);
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await listener.close();
  rmSync(folder, { recursive: true });
});

function putNamespace(name: string, annotations: Readonly<Record<string, string>>): void {
  server.put(NAMESPACES, { metadata: { name, annotations } });
}

async function putSecret(from = authority, goodForMs?: number): Promise<void> {
  const data = from.secretData(await from.issue("heddle-webhook.heddle.svc", goodForMs));
  server.put(SECRETS, { metadata: { name: "heddle-webhook-tls", namespace: "heddle" }, data });
}

async function start(...args: readonly string[]): Promise<WebhookProcess> {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [
      {
        name: "c",
        // Without this, plain HTTP is refused.
        cluster: { server: listener.url, "insecure-skip-tls-verify": true },
      },
    ],
    users: [{ name: "u", user: { token: "secret" } }],
    contexts: [{ name: "test", context: { cluster: "c", user: "u" } }],
  };
  writeFileSync(join(folder, "kubeconfig"), JSON.stringify(config));
  const started = await WebhookProcess.start(folder, ["--kubeconfig", "kubeconfig", ...args]);
  running.push(started);
  return started;
}

async function startReady(...args: readonly string[]): Promise<WebhookProcess> {
  await putSecret();
  const started = await start(...args);
  await ready(started);
  return started;
}

async function ready(webhook: WebhookProcess): Promise<void> {
  const isReady = async () => (await webhook.admin("/ready")).status === 200;
  await until(() => `it is ready: ${webhook.io.stderr.text}`, isReady);
}

const review = admissionReview(podReview(SAMPLE_POD));

describe("heddle webhook", () => {
  it("injects pods, refuses those that do harm, and stops with 0", async () => {
    const webhook = await startReady("--image", "registry.example/heddle:2");
    const { certificatePem: ca } = authority;
    const answer = await webhook.ask("/inject", review, ca);
    expect(answer).toMatchObject({ uid: "review-1", allowed: true, warnings: [] });
    expect(JSON.stringify(answer.patch)).toContain("registry.example/heddle:2");
    expect(JSON.stringify(answer.patch)).toContain(
      "wss://heddle-operator.heddle.svc.cluster.local:4190",
    );
    const harmful = withSpec({ securityContext: { runAsUser: 2102 } });
    const refused = await webhook.ask("/inject", admissionReview(podReview(harmful)), ca);
    expect(refused.allowed).toBe(false);
    expect(refused.message).toContain("runs as the user 2102");
    const counted = 'heddle_webhook_injections_total{outcome="injected",reason=""}';
    expect(await webhook.metric(counted)).toBe(1);
    expect(await webhook.stop()).toBe(0);
  });

  it("validates objects", async () => {
    const webhook = await startReady();
    const kind = { group: "heddle.mesh", version: "v1alpha1", kind: "TrafficSplit" };
    const object = {
      apiVersion: "heddle.mesh/v1alpha1",
      kind: "TrafficSplit",
      metadata: { name: "web", namespace: "shop" },
      spec: { service: "web", backend: [{ service: "web-v1", weight: 1 }] },
    };
    const asked = admissionReview(podReview(object, kind));
    const answer = await webhook.ask("/validate", asked, authority.certificatePem);
    expect(answer).toMatchObject({ allowed: false });
    expect(answer.message).toContain('unknown field "backend" (did you mean "backends"?)');
  });

  it("answers curl as it answers an API server", async () => {
    const webhook = await startReady();
    writeFileSync(join(folder, "ca.crt"), authority.certificatePem);
    writeFileSync(join(folder, "review.json"), JSON.stringify(review));
    const { stdout } = await run("curl", [
      ...["--silent", "--show-error", "--max-time", "20", "--cacert", join(folder, "ca.crt")],
      ...["--header", "content-type: application/json"],
      ...["--data-binary", `@${join(folder, "review.json")}`],
      `https://localhost:${webhook.port}/inject?timeout=5s`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      response: { uid: "review-1", allowed: true, patchType: "JSONPatch" },
    });
  });
});

describe("its certificate", () => {
  it("is waited for, and taken when it comes", async () => {
    const webhook = await start();
    expect(await webhook.admin("/ready")).toEqual({
      ...{ status: 503, text: "there is no certificate yet\n" },
    });
    expect((await webhook.admin("/live")).status).toBe(200);
    await expect(webhook.ask("/inject", review, authority.certificatePem)).rejects.toThrow();
    await putSecret();
    await ready(webhook);
    await webhook.ask("/inject", review, authority.certificatePem);
    const expires = await webhook.metric("heddle_webhook_certificate_expires_seconds");
    expect(expires).toBeGreaterThan(3_000);
    expect(expires).toBeLessThanOrEqual(3_600);
    const selectors = server.requests.filter(({ path }) => path.includes("/secrets"));
    expect(new Set(selectors.map(({ query }) => query.get("fieldSelector")))).toEqual(
      new Set(["metadata.name=heddle-webhook-tls"]),
    );
  });

  it("is exchanged without a restart; one that cannot be used is not taken", async () => {
    const webhook = await startReady();
    server.put(SECRETS, {
      metadata: { name: "heddle-webhook-tls", namespace: "heddle" },
      data: { "tls.crt": "bm9uZQ==", "tls.key": "bm9uZQ==" },
    });
    await webhook.io.stderr.until("a certificate cannot be used");
    await webhook.ask("/inject", review, authority.certificatePem);
    const next = await TestAuthority.create();
    await putSecret(next);
    await until("it shows the other one", async () => {
      try {
        return (await webhook.ask("/inject", review, next.certificatePem)).allowed;
      } catch {
        return false;
      }
    });
    await expect(webhook.ask("/inject", review, authority.certificatePem)).rejects.toThrow();
    expect((await webhook.admin("/ready")).status).toBe(200);
  });

  it("may come from a folder, and then no Secret is looked for", async () => {
    authority.write(join(folder, "tls"), await authority.issue());
    const webhook = await start("--tls-folder", "tls");
    await ready(webhook);
    await webhook.ask("/inject", review, authority.certificatePem);
    expect(server.requests.filter(({ path }) => path.includes("secrets"))).toEqual([]);
  });

  it("that is over makes it unready", async () => {
    await putSecret(authority, -1_000);
    const webhook = await start();
    const text = async () => (await webhook.admin("/ready")).text;
    await until("it says so", async () => (await text()) === "the certificate has expired\n");
    expect(await webhook.metric("heddle_webhook_certificate_expires_seconds")).toBeLessThan(0);
  });
});

describe("while the API server is away", () => {
  it("goes on by what it knew last", async () => {
    const webhook = await startReady();
    const { address } = listener;
    await listener.close();
    const silence =
      'heddle_webhook_kube_failures_total{resource="namespaces",reason="Unreachable"}';
    await until("its watch is down", async () => (await webhook.metric(silence)) > 0);
    const answer = await webhook.ask("/inject", review, authority.certificatePem);
    expect(answer.patch.length).toBeGreaterThan(0);
    expect((await webhook.admin("/ready")).status).toBe(200);
    const aged = await webhook.metric('heddle_webhook_kube_silence_seconds{resource="namespaces"}');
    expect(aged).toBeGreaterThan(0);
    const unknown = admissionReview(podReview(SAMPLE_POD, { namespace: "new" }));
    const passed = await webhook.ask("/inject", unknown, authority.certificatePem);
    expect(passed).toMatchObject({ allowed: true, patch: [] });
    expect(passed.warnings[0]).toContain("no proxy is injected into this pod, if it wanted one");
    listener = await listenForFake(server, address);
    putNamespace("new", { "heddle.mesh/inject": "enabled" });
    await until("it has caught up", async () => {
      const again = await webhook.ask("/inject", unknown, authority.certificatePem);
      return again.patch.length > 0;
    });
  });
});

describe("the defaults file", () => {
  it("counts for pods that do not say otherwise", async () => {
    writeFileSync(join(folder, "defaults.yaml"), "log-level: debug\n");
    const webhook = await startReady("--defaults", "defaults.yaml");
    const answer = await webhook.ask("/inject", review, authority.certificatePem);
    expect(JSON.stringify(answer.patch)).toContain("--log-level=debug");
  });

  it("with a mistake keeps it from starting", async () => {
    writeFileSync(join(folder, "defaults.yaml"), "log-levle: debug\n");
    await expect(start("--defaults", "defaults.yaml")).rejects.toThrow(
      /ended with 1: .*defaults.yaml: log-levle means nothing here; did you mean "log-level"/s,
    );
    await expect(start("--defaults", "nowhere.yaml")).rejects.toThrow(/ENOENT/);
  });
});

describe("what is no question of an API server", () => {
  it.each([
    ["/inject", "{}", 400, "is no AdmissionReview"],
    ["/inject", "not json", 400, "is no AdmissionReview"],
    ["/elsewhere", "{}", 404, "only reviews"],
  ])("at %s, %j, is turned away", async (path, body, status, wanted) => {
    const webhook = await startReady();
    const answer = await webhook.post(path, body, authority.certificatePem);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(wanted);
    await webhook.ask("/inject", review, authority.certificatePem);
  });

  it("is turned away for its size before it is sent", async () => {
    const webhook = await startReady();
    const bytes = REVIEW_LIMITS.bodyBytesMax + 1;
    const answer = await webhook.post("/inject", "", authority.certificatePem, bytes);
    expect(answer).toMatchObject({ status: 413, text: expect.stringContaining("too large") });
    expect(await webhook.metric('heddle_webhook_turned_away_total{reason="too-large"}')).toBe(1);
  });

  it("is taken up to three megabytes and more", async () => {
    const webhook = await startReady();
    const annotations = { big: "x".repeat(4 * 1024 * 1024) };
    const pod = { ...SAMPLE_POD, metadata: { ...SAMPLE_POD.metadata, annotations } };
    const asked = admissionReview(podReview(pod));
    const answer = await webhook.ask("/inject", asked, authority.certificatePem);
    expect(answer.patch.length).toBeGreaterThan(0);
  });

  it("in plain text is counted, and disturbs nobody", async () => {
    const webhook = await startReady();
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port: webhook.port });
      socket.on("error", reject);
      socket.on("close", () => resolve());
      socket.resume();
      socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    });
    const counted = 'heddle_webhook_turned_away_total{reason="handshake"}';
    await until("it is counted", async () => (await webhook.metric(counted)) === 1);
    await webhook.ask("/inject", review, authority.certificatePem);
  });
});

it("tells at a Deployment's pods' owner, in the cluster, why they are not injected", async () => {
  const webhook = await startReady();
  const pod = withSpec({ hostNetwork: true });
  await webhook.ask("/inject", admissionReview(podReview(pod)), authority.certificatePem);
  await until("there is an Event", () => server.objects(EVENTS).length === 1);
  expect(server.objects(EVENTS)[0]).toMatchObject({ reason: "InjectionSkipped" });
  expect(server.requests.some(({ path }) => path === PATHS.splits)).toBe(true);
});
