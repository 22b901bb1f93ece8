/** Pods that are unlike servers: one that ends by itself, and one that cannot have a proxy. */
import { expect } from "vitest";
import type { Step } from "../step.ts";
import { SHOP, type Tour, WAIT } from "../tour.ts";

const NODE = { image: "heddle-demo", imagePullPolicy: "IfNotPresent" } as const;

export const POD_STEPS: readonly Step[] = [
  { title: "a Job calls the shop through its sidecar, and completes", run: runJob },
  {
    title: "a pod that cannot be injected runs, and its owner's events say why",
    run: tellWhyNot,
  },
  { title: "heddle explain says where a request goes, and why", run: explain },
  { title: "heddle get shows the split and its group", run: getSplits },
];

async function runJob(tour: Tour): Promise<void> {
  const script = "fetch('http://catalog/products').then((r) => r.text()).then(console.log)";
  const job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "count", namespace: SHOP },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: "Never",
          containers: [{ name: "count", ...NODE, args: ["-e", script] }],
        },
      },
    },
  };
  await tour.kubectl(["apply", "-f", "-"], { input: JSON.stringify(job) });
  await tour.kubectl(["wait", "-n", SHOP, "job/count", "--for=condition=complete", WAIT]);
  const pod = await tour.kubectl(["get", "pods", "-n", SHOP, "-l", "job-name=count", "-o", "json"]);
  expect(pod).toContain('"heddle-proxy"');
  expect(await tour.kubectl(["logs", "-n", SHOP, "job/count", "-c", "count"])).toContain("Shuttle");
}

async function tellWhyNot(tour: Tour): Promise<void> {
  const labels = { app: "on-the-host" };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "on-the-host", namespace: SHOP },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          hostNetwork: true,
          containers: [{ name: "idle", ...NODE, args: ["-e", "setInterval(() => {}, 60_000)"] }],
        },
      },
    },
  };
  await tour.kubectl(["apply", "-f", "-"], { input: JSON.stringify(deployment) });
  await tour.rolledOut("on-the-host");
  const pods = ["get", "pods", "-n", SHOP, "-l", "app=on-the-host", "-o", "json"];
  expect(await tour.kubectl(pods)).not.toContain('"heddle-proxy"');
  await tour.until("an event tells why", async () => {
    const told = await tour.kubectl(["describe", "deployment", "on-the-host", "-n", SHOP]);
    return /InjectionSkipped .*host's network/.test(told);
  });
  const told = await tour.kubectl(["describe", "deployment", "on-the-host", "-n", SHOP]);
  tour.tell(told.slice(told.indexOf("Events:")).trimEnd());
  await tour.kubectl(["delete", "deployment", "on-the-host", "-n", SHOP, "--wait"]);
}

async function explain(tour: Tour): Promise<void> {
  const [pod = ""] = await tour.podNames("app=web");
  const inPod = ["exec", "-n", SHOP, pod, "-c", "heddle-proxy", "--"];
  const question = ["heddle", "explain", "GET", "http://reviews/products/1/reviews"];
  const told = await tour.kubectl([...inPod, ...question]);
  tour.tell(told.trimEnd());
  expect(told).toMatch(/reviews-v2/);
  expect(told).toMatch(/TrafficSplit|split/i);
}

async function getSplits(tour: Tour): Promise<void> {
  const table = await tour.heddleOk("get", "splits", "-n", SHOP);
  tour.tell(table.trimEnd());
  expect(table).toMatch(/GROUP/);
  expect(table).toMatch(/heddle\.mesh/);
}
