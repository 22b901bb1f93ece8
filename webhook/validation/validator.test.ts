import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { createSeededRandom } from "../../base/random.ts";
import { ManualTimers } from "../../base/timers.ts";
import { Informer } from "../../kube/informer.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { fillCluster, PATHS, service } from "../../test/harness/cluster-objects.ts";
import { FakeApiServer } from "../../test/harness/fake-api-server.ts";
import { podReview } from "../../test/harness/reviews.ts";
import type { ReviewAnswer } from "../review.ts";
import { MeshObjects } from "./mesh-objects.ts";
import { Validator } from "./validator.ts";

const READ = { clusterDomain: "cluster.local", defaultNamespace: "default" };
const API_VERSION = "heddle.mesh/v1alpha1";

let timers: ManualTimers;
let server: FakeApiServer;
let objects: MeshObjects;
let validator: Validator;
let counted: string[];

beforeEach(async () => {
  timers = new ManualTimers();
  server = new FakeApiServer(timers);
  fillCluster(server);
  counted = [];
  objects = createObjects();
  validator = createValidator(objects);
  for (const informer of objects.informers) informer.start();
  await settle();
});

function createObjects(): MeshObjects {
  const nothing = () => {};
  const observer = { read: nothing, watched: nothing, failed: nothing, listenerFailed: nothing };
  const client = new KubeClient({ transport: server, timers });
  const shared = { client, clock: timers.clock, timers, random: createSeededRandom(5), observer };
  return new MeshObjects(READ, (of) => new Informer({ ...shared, stateChanged: nothing, ...of }));
}

function createValidator(beside: MeshObjects): Validator {
  return new Validator({
    ...{ readOptions: READ, objects: beside, clock: timers.clock, log: silentLog },
    observer: { validated: (kind, outcome) => counted.push(`${kind} ${outcome}`) },
  });
}

