/** What becomes of pods and objects when others have a hand in it, or nobody answers. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fields, mapAt, mapsAt } from "../../inject/pod.ts";
import { TestAuthority } from "../harness/test-certificates.ts";
import { until } from "../harness/until.ts";
import { whyNoApiServer } from "./harness/api-server.ts";
import { ChangingWebhook } from "./harness/changing-webhook.ts";
import { isProxied, refusalOf, WebhookScene } from "./harness/webhook-scene.ts";

const ENABLED = { "heddle.mesh/inject": "enabled" };
const POD = {
  metadata: { name: "web" },
  spec: { containers: [{ name: "web", image: "registry.example/web:7" }] },
};
/** Pods under way at once while the certificate is exchanged. */
const CREATORS = 4;

const DISABLED = { "heddle.mesh/inject": "disabled" };
const GOOD = { service: "web", backends: [{ service: "web-v1", weight: 1 }] };
const MISSPELT = { service: "web", backends: [{ service: "web-v1", weight: 1, wieght: 9 }] };

let scene: WebhookScene;
let shop: string;

function split(name: string, spec: object, metadata: object = {}): object {
  const place = { name, namespace: shop, ...metadata };
  return { apiVersion: "heddle.mesh/v1alpha1", kind: "TrafficSplit", metadata: place, spec };
}

function apply(object: object, ...args: readonly string[]) {
  return scene.api.kubectl(["apply", ...args, "-f", "-"], { input: JSON.stringify(object) });
}

describe.skipIf(whyNoApiServer())("beside others", () => {
  beforeAll(async () => {
    scene = await WebhookScene.create();
    await scene.startWebhook();
    shop = await scene.namespace({ labels: ENABLED });
    await scene.api.apply(split("old", MISSPELT));
    await scene.register();
    await scene.untilInjects(shop);
    await until("it is asked", async () => (await apply(split("probe", MISSPELT))).code !== 0);
  });

  afterAll(() => scene.close());

  describe("injection", injection);
  describe("validation", validation);
});

function injection(): void {
  it("asks again after another webhook, whose changes stay", async () => {
    const mirrored = (pod: Fields): Fields => {
      const spec = mapAt(pod, "spec");
      const initContainers = mapsAt(spec, "initContainers").map((one) => ({
        ...one,
        image: String(one.image).replace(/^heddle:/, "mirror.example/heddle:"),
      }));
      const containers = mapsAt(spec, "containers");
      const added = containers.some(({ name }) => name === "added")
        ? []
        : [{ name: "added", image: "a" }];
      return { ...pod, spec: { ...spec, initContainers, containers: [...added, ...containers] } };
    };
    const other = await ChangingWebhook.start(scene.authority, mirrored);
    try {
      await scene.api.apply(other.configuration("zz-other", shop));
      const hasAdded = (pod: Fields) =>
        mapsAt(mapAt(pod, "spec"), "containers").some(({ name }) => name === "added");
      await until("both webhooks are asked", async () => hasAdded(await scene.create(shop, POD)));
      const injected = await scene.count("injected");
      const unchanged = await scene.count("unchanged");
      const spec = mapAt(await scene.create(shop, POD), "spec");
      const first = mapsAt(spec, "initContainers");
      expect(first.map(({ name }) => name)).toEqual(["heddle-init", "heddle-proxy"]);
      for (const { image } of first) expect(image).toMatch(/^mirror.example\/heddle:/);
      expect((await scene.count("injected")) - injected).toBe(1);
      expect((await scene.count("unchanged")) - unchanged).toBeGreaterThanOrEqual(1);
    } finally {
      await scene.api.kubectl(["delete", "mutatingwebhookconfiguration", "zz-other"]);
      await other.stop();
    }
  });

  it("lets pods run without a proxy while the webhook is away, or refuses them", async () => {
    const annotated = await scene.namespace({ annotations: ENABLED });
    await scene.register("Ignore");
    await scene.untilInjects(shop);
    await scene.stopWebhook();
    expect(isProxied(await scene.create(shop, POD))).toBe(false);
    expect(isProxied(await scene.create(annotated, POD))).toBe(false);
    await scene.register("Fail");
    await until("pods are refused", async () => {
      const made = await scene.create(shop, POD).catch(refusalOf);
      return typeof made === "string" && made.includes("failed calling webhook");
    });
    // Who never comes to the webhook does not miss it.
    const optedOut = { ...POD, metadata: { ...POD.metadata, annotations: DISABLED } };
    expect(isProxied(await scene.create(shop, optedOut))).toBe(false);
    expect(isProxied(await scene.create(annotated, POD))).toBe(false);
    await scene.startWebhook();
    await scene.untilInjects(shop);
  });

  it("exchanges its certificate under load, and no pod is refused or left out", async () => {
    const next = await TestAuthority.create();
    await scene.register("Fail", [scene.authority, next]);
    await scene.untilInjects(shop);
    const wrong: unknown[] = [];
    let made = 0;
    let isOver = false;
    const create = async (): Promise<void> => {
      while (!isOver) {
        const pod = await scene.create(shop, POD).catch(refusalOf);
        made += 1;
        if (typeof pod === "string") wrong.push(pod);
        else if (!isProxied(pod)) wrong.push("a pod without a proxy");
      }
    };
    const creating = Promise.all(Array.from({ length: CREATORS }, create));
    const taken = 'heddle_webhook_certificate_changes_total{outcome="taken"}';
    const soFar = async (count: number) => until("pods are made", () => made >= count);
    await soFar(20);
    for (const authority of [next, scene.authority, next]) {
      const before = await scene.webhook.metric(taken);
      await scene.putCertificate(authority);
      await until("it is taken", async () => (await scene.webhook.metric(taken)) > before);
      await soFar(made + 20);
    }
    isOver = true;
    await creating;
    expect(wrong).toEqual([]);
    await scene.putCertificate(scene.authority);
  });
}

