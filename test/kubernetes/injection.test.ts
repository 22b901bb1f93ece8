/** Injection through the admission chain of a real API server. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Fields, mapAt, mapsAt } from "../../inject/pod.ts";
import { SAMPLE_OPTIONS } from "../../inject/sample-pod.ts";
import { readInjectedPods } from "../harness/injected-pods.ts";
import { until } from "../harness/until.ts";
import { whyNoApiServer } from "./harness/api-server.ts";
import { isProxied, MESH_NAMESPACE, refusalOf, WebhookScene } from "./harness/webhook-scene.ts";

const ENABLED = { "heddle.mesh/inject": "enabled" };
const DISABLED = { "heddle.mesh/inject": "disabled" };
const SPEC = { containers: [{ name: "web", image: "registry.example/web:7" }] };
const POD = { metadata: { name: "web" }, spec: SPEC };

const namesAt = (pod: Fields, key: string) =>
  mapsAt(mapAt(pod, "spec"), key).map(({ name }) => String(name));

describe.skipIf(whyNoApiServer())("injection", () => {
  let scene: WebhookScene;
  let labelled: string;
  let annotated: string;
  let plain: string;

  beforeAll(async () => {
    scene = await WebhookScene.create();
    await scene.startWebhook(
      ...["--image", SAMPLE_OPTIONS.image, "--operator", SAMPLE_OPTIONS.operator],
      "--accept-linkerd-annotations",
    );
    labelled = await scene.namespace({ labels: ENABLED });
    annotated = await scene.namespace({ annotations: ENABLED });
    plain = await scene.namespace();
  });

  afterAll(() => scene.close());

  beforeEach(async () => {
    await scene.register();
    await scene.untilInjects(labelled);
    await scene.untilInjects(annotated);
  });

  it("asks once about each pod, whichever way its namespace asks", async () => {
    const counts = () =>
      Promise.all([
        scene.count("injected"),
        scene.count("unchanged"),
        scene.count("skipped", "not-asked"),
        scene.asked(),
      ]);
    const createIn = async (namespace: string) => {
      const before = await counts();
      const made = await scene.create(namespace, POD);
      const after = await counts();
      return [isProxied(made), ...after.map((count, index) => count - (before[index] ?? 0))];
    };
    // The API server mounts the account's token into what was injected, and asks again for that.
    expect(await createIn(labelled)).toEqual([true, 1, 1, 0, 2]);
    expect(await createIn(annotated)).toEqual([true, 1, 1, 0, 2]);
    expect(await createIn(plain)).toEqual([false, 0, 0, 1, 1]);
  });

  it("does not ask about those that are never touched", async () => {
    const before = await scene.asked();
    const opted = (metadata: object) => ({ ...POD, metadata: { name: "web", ...metadata } });
    await scene.api.serviceAccount({ namespace: "kube-system", name: "default" });
    await scene.api.serviceAccount({ namespace: MESH_NAMESPACE, name: "default" });
    for (const namespace of ["kube-system", MESH_NAMESPACE]) {
      expect(isProxied(await scene.create(namespace, opted({ annotations: ENABLED })))).toBe(false);
    }
    for (const namespace of [labelled, annotated]) {
      for (const metadata of [{ annotations: DISABLED }, { labels: DISABLED }]) {
        expect(isProxied(await scene.create(namespace, opted(metadata)))).toBe(false);
      }
    }
    expect(await scene.asked()).toBe(before);
    const own = opted({ annotations: ENABLED });
    expect(isProxied(await scene.create(plain, own))).toBe(true);
    expect(isProxied(await scene.create(plain, opted({ labels: ENABLED })))).toBe(true);
  });

  it("makes of real pods what the golden texts show, and the API server takes it", async () => {
    const pods = readInjectedPods().filter(({ namespace }) => namespace.name !== "kube-system");
    const names = new Map<string, string>();
    for (const { namespace } of pods) {
      const key = JSON.stringify(namespace);
      if (namespace.name === MESH_NAMESPACE || names.has(key)) continue;
      const { labels, annotations } = namespace;
      const kept = Object.entries(labels).filter(
        ([name]) => name !== "kubernetes.io/metadata.name",
      );
      const metadata = { labels: Object.fromEntries(kept), annotations };
      names.set(key, await scene.namespace(metadata));
    }
    await scene.unregister();
    await scene.untilInjects(labelled, false);
    const bare = await createAll(pods, names);
    await scene.register();
    await scene.untilInjects(labelled);
    const made = await createAll(pods, names);
    const refused = pods.filter((_, index) => typeof bare[index] === "string");
    // Their own containers do not keep to the level either.
    expect(refused.map(({ name }) => name)).toEqual([
      ...["restricted-namespace", "restricted-and-explicit"],
    ]);
    for (const [index, { name, decision, injected }] of pods.entries()) {
      const pod = made[index] ?? "";
      if (typeof bare[index] === "string") continue;
      if (typeof pod === "string") {
        expect({ name, decision }).toMatchObject({ decision: { isRefused: true } });
        expect(pod).toContain("runs as the user");
        continue;
      }
      expect({ name, isProxied: isProxied(pod) }).toEqual({ name, isProxied: isProxied(injected) });
      for (const key of ["initContainers", "containers", "volumes"]) {
        // The API server mounts the account's token into all of them.
        const found = namesAt(pod, key).filter((one) => !one.startsWith("kube-api-access-"));
        expect({ name, [key]: found }).toEqual({ name, [key]: namesAt(injected, key) });
      }
    }
  });

  async function createAll(
    pods: ReturnType<typeof readInjectedPods>,
    names: ReadonlyMap<string, string>,
  ): Promise<readonly (Fields | string)[]> {
    const all: (Fields | string)[] = [];
    for (const { pod, namespace } of pods) {
      const name = names.get(JSON.stringify(namespace)) ?? namespace.name;
      const account = String(mapAt(pod, "spec").serviceAccountName ?? "default");
      await scene.api.serviceAccount({ namespace: name, name: account });
      all.push(await scene.create(name, inPlace(pod)).catch(refusalOf));
    }
    return all;
  }

  it.each([
    ["privileged", {}, true],
    ["baseline", {}, false],
    ["restricted", {}, false],
    ["restricted", { "heddle.mesh/mode": "explicit" }, true],
  ])("keeps to the enforced level %s with %j", async (level, annotations, wanted) => {
    const enforced = { "pod-security.kubernetes.io/enforce": level };
    const labels = { ...ENABLED, ...enforced };
    const namespace = await scene.namespace({ labels });
    const securityContext = {
      ...{ runAsNonRoot: true, runAsUser: 1000, allowPrivilegeEscalation: false },
      ...{ capabilities: { drop: ["ALL"] }, seccompProfile: { type: "RuntimeDefault" } },
    };
    const containers = SPEC.containers.map((one) => ({ ...one, securityContext }));
    const metadata = { name: "web", annotations };
    const input = JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec: { containers } });
    const args = ["create", "-n", namespace, "--dry-run=server", "-o", "json", "-f", "-"];
    const { code, stdout, stderr } = await scene.api.kubectl(args, { input });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(isProxied(JSON.parse(stdout))).toBe(wanted);
    expect(stderr.includes("Warning: no proxy is injected into this pod")).toBe(!wanted);
  });

  it("refuses the pod that would pass its proxy by", async () => {
    const spec = { ...SPEC, securityContext: { runAsUser: 2102 } };
    const made = scene.create(labelled, { ...POD, spec });
    await expect(made).rejects.toMatchObject({
      status: 422,
      message: expect.stringMatching(
        /"labelled.inject.heddle.mesh" denied the request: .*runs as the user 2102/,
      ),
    });
  });

  it("tells at the Deployment why its pods are not injected", async () => {
    const ownerOf = (object: Fields, apiVersion: string, kind: string) => {
      const { name, uid } = mapAt(object, "metadata");
      return [{ apiVersion, kind, name, uid, controller: true }];
    };
    const make = async (kind: string, plural: string, metadata: object) => {
      const labels = { app: "web" };
      const template = { metadata: { labels }, spec: { ...SPEC, hostNetwork: true } };
      const spec = { selector: { matchLabels: labels }, template };
      const object = { apiVersion: "apps/v1", kind, metadata, spec };
      const path = `/apis/apps/v1/namespaces/${annotated}/${plural}`;
      return (await scene.api.client.create(path, object, scene.api.signal)) as Fields;
    };
    const deployment = await make("Deployment", "deployments", { name: "web" });
    const metadata = {
      name: "web-1",
      ownerReferences: ownerOf(deployment, "apps/v1", "Deployment"),
    };
    const set = await make("ReplicaSet", "replicasets", metadata);
    const ownerReferences = ownerOf(set, "apps/v1", "ReplicaSet");
    const pod = {
      metadata: { generateName: "web-1-", ownerReferences },
      spec: { ...SPEC, hostNetwork: true },
    };
    await scene.create(annotated, pod, false);
    const describe = ["describe", "deployment", "web", "-n", annotated];
    await until("it is told", async () =>
      (await scene.api.kubectl(describe)).stdout.includes("InjectionSkipped"),
    );
    const { stdout } = await scene.api.kubectl(describe);
    expect(stdout).toMatch(/Warning\s+InjectionSkipped\s.*it uses the host's network/);
  });

  it("needs no right that an installation does not give it", async () => {
    const { text } = await scene.webhook.admin("/metrics");
    expect(text).toContain('heddle_webhook_lookups_total{subject="owner",outcome="found"}');
    const refusals = text
      .split("\n")
      .filter((line) => /Forbidden|outcome="failed"|_lost_/.test(line));
    expect(refusals.filter((line) => !line.startsWith("#"))).toEqual([]);
  });
});

/** Whatever namespace it was written for, and with what only an API server insists on. */
function inPlace({ metadata, spec, ...rest }: Fields): Fields {
  const { namespace: _namespace, ...kept } = mapAt({ metadata }, "metadata");
  const ownerReferences = mapsAt(kept, "ownerReferences").map((reference) => ({
    apiVersion: reference.kind === "Job" ? "batch/v1" : "apps/v1",
    uid: "8d2f1a60-0000-4000-8000-000000000000",
    ...reference,
  }));
  const isMirror = "kubernetes.io/config.mirror" in mapAt(kept, "annotations");
  const place = isMirror ? { nodeName: "node-1" } : {};
  return {
    ...rest,
    metadata: { ...kept, ...(ownerReferences.length === 0 ? {} : { ownerReferences }) },
    spec: { ...mapAt({ spec }, "spec"), ...place },
  };
}
