import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PatchOperation } from "../../inject/create-patch.ts";
import { injectPod } from "../../inject/inject-pod.ts";
import type { Pod } from "../../inject/pod.ts";
import { annotated, SAMPLE_OPTIONS, SAMPLE_POD, withSpec } from "../../inject/sample-pod.ts";
import { statusBody } from "../../test/harness/fake-api-server.ts";
import {
  EVENTS_PATH,
  InjectionScene,
  JOBS_PATH,
  NAMESPACES_PATH,
  REPLICA_SETS_PATH,
} from "../../test/harness/injection-scene.ts";
import { podReview } from "../../test/harness/reviews.ts";
import type { Review } from "../review.ts";
import { NAMESPACE_LIMITS } from "./namespace-lookup.ts";
import { OWNER_LIMITS } from "./owner-lookup.ts";

const ASKS = { "heddle.mesh/inject": "enabled" };

let scene: InjectionScene;

beforeEach(async () => {
  scene = new InjectionScene();
  scene.putNamespace("shop", ASKS);
  scene.putNamespace("plain", {});
  await scene.start();
});

afterEach(() => scene.stop());

async function ask(object: unknown, fields: Partial<Review> = {}) {
  return await scene.injector.review(podReview(object, fields));
}

function labelsIn(patch: readonly PatchOperation[]): Readonly<Record<string, unknown>> {
  const added = patch.filter(({ path }) => path.startsWith("/metadata/labels/"));
  return Object.fromEntries(
    added.map((one) => [
      one.path.slice("/metadata/labels/heddle.mesh~1".length),
      "value" in one && one.value,
    ]),
  );
}

describe("a pod", () => {
  it("is injected where its namespace asks, and nobody is asked for that", async () => {
    scene.server.requests.length = 0;
    const answer = await ask(SAMPLE_POD);
    if (!answer.allowed) throw new Error(answer.message);
    const paths = answer.patch.map(({ op, path }) => `${op} ${path}`);
    expect(paths).toContain("add /spec/initContainers");
    expect(answer.warnings).toEqual([]);
    expect(labelsIn(answer.patch)).toMatchObject({
      workload: "web",
      "workload-kind": "Deployment",
    });
    expect(scene.server.requests).toEqual([]);
    expect(scene.counted).toEqual(["injected"]);
  });

  it("is left as it is where nobody asks, without a word", async () => {
    expect(await ask(SAMPLE_POD, { namespace: "plain" })).toEqual({
      ...{ allowed: true, patch: [], warnings: [] },
    });
    expect(scene.counted).toEqual(["skipped not-asked"]);
  });

  it("asks for itself", async () => {
    const answer = await ask(annotated(ASKS), { namespace: "plain" });
    expect(answer.allowed && answer.patch.length).toBeGreaterThan(0);
  });

  it("that is injected already needs no patch", async () => {
    const owner = { kind: "Deployment", name: "web" };
    const answer = await ask(injectPod(SAMPLE_POD, SAMPLE_OPTIONS, owner));
    expect(answer).toEqual({ allowed: true, patch: [], warnings: [] });
    expect(scene.counted).toEqual(["unchanged"]);
  });

  it("follows what its namespace says now", async () => {
    scene.putNamespace("plain", ASKS);
    scene.putNamespace("shop", { "heddle.mesh/inject": "disabled" });
    await scene.settle();
    await ask(SAMPLE_POD, { namespace: "plain" });
    await ask(SAMPLE_POD);
    expect(scene.counted).toEqual(["injected", "skipped opted-out"]);
  });

  it("of no kind of pod is none of our business", async () => {
    for (const fields of [{ kind: "Service" }, { group: "x" }, { operation: "UPDATE" }]) {
      expect(await ask(SAMPLE_POD, fields)).toMatchObject({ allowed: true, patch: [] });
    }
    expect(await ask({ kind: "Pod" })).toMatchObject({ allowed: true, patch: [] });
    expect(new Set(scene.counted)).toEqual(new Set(["skipped no-pod"]));
  });

  it("whose keys are odd keeps them", async () => {
    const labels = JSON.parse('{"__proto__": "x", "constructor": "y"}');
    const pod: Pod = { ...SAMPLE_POD, metadata: { labels } };
    const answer = await ask(pod);
    const touched = answer.allowed ? answer.patch.map(({ path }) => path) : [];
    expect(touched.filter((path) => /__proto__|constructor/.test(path))).toEqual([]);
    expect(scene.counted).toEqual(["injected"]);
  });
});