afterEach(async () => {
  await Promise.all(objects.informers.map((informer) => informer.stop()));
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    timers.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function split(spec: object, metadata: object = {}): object {
  return {
    apiVersion: API_VERSION,
    kind: "TrafficSplit",
    metadata: {
      ...{ name: "half", namespace: "shop", creationTimestamp: "2026-02-01T00:00:00Z" },
      ...{ managedFields: [{ manager: "kubectl", fieldsV1: { "f:spec": {} } }] },
      ...metadata,
    },
    spec,
  };
}

const GOOD = { service: "other", backends: [{ service: "web-v1", weight: 1 }] };
const MISSPELT = { service: "other", backends: [{ service: "web-v1", weigth: 1 }] };

function ask(object: object, oldObject: object | null = null, operation = ""): ReviewAnswer {
  const kind = "kind" in object ? String(object.kind) : "";
  return validator.review(
    podReview(object, {
      ...{ group: "heddle.mesh", version: "v1alpha1", kind, name: "half", oldObject },
      operation: operation === "" ? (oldObject === null ? "CREATE" : "UPDATE") : operation,
    }),
  );
}

describe("an object", () => {
  it("that is right is taken without a word", async () => {
    server.put(PATHS.services, service("other"));
    await settle();
    expect(ask(split(GOOD))).toEqual({ allowed: true, patch: [], warnings: [] });
    expect(counted).toEqual(["TrafficSplit allowed"]);
  });

  it("that has a misspelt key is refused, with how it is spelt", () => {
    expect(ask(split(MISSPELT))).toMatchObject({
      allowed: false,
      message: 'spec.backends[0].weigth: unknown field "weigth" (did you mean "weight"?)',
      causes: [{ field: "spec.backends[0].weigth" }],
    });
    expect(counted).toEqual(["TrafficSplit denied"]);
  });

  it("is refused for everything that is wrong with it at once", () => {
    const answer = ask(
      split({ ...MISSPELT, matches: [{ path: 1 }], backends: [{ service: "a", weight: -1 }] }),
    );
    if (answer.allowed) throw new Error("it was taken");
    expect(answer.causes.map(({ field }) => field)).toEqual([
      "spec.backends[0].weight",
      "spec.matches[0].path",
    ]);
    expect(answer.message.split("\n")).toHaveLength(3);
    expect(answer.message).toMatch(/^2 mistakes:\n- spec/);
  });

  it("is warned about for what is not enforced, and what other objects say", () => {
    const answer = ask(split({ ...GOOD, backends: [{ service: "web-v2", weight: 1 }] }));
    expect(answer).toMatchObject({ allowed: true });
    expect(answer.warnings).toEqual([
      "spec.service: there is no service shop/other",
      "spec.backends[0].service: there is no service shop/web-v2 (did you mean shop/web-v1?)",
    ]);
    expect(counted).toEqual(["TrafficSplit warned"]);
  });

  it("that loses against another one is told so, and by whom", async () => {
    const older = split({ ...GOOD, service: "web" }, { name: "older" });
    server.put(PATHS.splits, { ...older, metadata: { name: "older", namespace: "shop" } } as never);
    await settle();
    const { warnings } = ask(split({ ...GOOD, service: "web" }));
    expect(warnings[0]).toMatch(
      /^spec.service: TrafficSplit shop\/\w+ decides the traffic of shop\/web already \(/,
    );
  });

  it("is not told of what may only not have been read yet", () => {
    const missing = split({ ...GOOD, backends: [{ service: "web-v2", weight: 1 }] });
    expect(ask(missing).warnings).toHaveLength(2);
    validator = createValidator(createObjects());
    expect(ask(missing).warnings).toEqual([]);
  });
});

describe("an edit", () => {
  it("of what was wrong before is taken as long as nothing else becomes wrong", () => {
    const before = split({ ...MISSPELT, servce: "x" });
    const after = split({ ...MISSPELT, servce: "x", service: "web" });
    const answer = ask(after, before);
    expect(answer.allowed).toBe(true);
    expect(answer.warnings.slice(0, 2)).toEqual([
      'still wrong: spec.servce: unknown field "servce" (did you mean "service"?)',
      'still wrong: spec.backends[0].weigth: unknown field "weigth" (did you mean "weight"?)',
    ]);
    const worse = ask(split({ ...MISSPELT, servce: "x", matches: [{ path: 1 }] }), before);
    expect(worse).toMatchObject({ allowed: false, causes: [{ field: "spec.matches[0].path" }] });
    expect(worse.warnings).toHaveLength(2);
  });

  it("that makes wrong what was right is refused", () => {
    expect(ask(split(MISSPELT), split(GOOD)).allowed).toBe(false);
  });

  it.each([
    ["labels", split(MISSPELT, { labels: { a: "b" } })],
    ["status", { ...split(MISSPELT), status: { summary: "x" } }],
    [
      "finalizers",
      split({ ...MISSPELT, service: "" }, { deletionTimestamp: "2026-02-02T00:00:00Z" }),
    ],
  ])("of %s alone is nobody's business", (_, object) => {
    expect(ask(object, split(MISSPELT))).toEqual({ allowed: true, patch: [], warnings: [] });
  });
});

it("an object that nests without end is refused, and named where it was so before", () => {
  const deep = (levels: number) => {
    let value: object = {};
    for (let level = 0; level < levels; level++) value = { not: value };
    return split({ ...GOOD, deep: value });
  };
  const refused = ask(deep(50_000));
  expect(refused).toMatchObject({
    allowed: false,
    message: expect.stringMatching(/^nests deeper/),
  });
  const edited = ask(deep(50_000), deep(40_000));
  expect(edited).toMatchObject({
    allowed: true,
    warnings: [expect.stringMatching(/^still wrong/)],
  });
  expect(counted).toEqual(["TrafficSplit denied", "TrafficSplit warned"]);
});

it.each([
  ["DELETE", split(MISSPELT)],
  ["CONNECT", split(MISSPELT)],
  ["CREATE", { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "x" } }],
])("lets %s of anything through", (operation, object) => {
  expect(ask(object, null, operation)).toEqual({ allowed: true, patch: [], warnings: [] });
});

it("lets an object through when we are wrong ourselves", () => {
  const broken = new Proxy(split(GOOD), {
    get: (target, key) => {
      if (key === "spec") throw new Error("defect");
      return Reflect.get(target, key);
    },
  });
  expect(ask(broken)).toMatchObject({
    allowed: true,
    warnings: [expect.stringContaining("defect")],
  });
  expect(counted).toEqual(["TrafficSplit failed"]);
});
