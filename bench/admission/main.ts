/**
 * What the webhook costs and how quick it is: `node bench/admission/main.ts [--docs]
 * [--seconds N]`. It is bundled as it is shipped, and asked over TLS beside an API server in memory
 * with 200 namespaces, 1,000 services and 300 splits.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { systemTimers } from "../../base/platform/system.ts";
import { fillCluster, PATHS, service, split } from "../../test/harness/cluster-objects.ts";
import { listenForFake } from "../../test/harness/fake-api-listener.ts";
import { FakeApiServer } from "../../test/harness/fake-api-server.ts";
import { readInjectedPods } from "../../test/harness/injected-pods.ts";
import { admissionReview, podReview } from "../../test/harness/reviews.ts";
import { TestAuthority } from "../../test/harness/test-certificates.ts";
import { until } from "../../test/harness/until.ts";
import { describeMachine, loadAverage } from "../peers/machine.ts";
import { formatTable } from "../peers/report.ts";
import { renewDocs } from "../peers/write-results.ts";
import { Asking, type Question } from "./asking.ts";
import { MeasuredWebhook } from "./measured-webhook.ts";
import { measureMemory, memoryRows } from "./memory.ts";

const PART = "bench/admission";
const PER_SECOND = 50;
const P99_MS_BAR = 20;
const MANY = 10_000;
/** The engine has compiled what it will by then. */
const WARM_UP = 2_000;
const AT_ONCE = 4;
const NAMESPACES = 200;
const SERVICES = 1_000;
const SPLITS = 300;

const { values: flags } = parseArgs({
  options: {
    docs: { type: "boolean", default: false },
    seconds: { type: "string", default: "30" },
  },
});
const tell = (line: string): void => console.error(line);

