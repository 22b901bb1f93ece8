import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statusBody } from "../test/harness/fake-api-server.ts";
import { InformerScene, PODS, PODS_PATH, pod } from "../test/harness/informer-scene.ts";
import type { KubeObject } from "./kube-object.ts";

const PATH = PODS_PATH;

let scene: InformerScene;

beforeEach(() => {
  scene = new InformerScene();
});

afterEach(() => scene.informer.stop());

describe("selecting", () => {
  it.each([true, false])("follows one object by its name (as a stream: %s)", async (isStream) => {
    scene.server.offersStreams = isStream;
    await scene.exchange([PODS], { namespace: "shop", name: "a" });
    for (const name of ["a", "b"]) scene.server.put(PATH, pod(name));
    scene.server.put(PATH, { metadata: { name: "a", namespace: "other" } });
    await scene.start();
    scene.server.put(PATH, pod("b", { labels: { new: "1" } }));
    scene.server.put(PATH, pod("a", { labels: { new: "1" } }));
    await scene.settle();
    expect(scene.told).toEqual(["+a", "~a"]);
    expect(scene.informer.size).toBe(1);
    const paths = new Set(scene.server.requests.map(({ path }) => path));
    expect([...paths]).toEqual(["/api/v1/namespaces/shop/pods"]);
    const selectors = new Set(scene.server.requests.map(({ query }) => query.get("fieldSelector")));
    expect([...selectors]).toEqual(["metadata.name=a"]);
  });

  it("asks for metadata alone, and takes all where the server knows nothing else", async () => {
    scene.server.offersStreams = false;
    await scene.exchange([PODS], { metadataOnly: true, labelSelector: "app=web" });
    scene.server.put(PATH, pod("a", { labels: { app: "web" } }));
    scene.server.put(PATH, pod("b"));
    await scene.start();
    expect(scene.told).toEqual(["+a"]);
    const [asked, , follows] = scene.server.requests;
    expect(asked?.query.get("labelSelector")).toBe("app=web");
    const form = "g=meta.k8s.io;v=v1,application/json";
    expect(asked?.accept).toBe(`application/json;as=PartialObjectMetadata;${form}`);
    expect(scene.lists[0]?.accept).toBe(`application/json;as=PartialObjectMetadataList;${form}`);
    expect(follows?.accept).toBe(asked?.accept);
  });
});

describe("kinds that are large", () => {
  const reduce = ({ metadata }: Readonly<Record<string, unknown>>) => ({ metadata });

  it.each([true, false])("are reduced before they are held (as a stream: %s)", async (isStream) => {
    scene.server.offersStreams = isStream;
    await scene.exchange([PODS], { reduce, fieldSelector: "status.phase!=Failed" });
    const seen: unknown[] = [];
    scene.informer.subscribe(({ after }) => seen.push(Object.keys(after?.raw ?? {})));
    scene.server.put(PATH, { ...pod("a"), spec: { big: true } });
    await scene.start();
    scene.server.put(PATH, { ...pod("a"), spec: { big: true } });
    await scene.settle();
    expect(seen).toEqual([["metadata"], ["metadata"]]);
    expect(scene.watches[0]?.query.get("fieldSelector")).toBe("status.phase!=Failed");
  });

  it("are read in small pages, and never all at once from a cache", async () => {
    scene.server.offersStreams = false;
    await scene.exchange([PODS], { reduce });
    for (let n = 0; n < 250; n++) scene.server.put(PATH, pod(`p${n}`));
    await scene.start();
    expect(scene.informer.size).toBe(250);
    expect(scene.lists.map(({ query }) => query.get("limit"))).toEqual(["100", "100", "100"]);
    expect(scene.lists[0]?.query.has("resourceVersion")).toBe(false);
  });

  it("leave the pods that have ended out", async () => {
    await scene.exchange([PODS], { fieldSelector: "status.phase!=Succeeded,status.phase!=Failed" });
    scene.server.put(PATH, { ...pod("done"), status: { phase: "Succeeded" } });
    scene.server.put(PATH, { ...pod("a"), status: { phase: "Running" } });
    await scene.start();
    scene.server.put(PATH, { ...pod("a"), status: { phase: "Failed" } });
    await scene.settle();
    expect(scene.told).toEqual(["+a", "-a"]);
  });
});

describe("reading", () => {
  it("takes what exists as a stream where the server offers that", async () => {
    scene.server.put(PATH, pod("a"));
    await scene.start();
    scene.server.put(PATH, pod("b"));
    await scene.settle();
    expect(scene.told).toEqual(["+a", "+b"]);
    expect(scene.lists).toEqual([]);
    expect(scene.informer.isSettled).toBe(true);
  });

  it.each([400, 422])("reads pages where the stream is refused with %i", async (code) => {
    scene.server.offersStreams = false;
    scene.server.interfere = ({ query }) =>
      query.has("sendInitialEvents")
        ? { answer: code, body: statusBody(code, "Invalid") }
        : undefined;
    scene.server.put(PATH, pod("a"));
    await scene.start();
    expect(scene.told).toEqual(["+a"]);
    expect(scene.failures).toEqual([]);
    expect(scene.lists[0]?.query.get("resourceVersion")).toBe("0");
  });

  it("reads a thousand and one in three pages, and never from a cache again", async () => {
    scene.server.offersStreams = false;
    for (let n = 0; n < 1001; n++) scene.server.put(PATH, pod(`p${n}`));
    await scene.start();
    expect(scene.informer.size).toBe(1001);
    scene.server.requests.length = 0;
    scene.server.compact();
    scene.server.endWatches(PATH);
    await scene.pass(2_000);
    expect(scene.reads).toEqual(["start", "expired"]);
    expect(scene.lists).toHaveLength(3);
    expect(scene.lists.every(({ query }) => query.get("resourceVersion") === null)).toBe(true);
    expect(scene.lists[0]?.query.get("limit")).toBe("500");
    expect(scene.told).toHaveLength(1001);
  });

  it("begins again when the version of its pages is no longer kept", async () => {
    scene.server.offersStreams = false;
    for (let n = 0; n < 700; n++) scene.server.put(PATH, pod(`p${n}`));
    let isFirst = true;
    scene.server.interfere = ({ query }) => {
      if (query.get("resourceVersion") === "0") return { answer: 410 };
      if (!query.has("continue") || !isFirst) return undefined;
      isFirst = false;
      scene.server.compact();
      return undefined;
    };
    await scene.start();
    expect(scene.informer.size).toBe(700);
    expect(scene.failures).toEqual([]);
  });

  it("drops what only fills memory", async () => {
    const annotations = {
      keep: "1",
      "kubectl.kubernetes.io/last-applied-configuration": "{}",
    };
    let object: KubeObject | undefined;
    scene.informer.subscribe(({ after }) => {
      object = after;
    });
    scene.server.put(PATH, pod("a", { managedFields: [{ manager: "x" }], annotations }));
    await scene.start();
    expect(object?.raw).toMatchObject({ apiVersion: "v1", kind: "Pod" });
    expect(JSON.stringify(object?.raw)).not.toMatch(/managedFields|last-applied/);
    expect(JSON.stringify(object?.raw)).toContain('"keep":"1"');
  });
});
