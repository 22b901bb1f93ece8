/** Two of each program: one of them may go at any time, and pods go on to be injected. */
import { expect } from "vitest";
import { isRecord } from "../../../base/shape.ts";
import type { Step } from "../step.ts";
import { SHOP, type Tour } from "../tour.ts";
import { nobodyNoticed } from "./trouble.ts";

const HEDDLE = "heddle";
const PROGRAMS = ["heddle-operator", "heddle-webhook"];
const AT_ONCE = ["--grace-period=0", "--force", "--wait=false"];
/** While a webhook goes, pods are asked for all the time. */
const POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { generateName: "asked-for-", namespace: SHOP },
  spec: { containers: [{ name: "idle", image: "heddle-demo" }] },
};

export const HIGH_AVAILABILITY_STEPS: readonly Step[] = [
  { title: "heddle upgrade makes it highly available", run: becomeAvailable },
  {
    title: "the leader and a webhook are killed under load: no request fails, pods are injected",
    run: killOneOfEach,
  },
  {
    title: "a webhook ends in order: every pod that is asked for meanwhile has a proxy",
    run: endOneWebhook,
  },
];

/**
 * What the shoppers see meanwhile is not judged: half a dozen programs start at once beside the
 * shop, and on a busy machine its probes fail for want of processor time.
 */
async function becomeAvailable(tour: Tour): Promise<void> {
  await tour.heddleOk("upgrade", "--apply", "--set", "ha=true", "--set", "replicas=2");
  await tour.until("there are two of each, and the old ones are gone", async () => {
    const counts = await Promise.all(PROGRAMS.map((program) => podsOf(tour, program)));
    return counts.every(({ length }) => length === 2);
  });
  const configuration = await tour.kubectlJson("get", "mutatingwebhookconfiguration");
  expect(JSON.stringify(configuration)).toContain('"failurePolicy":"Fail"');
  // By label: with that alone a pod must not start without a proxy.
  await tour.kubectl(["label", "namespace", SHOP, "heddle.mesh/inject=enabled"]);
  // What is still under way may be late; what comes after it is judged.
  await tour.during(async () => {});
}

async function killOneOfEach(tour: Tour): Promise<void> {
  const window = await tour.during(async () => {
    const [webhook = ""] = await podsOf(tour, "heddle-webhook");
    const doomed = [await leaderPod(tour), webhook];
    await tour.kubectl(["delete", "pod", "-n", HEDDLE, ...doomed, ...AT_ONCE]);
    // The one that is left injects; where the dead one was asked, whoever made the pod tries again.
    await tour.kubectl(["rollout", "restart", "-n", SHOP, "deployment/catalog"]);
    await tour.rolledOut("catalog");
    for (const program of PROGRAMS) await tour.rolledOut(program, HEDDLE);
    await tour.until("another operator leads", async () => {
      const leader = await leaderPod(tour);
      const living = await podsOf(tour, "heddle-operator");
      return !doomed.includes(leader) && living.includes(leader);
    });
  });
  nobodyNoticed(tour, window);
  const list = await tour.kubectlJson("get", "pods", "-n", SHOP, "-l", "app=catalog");
  const items = isRecord(list) && Array.isArray(list.items) ? list.items : [];
  expect(items).not.toEqual([]);
  for (const pod of items) expect(JSON.stringify(pod)).toContain('"heddle-proxy"');
}

async function endOneWebhook(tour: Tour): Promise<void> {
  const [webhook = ""] = await podsOf(tour, "heddle-webhook");
  let isOver = false;
  const ending = (async () => {
    try {
      await tour.kubectl(["delete", "pod", "-n", HEDDLE, webhook, "--wait"]);
      await tour.rolledOut("heddle-webhook", HEDDLE);
    } finally {
      isOver = true;
    }
  })();
  let asked = 0;
  try {
    for (; !isOver; asked += 1) {
      const rehearse = ["create", "--dry-run=server", "-f", "-", "-o", "json"];
      const made = await tour.kubectl(rehearse, { input: JSON.stringify(POD) });
      expect(made).toContain('"heddle-proxy"');
    }
  } finally {
    await ending;
  }
  tour.tell(`${asked} pods asked for, all with a proxy`);
  expect(asked).toBeGreaterThan(3);
}

async function podsOf(tour: Tour, program: string): Promise<readonly string[]> {
  return await tour.podNames(`app.kubernetes.io/name=${program}`, HEDDLE);
}

/** Whoever holds the Lease, under the name of its pod and a number. */
async function leaderPod(tour: Tour): Promise<string> {
  const lease = await tour.kubectlJson("get", "lease", "heddle-operator", "-n", HEDDLE);
  const spec = isRecord(lease) && isRecord(lease.spec) ? lease.spec : {};
  return String(spec.holderIdentity).replace(/_[^_]*$/, "");
}