const folder = await mkdtemp(join(tmpdir(), "heddle-admission-"));
try {
  const text = await measure(Number(flags.seconds));
  console.log(text);
  if (flags.docs) await renewDocs(PART, `${text}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
// The watches of the API server in memory would end by themselves minutes later.
process.exit();

async function measure(seconds: number): Promise<string> {
  const load = loadAverage();
  const authority = await TestAuthority.create();
  authority.write(join(folder, "tls"), await authority.issue());
  const server = new FakeApiServer(systemTimers);
  fill(server);
  const listener = await listenForFake(server);
  const program = await bundle();
  const place = [listener.url, join(folder, "tls")];
  const child = spawn(process.execPath, ["--expose-gc", program, ...place], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const webhook = await MeasuredWebhook.of(child);
    const asking = new Asking(webhook.port, authority.certificatePem);
    await until("it is ready", async () => (await webhook.page("ready")).includes("ready\n"));
    await until("it has read all", () => webhook.hasRead(SERVICES));
    const rows = await measureAll(webhook, asking, seconds);
    asking.close();
    const { cpu, coreCount, kernel, node } = describeMachine();
    const setting =
      `${cpu}, ${coreCount} cores, Linux ${kernel}, Node ${node}; load before the run ` +
      `${load.toFixed(1)}. Whoever asks shares the cores.`;
    return `${setting}\n\n${formatTable(["", "measured", "bar"], rows)}`;
  } finally {
    child.kill("SIGTERM");
    await listener.close();
  }
}

async function measureAll(
  webhook: MeasuredWebhook,
  asking: Asking,
  seconds: number,
): Promise<readonly string[][]> {
  const injected = podQuestions("enabled-1");
  const unasked = podQuestions("plain-1");
  const validated = splitQuestions();
  tell(`warming up: ${WARM_UP} of each`);
  for (const questions of [injected, unasked, validated]) {
    await asking.askMany(questions, WARM_UP, AT_ONCE);
  }
  const count = PER_SECOND * seconds;
  tell(`${PER_SECOND} pods a second for ${seconds} s`);
  const injection = sorted(await asking.askAtRate(injected, { perSecond: PER_SECOND, count }));
  const validation = sorted(await asking.askAtRate(validated, { perSecond: PER_SECOND, count }));
  const ask = (count: number): Promise<void> => asking.askMany(injected, count, AT_ONCE);
  const memory = await measureMemory(webhook, ask, tell);
  const no = await webhook.costOf("injection", () => asking.askMany(unasked, MANY, AT_ONCE), MANY);
  const checks = await webhook.costOf(
    "validation",
    () => asking.askMany(validated, WARM_UP, AT_ONCE),
    WARM_UP,
  );
  const { cost: yes } = memory;
  const p99Ms = at(injection, 0.99);
  const verdict = `< ${P99_MS_BAR} ms: ${p99Ms < P99_MS_BAR ? "met" : "missed"}`;
  return [
    [`injection at ${PER_SECOND} pods a second, p99`, ms(p99Ms), verdict],
    ["the same, p50", ms(at(injection, 0.5)), ""],
    ["the same, longest", ms(injection.at(-1) ?? 0), ""],
    ["processor time of a pod that is injected", us(yes.cpuUs), ""],
    ["of that, to decide and to make the patch", us(yes.decisionUs), ""],
    ["processor time of a pod that nobody asks for", us(no.cpuUs), ""],
    ["of that, to decide", us(no.decisionUs), ""],
    [`checking a split at ${PER_SECOND} a second, p99`, ms(at(validation, 0.99)), ""],
    ["processor time of a split", us(checks.cpuUs), ""],
    ...memoryRows(memory),
  ];
}

/** Pods as people have them, those that can be injected. */
function podQuestions(namespace: string): readonly Question[] {
  return readInjectedPods()
    .filter(({ decision, pod }) => decision.inject && pod.metadata?.ownerReferences === undefined)
    .map(({ pod }) => ({
      path: "/inject?timeout=5s",
      body: JSON.stringify(admissionReview(podReview(asSent(pod), { namespace }))),
    }));
}

/** API servers send what they have filled in, and who wrote which field. */
function asSent(pod: object): object {
  const fields = { "f:metadata": { "f:labels": { ".": {}, "f:app": {} } }, "f:spec": {} };
  const managedFields = [{ manager: "kube-controller-manager", fieldsV1: fields }];
  const metadata = "metadata" in pod && pod.metadata instanceof Object ? pod.metadata : {};
  return { ...pod, metadata: { ...metadata, creationTimestamp: null, managedFields }, status: {} };
}

function splitQuestions(): readonly Question[] {
  return [10, 50, 90].map((weight) => {
    const object = {
      apiVersion: "heddle.mesh/v1alpha1",
      kind: "TrafficSplit",
      ...split(weight, 1),
    };
    const about = { group: "heddle.mesh", version: "v1alpha1", kind: "TrafficSplit", name: "web" };
    const review = admissionReview(podReview(object, { ...about, operation: "UPDATE" }));
    return { path: "/validate?timeout=5s", body: JSON.stringify(review) };
  });
}

function fill(server: FakeApiServer): void {
  fillCluster(server);
  for (const path of ["/api/v1/namespaces", "/apis/events.k8s.io/v1/events"]) server.serve(path);
  for (let index = 0; index < NAMESPACES / 2; index++) {
    const asks = { "heddle.mesh/inject": "enabled" };
    server.put("/api/v1/namespaces", { metadata: { name: `enabled-${index}`, annotations: asks } });
    server.put("/api/v1/namespaces", { metadata: { name: `plain-${index}` } });
  }
  for (let index = 0; index < SERVICES; index++) {
    const { metadata, ...rest } = service(`service-${index}`);
    server.put(PATHS.services, { ...rest, metadata: { ...metadata, name: `service-${index}` } });
  }
  for (let index = 0; index < SPLITS; index++) {
    const { metadata, ...rest } = split(10, 1);
    const spec = { service: `service-${index}`, backends: [{ service: "web", weight: 1 }] };
    server.put(PATHS.splits, { ...rest, spec, metadata: { ...metadata, name: `split-${index}` } });
  }
}

async function bundle(): Promise<string> {
  const outfile = join(folder, "bare-webhook.mjs");
  const banner =
    'import { createRequire as bundleRequire } from "node:module";' +
    "const require = bundleRequire(import.meta.url);";
  await build({
    entryPoints: [join(import.meta.dirname, "bare-webhook.ts")],
    ...{ outfile, bundle: true, format: "esm", platform: "node", target: "node26" },
    ...{ banner: { js: banner }, logLevel: "warning" },
  });
  return outfile;
}

function sorted(timesMs: readonly number[]): readonly number[] {
  return [...timesMs].sort((a, b) => a - b);
}

function at(timesMs: readonly number[], share: number): number {
  return timesMs[Math.min(timesMs.length - 1, Math.floor(timesMs.length * share))] ?? 0;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function us(value: number): string {
  return `${value.toFixed(0)} µs`;
}