describe("a pod that was meant to be injected and is not", () => {
  const hostNetwork = withSpec({ hostNetwork: true });
  const shown = "it uses the host's network";

  it("warns who makes it, and is told at its owner", async () => {
    const metadata = {
      ...{ name: "web-5d9f8c7b6", namespace: "shop", uid: "set-1" },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "dep-1", controller: true },
      ],
    };
    scene.server.put(REPLICA_SETS_PATH, { metadata });
    const ownerReferences = [
      ...[{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d9f8c7b6", uid: "set-1" }].map(
        (one) => ({ ...one, controller: true }),
      ),
    ];
    const pod = { ...hostNetwork, metadata: { ...hostNetwork.metadata, ownerReferences } };
    const answer = await ask(pod);
    expect(answer).toMatchObject({ allowed: true, patch: [] });
    expect(answer.warnings[0]).toContain(`no proxy is injected into this pod: ${shown}`);
    await scene.settle();
    expect(scene.events()).toMatchObject([
      {
        reason: "InjectionSkipped",
        action: "Inject",
        note: expect.stringContaining(shown),
        regarding: { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "dep-1" },
      },
    ]);
    expect(scene.counted).toEqual(["skipped host-network"]);
  });

  it("is told at what made it, where nothing more can be found out", async () => {
    scene.server.interfere = ({ path }) =>
      path.includes("replicasets")
        ? { answer: 403, body: statusBody(403, "Forbidden") }
        : undefined;
    await ask(hostNetwork);
    await scene.settle();
    expect(scene.events()).toMatchObject([{ regarding: { kind: "ReplicaSet" } }]);
  });

  it("is told at the pod where nothing owns it, and nowhere where it has no name yet", async () => {
    const bare = { ...hostNetwork, metadata: {} };
    await ask(bare, { name: "debug" });
    await ask(bare);
    await scene.settle();
    expect(scene.events()).toMatchObject([{ regarding: { kind: "Pod", name: "debug" } }]);
  });

  it("is only warned about when it is a rehearsal", async () => {
    scene.server.requests.length = 0;
    const answer = await ask(hostNetwork, { isDryRun: true });
    expect(answer.warnings).toHaveLength(1);
    await ask(annotated({ "heddle.mesh/wokrers": "2" }), { isDryRun: true });
    await scene.settle();
    expect(scene.server.requests).toEqual([]);
  });

  it("is refused when it would pass its proxy by", async () => {
    const answer = await ask(withSpec({ securityContext: { runAsUser: 2102 } }));
    expect(answer).toMatchObject({
      allowed: false,
      message: expect.stringContaining('its container "web" runs as the user 2102 (let it run'),
    });
    await scene.settle();
    expect(scene.events()).toMatchObject([{ reason: "InjectionRefused" }]);
    expect(scene.counted).toEqual(["refused uid-clash"]);
  });
});

it("tells of annotations that mean nothing, though it injects", async () => {
  const answer = await ask(annotated({ "heddle.mesh/wokrers": "2" }));
  expect(answer.warnings).toEqual([
    'heddle.mesh/wokrers of the pod means nothing here (did you mean "heddle.mesh/workers"?)',
  ]);
  await scene.settle();
  expect(scene.events()).toMatchObject([{ reason: "AnnotationIgnored" }]);
  expect(scene.counted).toEqual(["injected"]);
});

describe("the API server", () => {
  const askedFor = (path: string) =>
    scene.server.requests.filter((one) => one.path === path).length;

  it("is asked once for a namespace that is not known yet", async () => {
    scene.server.freezeWatches(NAMESPACES_PATH);
    scene.putNamespace("new", ASKS);
    const answers = await Promise.all([1, 2, 3].map(() => ask(SAMPLE_POD, { namespace: "new" })));
    expect(answers.map((one) => one.allowed && one.patch.length > 0)).toEqual([true, true, true]);
    await ask(SAMPLE_POD, { namespace: "new" });
    expect(askedFor(`${NAMESPACES_PATH}/new`)).toBe(1);
    scene.timers.advance(NAMESPACE_LIMITS.keptMs);
    await ask(SAMPLE_POD, { namespace: "new" });
    expect(askedFor(`${NAMESPACES_PATH}/new`)).toBe(2);
  });

  it("is not asked again and again for one that is not there", async () => {
    for (let n = 0; n < 5; n++) await ask(SAMPLE_POD, { namespace: "gone" });
    expect(askedFor(`${NAMESPACES_PATH}/gone`)).toBe(1);
    expect(new Set(scene.counted)).toEqual(new Set(["skipped not-asked"]));
  });

  it("may be away: what was known last counts", async () => {
    scene.server.interfere = () => ({ refused: true });
    scene.server.resetWatches(NAMESPACES_PATH);
    for (let n = 0; n < 100; n++) {
      scene.timers.advance(10_000);
      await scene.settle();
    }
    await ask(SAMPLE_POD);
    await ask(SAMPLE_POD, { namespace: "plain" });
    expect(scene.counted).toEqual(["injected", "skipped not-asked"]);
    expect(scene.informer.state).toBe("failing");
  });

  it("that does not answer in time lets the pod through, and that is told", async () => {
    scene.server.interfere = () => ({ silent: true });
    const asking = ask(SAMPLE_POD, { namespace: "new" });
    await scene.settle();
    scene.timers.advance(NAMESPACE_LIMITS.timeoutMs);
    const answer = await asking;
    expect(answer).toMatchObject({ allowed: true, patch: [] });
    expect(answer.warnings[0]).toContain("the API server did not answer within 1000 ms");
    expect(scene.counted).toEqual(["failed namespace-unknown"]);
    expect(scene.logged).toHaveLength(1);
    expect(scene.lookUps).toEqual(["failed"]);
  });

  it("is asked only so much at once", async () => {
    scene.server.interfere = () => ({ silent: true });
    const { askedAtOnceMax, timeoutMs } = NAMESPACE_LIMITS;
    const asking = Array.from({ length: askedAtOnceMax + 1 }, (_, index) =>
      ask(SAMPLE_POD, { namespace: `n${index}` }),
    );
    await scene.settle();
    expect(scene.lookUps).toEqual(["crowded"]);
    scene.timers.advance(timeoutMs);
    await Promise.all(asking);
  });
});

