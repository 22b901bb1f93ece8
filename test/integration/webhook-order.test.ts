/** In which order a webhook starts and stops: whoever asks is answered, to the last. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { formatAddress } from "../../base/address.ts";
import { silentLog } from "../../base/log.ts";
import { createSeededRandom } from "../../base/random.ts";
import { ManualTimers } from "../../base/timers.ts";
import { SAMPLE_POD, SAMPLE_POLICY } from "../../inject/sample-pod.ts";
import type { TransportRequest } from "../../kube/transport.ts";
import { type RunningWebhook, startWebhook } from "../../webhook/start-webhook.ts";
import { fillCluster, PATHS } from "../harness/cluster-objects.ts";
import { FakeApiServer } from "../harness/fake-api-server.ts";
import { admissionReview, podReview } from "../harness/reviews.ts";
import { TestAuthority } from "../harness/test-certificates.ts";
import { until, untilInTime } from "../harness/until.ts";
import { post } from "../harness/webhook-process.ts";

const ANY = { host: "127.0.0.1", port: 0 };
/** Less than a pod waits for what is known of its namespace. */
const DRAIN_MS = 500;
const LATE = `${PATHS.namespaces}/late`;

let folder: string;
let timers: ManualTimers;
let authority: TestAuthority;
let server: FakeApiServer;
let isAsked: boolean;
let isClosed: boolean;
/** Until then nobody hears of the namespace that is asked for. */
let late: PromiseWithResolvers<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "heddle-webhook-"));
  timers = new ManualTimers();
  authority = await TestAuthority.create();
  authority.write(folder, await authority.issue());
  server = new FakeApiServer(timers);
  fillCluster(server);
  server.serve(PATHS.namespaces);
  isAsked = false;
  isClosed = false;
  late = Promise.withResolvers();
});

afterEach(() => rmSync(folder, { recursive: true }));

const transport = {
  send: async (request: TransportRequest) => {
    if (request.path !== LATE) return await server.send(request);
    isAsked = true;
    await late.promise;
    const annotations = { "heddle.mesh/inject": "enabled" };
    server.put(PATHS.namespaces, { metadata: { name: "late", annotations } });
    return await server.send(request);
  },
  close: () => {
    isClosed = true;
  },
};

function start(): Promise<RunningWebhook> {
  return startWebhook({
    ...{ transport, address: ANY, admin: ANY, policy: SAMPLE_POLICY, drainMs: DRAIN_MS },
    ...{ clusterDomain: "cluster.local", defaultsFile: null, tlsFolder: folder, identity: "one" },
    ...{ clock: timers.clock, timers, random: createSeededRandom(1), log: silentLog },
  });
}

const untilReady = (webhook: RunningWebhook) =>
  untilInTime(
    timers,
    50,
    () => webhook.problem(),
    () => webhook.problem() === "",
  );

async function readiness({ admin }: RunningWebhook): Promise<string> {
  const response = await fetch(`http://${formatAddress(admin)}/ready`);
  return `${response.status} ${await response.text()}`;
}

function ask({ address }: RunningWebhook, namespace: string) {
  const body = JSON.stringify(admissionReview(podReview(SAMPLE_POD, { namespace })));
  return post({ port: address.port, path: "/inject", ca: authority.certificatePem }, body);
}

it("is ready when it has read the namespaces, and stops before that as well", async () => {
  server.interfere = ({ path }) => (path === PATHS.namespaces ? { silent: true } : undefined);
  const early = await start();
  expect(await readiness(early)).toBe("503 the namespaces have not been read yet\n");
  const stopping = early.stop();
  timers.advance(DRAIN_MS);
  await stopping;
  expect(isClosed).toBe(true);
  const second = await start();
  expect(await readiness(second)).toMatch(/^503 /);
  server.interfere = () => undefined;
  await untilReady(second);
  expect(await readiness(second)).toBe("200 ready\n");
  const stopped = second.stop();
  timers.advance(DRAIN_MS);
  await stopped;
});

it("is not ready, takes nobody, answers who waits, and leaves the API server last", async () => {
  const webhook = await start();
  await untilReady(webhook);
  const asked = ask(webhook, "late");
  await until("its namespace is asked for", () => isAsked);
  const stopping = webhook.stop();
  expect(await readiness(webhook)).toBe("503 it stops\n");
  timers.advance(DRAIN_MS);
  await until("nobody else is taken", async () => {
    return await ask(webhook, "shop").then(
      () => false,
      (error: unknown) => String(error).includes("ECONNREFUSED"),
    );
  });
  expect(await readiness(webhook)).toBe("503 it stops\n");
  expect([server.watchCount(PATHS.namespaces), isClosed]).toEqual([1, false]);
  late.resolve();
  const { status, text } = await asked;
  expect([status, text]).toEqual([200, expect.stringContaining("JSONPatch")]);
  await stopping;
  expect([server.watchCount(PATHS.namespaces), isClosed]).toEqual([0, true]);
});
