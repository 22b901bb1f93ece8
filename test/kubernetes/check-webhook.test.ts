/** `heddle check` beside a webhook that works, and beside none. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock, systemTimers } from "../../base/platform/system.ts";
import { checkWebhookAnswers } from "../../cli/checks/webhook-checks.ts";
import type { Cluster } from "../../cli/cluster/cluster.ts";
import { connectCluster } from "../../cli/cluster/connect.ts";
import { until } from "../harness/until.ts";
import { whyNoApiServer } from "./harness/api-server.ts";
import { WebhookScene } from "./harness/webhook-scene.ts";

describe.skipIf(whyNoApiServer())("heddle check, of the webhook", () => {
  let scene: WebhookScene;
  let cluster: Cluster;

  beforeAll(async () => {
    scene = await WebhookScene.create();
    const { signal: stop } = new AbortController();
    const io = { env: {}, workingFolder: "/", stop };
    const choice = { kubeconfig: scene.api.adminKubeconfig, context: undefined };
    const machine = { clock: systemClock, timers: systemTimers };
    cluster = await connectCluster(choice, { io, ...machine });
  });

  afterAll(async () => {
    cluster?.close();
    await scene?.close();
  });

  async function verdict() {
    const wallMs = systemClock.wallMs();
    const [found] = await checkWebhookAnswers({ cluster, meshNamespace: "heddle", wallMs });
    return found;
  }

  it("tells that nobody asks it", async () => {
    expect(await verdict()).toMatchObject({
      verdict: "failed",
      detail: expect.stringContaining("a trial object was not looked at"),
    });
  });

  it("sees that the API server asks it and believes it", async () => {
    await scene.startWebhook();
    await scene.register();
    await until("it is asked", async () => (await verdict())?.verdict === "ok");
  });
});