describe("the owner of a pod", () => {
  const controlledBy = (kind: string, name: string, apiVersion: string): Pod => ({
    ...SAMPLE_POD,
    metadata: {
      ownerReferences: [{ apiVersion, kind, name, uid: `uid-${name}`, controller: true }],
    },
  });
  const put = (path: string, name: string, owner: object | undefined) => {
    const ownerReferences = owner === undefined ? [] : [{ ...owner, controller: true }];
    const metadata = { name, namespace: "shop", uid: `uid-${name}`, ownerReferences };
    scene.server.put(path, { metadata });
  };
  const workloadOf = async (pod: Pod, fields: Partial<Review> = {}) => {
    const answer = await ask(pod, fields);
    const added = answer.allowed ? answer.patch : [];
    // The pods here have no labels, so that the map is added whole.
    const labels = added.find(({ path }) => path === "/metadata/labels");
    const value = labels !== undefined && "value" in labels ? labels.value : {};
    const { "heddle.mesh/workload": name, "heddle.mesh/workload-kind": kind } = value as never;
    return `${kind} ${name}`;
  };

  it("is found where the pod does not tell, and kept", async () => {
    put(REPLICA_SETS_PATH, "web-1", {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Rollout",
      name: "web",
    });
    put(JOBS_PATH, "backup-29384756", { apiVersion: "batch/v1", kind: "CronJob", name: "nightly" });
    put(JOBS_PATH, "job-12345678", undefined);
    scene.server.requests.length = 0;
    for (let n = 0; n < 2; n++) {
      expect(await workloadOf(controlledBy("ReplicaSet", "web-1", "apps/v1"))).toBe("Rollout web");
      const backup = controlledBy("Job", "backup-29384756", "batch/v1");
      expect(await workloadOf(backup)).toBe("CronJob nightly");
      const job = controlledBy("Job", "job-12345678", "batch/v1");
      expect(await workloadOf(job)).toBe("Job job-12345678");
    }
    expect(scene.server.requests).toHaveLength(3);
    expect(scene.server.requests[0]?.accept).toContain("PartialObjectMetadata");
  });

  it("is not asked for where the kind is another's, or it is a rehearsal", async () => {
    scene.server.requests.length = 0;
    expect(await workloadOf(controlledBy("Job", "j", "example.com/v1"))).toBe("Job j");
    expect(await workloadOf(controlledBy("StatefulSet", "db", "apps/v1"))).toBe("StatefulSet db");
    const job = controlledBy("Job", "backup-29384756", "batch/v1");
    expect(await workloadOf(job, { isDryRun: true })).toBe("CronJob backup");
    expect(scene.server.requests).toEqual([]);
  });

  it("is guessed when nobody answers in time, and not asked for by each pod then", async () => {
    scene.server.interfere = () => ({ silent: true });
    const job = controlledBy("Job", "backup-29384756", "batch/v1");
    const asking = workloadOf(job);
    await scene.settle();
    scene.timers.advance(OWNER_LIMITS.timeoutMs);
    expect(await asking).toBe("CronJob backup");
    scene.server.requests.length = 0;
    expect(await workloadOf(job)).toBe("CronJob backup");
    expect(scene.server.requests).toEqual([]);
    scene.server.interfere = () => undefined;
    put(JOBS_PATH, "backup-29384756", { apiVersion: "batch/v1", kind: "CronJob", name: "nightly" });
    scene.timers.advance(OWNER_LIMITS.missingKeptMs);
    expect(await workloadOf(job)).toBe("CronJob nightly");
  });

  it("of the same name and another uid is another", async () => {
    put(JOBS_PATH, "j-1", { apiVersion: "batch/v1", kind: "CronJob", name: "nightly" });
    const other = {
      ...SAMPLE_POD,
      metadata: {
        ownerReferences: [
          { apiVersion: "batch/v1", kind: "Job", name: "j-1", uid: "older", controller: true },
        ],
      },
    };
    expect(await workloadOf(other)).toBe("Job j-1");
  });
});

it("lets a pod through when we are wrong ourselves", async () => {
  scene.policy = undefined as never;
  const answer = await ask(SAMPLE_POD);
  expect(answer).toMatchObject({ allowed: true, patch: [] });
  expect(answer.warnings[0]).toContain("no proxy is injected into this pod, if it wanted one");
  expect(scene.counted).toEqual(["failed defect"]);
  expect(scene.logged[0]?.fields?.stack).toContain("injector");
  await scene.settle();
  expect(scene.server.objects(EVENTS_PATH)).toEqual([]);
});
