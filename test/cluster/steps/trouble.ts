/** What goes wrong or moves while shoppers shop: none of them may notice. */
import { expect } from "vitest";
import type { Step } from "../step.ts";
import { type Seen, SHOP, type Tour, WAIT } from "../tour.ts";

const OPERATOR = "heddle-operator";
const OPERATOR_PODS = `app.kubernetes.io/name=${OPERATOR}`;
/** Those that serve pages and checkouts, in the order in which requests reach them. */
const SERVERS = ["web", "catalog", "cart", "payment", "reviews-v1", "reviews-v2"];
const PROXY_ADMIN_PORT = 4191;

export const TROUBLE_STEPS: readonly Step[] = [
  { title: "the operator is killed under load: no request fails", run: killOperator },
  ...SERVERS.map((name) => ({
    title: `the pods of ${name} are rolled under load: no GET and no POST fails`,
    run: (tour: Tour) => roll(tour, name),
  })),
  {
    title: "pods that are created without an operator start, and are configured when it is back",
    run: startWithoutOperator,
  },
];

async function killOperator(tour: Tour): Promise<void> {
  const before = await tour.podNames(OPERATOR_PODS, "heddle");
  const window = await tour.during(async () => {
    const kill = ["--grace-period=0", "--force", "--wait=false"];
    await tour.kubectl(["delete", "pod", "-n", "heddle", "-l", OPERATOR_PODS, ...kill]);
    await tour.rolledOut(OPERATOR, "heddle");
    await tour.until("another operator", async () => {
      const now = await tour.podNames(OPERATOR_PODS, "heddle");
      return now.length > 0 && now.every((name) => !before.includes(name));
    });
  });
  nobodyNoticed(tour, window);
}

async function roll(tour: Tour, name: string): Promise<void> {
  const window = await tour.during(async () => {
    await tour.kubectl(["rollout", "restart", "-n", SHOP, `deployment/${name}`]);
    await tour.rolledOut(name);
    await tour.until(`the old pods of ${name} are gone`, async () => {
      const pods = await tour.kubectl(["get", "pods", "-n", SHOP, "-l", `app=${name}`]);
      return !pods.includes("Terminating");
    });
  });
  nobodyNoticed(tour, window);
}

async function startWithoutOperator(tour: Tour): Promise<void> {
  const scale = async (replicas: number): Promise<void> => {
    const count = `--replicas=${replicas}`;
    await tour.kubectl(["scale", "-n", "heddle", `deployment/${OPERATOR}`, count]);
  };
  const before = await tour.podNames("app=catalog");
  const window = await tour.during(async () => {
    await scale(0);
    const gone = ["--for=delete", WAIT, "-l", OPERATOR_PODS];
    await tour.kubectl(["wait", "pod", "-n", "heddle", ...gone]);
    await tour.kubectl(["scale", "-n", SHOP, "deployment/catalog", "--replicas=2"]);
    await tour.rolledOut("catalog");
    const fresh = (await tour.podNames("app=catalog")).filter((name) => !before.includes(name));
    expect(fresh).toHaveLength(1);
    expect(await connected(tour, fresh[0] ?? "")).toBe(false);
    await scale(1);
    await tour.rolledOut(OPERATOR, "heddle");
    await tour.until("the new proxy is configured", () => connected(tour, fresh[0] ?? ""));
  });
  nobodyNoticed(tour, window);
}

async function connected(tour: Tour, pod: string): Promise<boolean> {
  const metrics = await tour.page(pod, PROXY_ADMIN_PORT, "/metrics");
  return /^heddle_control_connected(\{[^}]*\})? 1$/m.test(metrics);
}

export function nobodyNoticed(
  tour: Tour,
  { pages, checkouts, failures, lastFailures }: Seen,
): void {
  tour.tell(`${pages} pages, ${checkouts} checkouts, ${failures} failures`);
  for (const one of lastFailures) tour.tell(`failed: ${one}`);
  expect(pages).toBeGreaterThan(50);
  expect(checkouts).toBeGreaterThan(10);
  expect(failures).toBe(0);
}
