/** The shop opens in an annotated namespace, and its reviews go from one version to the other. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { isRecord } from "../../../base/shape.ts";
import type { Step } from "../step.ts";
import { SHOP, SHOP_MANIFESTS, type Tour, WAIT } from "../tour.ts";

/** Of so many pages the shares must be near the weights. */
const PAGES = 300;
const SHARE_TOLERANCE = 0.05;

const SERVED_BY = ["services.yaml", "deployments.yaml", "profiles.yaml", "split.yaml"];

export const SHOP_STEPS: readonly Step[] = [
  {
    title: "an annotated namespace: every pod of the shop is injected and ready",
    isNeeded: true,
    run: openShop,
  },
  {
    title: "the split is live on proxies, and kubectl get trafficsplits says so",
    run: async (tour) => {
      await programmed(tour);
      const table = await tour.kubectl(["get", "trafficsplits", "-n", SHOP]);
      tour.tell(table);
      expect(table).toMatch(/reviews-v1 90%, reviews-v2 10%/);
      expect(table).toMatch(/True/);
    },
  },
  { title: "90/10 is what the shoppers see", run: (tour) => sharesAre(tour, 0.9, 0.1) },
  { title: "kubectl edit shifts it to 0/100, and no request fails", run: shiftByEditor },
];

async function openShop(tour: Tour): Promise<void> {
  await tour.kubectl(["apply", "-f", join(SHOP_MANIFESTS, "namespace.yaml")]);
  await tour.kubectl(["annotate", "namespace", SHOP, "heddle.mesh/inject=enabled"]);
  for (const name of SERVED_BY) await tour.kubectl(["apply", "-f", join(SHOP_MANIFESTS, name)]);
  const deployments = await tour.kubectl(["get", "deployments", "-n", SHOP, "-o", "name"]);
  for (const name of deployments.trim().split("\n")) {
    await tour.kubectl(["rollout", "status", "-n", SHOP, name, WAIT]);
  }
  const list = await tour.kubectlJson("get", "pods", "-n", SHOP);
  const pods = isRecord(list) && Array.isArray(list.items) ? list.items : [];
  expect(pods.length).toBeGreaterThan(6);
  for (const pod of pods) expect(initContainerNames(pod)).toContain("heddle-proxy");
  // Those who come before the shop is open find it closed, and that would count.
  await tour.kubectl(["apply", "-f", join(SHOP_MANIFESTS, "shoppers.yaml")]);
  await tour.rolledOut("shoppers");
  await tour.until("shoppers are served", async () => (await tour.seen()).pages > 20);
}

function initContainerNames(pod: unknown): readonly unknown[] {
  const spec = isRecord(pod) && isRecord(pod.spec) ? pod.spec : {};
  const containers = Array.isArray(spec.initContainers) ? spec.initContainers : [];
  return containers.map((one: unknown) => (isRecord(one) ? one.name : ""));
}

/** Live at its present generation, and on one proxy at least. */
async function programmed(tour: Tour): Promise<void> {
  await tour.until("the split is programmed", async () => {
    const split = await tour.kubectlJson("get", "trafficsplit", "reviews", "-n", SHOP);
    if (!isRecord(split) || !isRecord(split.metadata) || !isRecord(split.status)) return false;
    const { conditions, proxies } = split.status;
    const { generation } = split.metadata;
    const live = (Array.isArray(conditions) ? conditions : []).find(
      (one: unknown) => isRecord(one) && one.type === "Programmed",
    );
    const isLive = isRecord(live) && live.status === "True";
    return isLive && live.observedGeneration === generation && /^[1-9]/.test(String(proxies));
  });
}

async function sharesAre(tour: Tour, v1: number, v2: number): Promise<void> {
  const window = await tour.during(async () => {}, PAGES);
  const { pages, failures, reviews } = window;
  const share = (version: string): number => (reviews[version] ?? 0) / pages;
  tour.tell(`of ${pages} pages: v1 ${percent(share("v1"))}, v2 ${percent(share("v2"))}`);
  expect(failures).toBe(0);
  expect(Math.abs(share("v1") - v1)).toBeLessThan(SHARE_TOLERANCE);
  expect(Math.abs(share("v2") - v2)).toBeLessThan(SHARE_TOLERANCE);
}

async function shiftByEditor(tour: Tour): Promise<void> {
  const editor = join(tour.cluster.folders.root, "editor.sh");
  const swap = "s/weight: 90$/weight: 0/; s/weight: 10$/weight: 100/";
  writeFileSync(editor, `#!/bin/sh\nexec sed -i '${swap}' "$1"\n`, { mode: 0o755 });
  const startMs = performance.now();
  const { failures } = await tour.during(async () => {
    const env = { KUBE_EDITOR: editor };
    await tour.kubectl(["edit", "trafficsplit", "reviews", "-n", SHOP], { env });
    await programmed(tour);
    tour.tell(`live ${Math.round(performance.now() - startMs)} ms after the editor was opened`);
  });
  expect(failures).toBe(0);
  await sharesAre(tour, 0, 1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
