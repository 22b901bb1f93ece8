import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { silentLog } from "../base/log.ts";
import { ProgramError } from "../base/program.ts";
import { createSeededRandom } from "../base/random.ts";
import { ManualTimers } from "../base/timers.ts";
import { SAMPLE_POD, SAMPLE_POLICY } from "../inject/sample-pod.ts";
import { fillCluster } from "../test/harness/cluster-objects.ts";
import { FakeApiServer } from "../test/harness/fake-api-server.ts";
import { admissionReview, podReview } from "../test/harness/reviews.ts";
import { TestAuthority } from "../test/harness/test-certificates.ts";
import { untilInTime } from "../test/harness/until.ts";
import { post } from "../test/harness/webhook-process.ts";
import { type RunningWebhook, startWebhook } from "./start-webhook.ts";

const ANY = { host: "127.0.0.1", port: 0 };
const DRAIN_MS = 5_000;

let folder: string;
let timers: ManualTimers;
let authority: TestAuthority;
let webhook: RunningWebhook;

function start(address = ANY, admin = ANY): Promise<RunningWebhook> {
  const transport = new FakeApiServer(timers);
  fillCluster(transport);
  transport.put("/api/v1/namespaces", { metadata: { name: "shop" } });
  return startWebhook({
    ...{ transport, address, admin, policy: SAMPLE_POLICY, drainMs: DRAIN_MS },
    ...{ clusterDomain: "cluster.local", defaultsFile: null, tlsFolder: folder, identity: "one" },
    ...{ clock: timers.clock, timers, random: createSeededRandom(1), log: silentLog },
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "heddle-webhook-"));
  timers = new ManualTimers();
  authority = await TestAuthority.create();
  authority.write(folder, await authority.issue());
  webhook = await start();
  await untilInTime(
    timers,
    0,
    () => webhook.problem(),
    () => webhook.problem() === "",
  );
});

afterEach(() => rmSync(folder, { recursive: true }));

function ask() {
  const { port } = webhook.address;
  const body = JSON.stringify(admissionReview(podReview(SAMPLE_POD)));
  return post({ port, path: "/inject", ca: authority.certificatePem }, body);
}

it("goes on to answer when it is told to stop, and asks for other connections", async () => {
  expect(await ask()).toMatchObject({ status: 200, connection: "keep-alive" });
  let isOver = false;
  const stopping = webhook.stop().then(() => {
    isOver = true;
  });
  expect(webhook.problem()).toBe("it stops");
  expect(await ask()).toMatchObject({ status: 200, connection: "close" });
  expect(isOver).toBe(false);
  timers.advance(DRAIN_MS);
  await stopping;
  await expect(ask()).rejects.toThrow("ECONNREFUSED");
});

it("names the flag of an address that it cannot have, and leaves nothing behind", async () => {
  const pending = timers.pendingCount;
  const taken = `127.0.0.1:${webhook.address.port}: the port is in use; choose another with`;
  await expect(start(webhook.address)).rejects.toThrow(`--address ${taken}`);
  await expect(start(ANY, webhook.address)).rejects.toThrow(`--webhook-admin ${taken}`);
  await expect(start(webhook.address)).rejects.toBeInstanceOf(ProgramError);
  expect(timers.pendingCount).toBe(pending);
});