function validation(): void {
  it.each(["strict", "warn", "ignore"])("names a misspelt key with --validate=%s", async (mode) => {
    const { code, stderr } = await apply(split(`with-${mode}`, MISSPELT), `--validate=${mode}`);
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      `The TrafficSplit "with-${mode}" is invalid: ` +
        'spec.backends[0].wieght: unknown field "wieght" (did you mean "weight"?)',
    );
  });

  it("takes what is right, and warns of what is not there", async () => {
    const { code, stderr } = await apply(split("right", GOOD), "--dry-run=server");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const ports = [{ port: 80 }];
    const service = { apiVersion: "v1", kind: "Service", spec: { ports, clusterIP: "None" } };
    const place = (name: string) => ({ metadata: { name, namespace: shop } });
    await scene.api.apply({ ...service, ...place("web") }, { ...service, ...place("web-v2") });
    const warning = `Warning: spec.backends[0].service: there is no service ${shop}/web-v1`;
    let said = "";
    await until(
      () => `it warns: ${said}`,
      async () => {
        said = (await apply(split("right", GOOD), "--dry-run=server")).stderr;
        return said.includes(`${warning} (did you mean ${shop}/web-v2?)`);
      },
    );
  });

  it("lets what was wrong before be edited, and everything be deleted", async () => {
    const labels = ["label", "trafficsplit/old", "-n", shop, "team=a"];
    expect(await scene.api.kubectl(labels)).toMatchObject({ code: 0, stderr: "" });
    const edited = await apply(split("old", { ...MISSPELT, service: "shop" }));
    expect(edited.code).toBe(0);
    expect(edited.stderr).toContain("Warning: still wrong: spec.backends[0].wieght: unknown field");
    const worse = await apply(split("old", { ...MISSPELT, servce: "shop" }));
    expect(worse.stderr).toContain('The TrafficSplit "old" is invalid: spec.servce');
    const status = JSON.stringify({ status: { summary: "x" } });
    const patch = ["patch", "trafficsplit/old", "-n", shop, "--subresource=status", "-p", status];
    expect(await scene.api.kubectl([...patch, "--type=merge"])).toMatchObject({
      code: 0,
      stderr: "",
    });
    const removed = await scene.api.kubectl(["delete", "trafficsplit/old", "-n", shop]);
    expect(removed).toMatchObject({ code: 0, stderr: "" });
  });

  it("takes objects unchecked while the webhook is away", async () => {
    await scene.stopWebhook();
    expect(await apply(split("unchecked", MISSPELT))).toMatchObject({ code: 0 });
  });
}
