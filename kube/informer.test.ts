import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSeededRandom } from "../base/random.ts";
import { ManualTimers } from "../base/timers.ts";
import { FakeApiServer, statusBody } from "../test/harness/fake-api-server.ts";
import { INFORMER_LIMITS, Informer, type ReadReason } from "./informer.ts";
import { KUBE_LIMITS, KubeClient } from "./kube-client.ts";
import type { KubeObject, KubeResource } from "./kube-object.ts";
import type { Selection } from "./selection.ts";

const PODS: KubeResource = { group: "", version: "v1", kind: "Pod", plural: "pods" };
const PATH = "/api/v1/pods";

let timers: ManualTimers;
let server: FakeApiServer;
let informer: Informer;
let told: string[];
let reads: ReadReason[];
let failures: string[];
let listenerFailures: number;
let states: string[];

beforeEach(() => {
  timers = new ManualTimers();
  server = new FakeApiServer(timers);
  server.serve(PATH);
  told = [];
  reads = [];
  failures = [];
  listenerFailures = 0;
  states = [];
  informer = create([PODS]);
});

afterEach(() => informer.stop());

function create(
  versions: readonly [KubeResource, ...KubeResource[]],
  selection: Selection = {},
  isBuiltIn = false,
): Informer {
  const created = new Informer({
    client: new KubeClient({ transport: server, timers }),
    versions,
    selection,
    isBuiltIn,
    clock: timers.clock,
    timers,
    random: createSeededRandom(7),
    observer: {
      read: (_resource, reason) => reads.push(reason),
      watched: () => {},
      failed: (_resource, reason) => failures.push(reason),
      changed: (_resource, state, message) => states.push(`${state} ${message}`.trim()),
      listenerFailed: () => {
        listenerFailures += 1;
      },
    },
    stateChanged: () => {},
  });
  created.subscribe(({ before, after }) => {
    if (before === undefined) told.push(`+${after?.name}`);
    else told.push(after === undefined ? `-${before.name}` : `~${after.name}`);
  });
  return created;
}

/** Everything is in memory: when the loop turns, all that could go on has gone on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function pass(durationMs: number, stepMs = 250): Promise<void> {
  await settle();
  for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) {
    timers.advance(Math.min(stepMs, durationMs - passedMs));
    await settle();
  }
}

async function start(): Promise<void> {
  informer.start();
  await settle();
}

const pod = (name: string, more: object = {}) => ({
  metadata: { name, namespace: "shop", ...more },
});
const watches = () => server.requests.filter(({ query }) => query.get("watch") === "true");
const lists = () => server.requests.filter(({ query }) => query.get("watch") !== "true");

describe("selecting", () => {
  it.each([true, false])("follows one object by its name (as a stream: %s)", async (isStream) => {
    server.offersStreams = isStream;
    await informer.stop();
    informer = create([PODS], { namespace: "shop", name: "a" });
    for (const name of ["a", "b"]) server.put(PATH, pod(name));
    server.put(PATH, { metadata: { name: "a", namespace: "other" } });
    await start();
    server.put(PATH, pod("b", { labels: { new: "1" } }));
    server.put(PATH, pod("a", { labels: { new: "1" } }));
    await settle();
    expect(told).toEqual(["+a", "~a"]);
    expect(informer.size).toBe(1);
    const paths = new Set(server.requests.map(({ path }) => path));
    expect([...paths]).toEqual(["/api/v1/namespaces/shop/pods"]);
    const selectors = new Set(server.requests.map(({ query }) => query.get("fieldSelector")));
    expect([...selectors]).toEqual(["metadata.name=a"]);
  });

  it("asks for metadata alone, and takes all where the server knows nothing else", async () => {
    server.offersStreams = false;
    await informer.stop();
    informer = create([PODS], { metadataOnly: true, labelSelector: "app in (web)" });
    server.put(PATH, pod("a"));
    await start();
    expect(told).toEqual(["+a"]);
    const [asked, , follows] = server.requests;
    expect(asked?.query.get("labelSelector")).toBe("app in (web)");
    const form = "g=meta.k8s.io;v=v1,application/json";
    expect(asked?.accept).toBe(`application/json;as=PartialObjectMetadata;${form}`);
    expect(lists()[0]?.accept).toBe(`application/json;as=PartialObjectMetadataList;${form}`);
    expect(follows?.accept).toBe(asked?.accept);
  });
});

describe("kinds that are large", () => {
  const reduce = ({ metadata }: Readonly<Record<string, unknown>>) => ({ metadata });

  it.each([true, false])("are reduced before they are held (as a stream: %s)", async (isStream) => {
    server.offersStreams = isStream;
    await informer.stop();
    informer = create([PODS], { reduce, fieldSelector: "status.phase!=Failed" });
    const seen: unknown[] = [];
    informer.subscribe(({ after }) => seen.push(Object.keys(after?.raw ?? {})));
    server.put(PATH, { ...pod("a"), spec: { big: true } });
    await start();
    server.put(PATH, { ...pod("a"), spec: { big: true } });
    await settle();
    expect(seen).toEqual([["metadata"], ["metadata"]]);
    expect(watches()[0]?.query.get("fieldSelector")).toBe("status.phase!=Failed");
  });

  it("are read in small pages, and never all at once from a cache", async () => {
    server.offersStreams = false;
    await informer.stop();
    informer = create([PODS], { reduce });
    for (let n = 0; n < 250; n++) server.put(PATH, pod(`p${n}`));
    await start();
    expect(informer.size).toBe(250);
    expect(lists().map(({ query }) => query.get("limit"))).toEqual(["100", "100", "100"]);
    expect(lists()[0]?.query.has("resourceVersion")).toBe(false);
  });

  it("leave the pods that have ended out", async () => {
    await informer.stop();
    informer = create([PODS], { fieldSelector: "status.phase!=Succeeded,status.phase!=Failed" });
    server.put(PATH, { ...pod("done"), status: { phase: "Succeeded" } });
    server.put(PATH, { ...pod("a"), status: { phase: "Running" } });
    await start();
    server.put(PATH, { ...pod("a"), status: { phase: "Failed" } });
    await settle();
    expect(told).toEqual(["+a", "-a"]);
  });
});

describe("reading", () => {
  it("takes what exists as a stream where the server offers that", async () => {
    server.put(PATH, pod("a"));
    await start();
    server.put(PATH, pod("b"));
    await settle();
    expect(told).toEqual(["+a", "+b"]);
    expect(lists()).toEqual([]);
    expect(informer.isSettled).toBe(true);
  });

  it.each([400, 422])("reads pages where the stream is refused with %i", async (code) => {
    server.offersStreams = false;
    server.interfere = ({ query }) =>
      query.has("sendInitialEvents")
        ? { answer: code, body: statusBody(code, "Invalid") }
        : undefined;
    server.put(PATH, pod("a"));
    await start();
    expect(told).toEqual(["+a"]);
    expect(failures).toEqual([]);
    expect(lists()[0]?.query.get("resourceVersion")).toBe("0");
  });

  it("reads a thousand and one in three pages, and never from a cache again", async () => {
    server.offersStreams = false;
    for (let n = 0; n < 1001; n++) server.put(PATH, pod(`p${n}`));
    await start();
    expect(informer.size).toBe(1001);
    server.requests.length = 0;
    server.compact();
    server.endWatches(PATH);
    await pass(2_000);
    expect(reads).toEqual(["start", "expired"]);
    expect(lists()).toHaveLength(3);
    expect(lists().every(({ query }) => query.get("resourceVersion") === null)).toBe(true);
    expect(lists()[0]?.query.get("limit")).toBe("500");
    expect(told).toHaveLength(1001);
  });

  it("begins again when the version of its pages is no longer kept", async () => {
    server.offersStreams = false;
    for (let n = 0; n < 700; n++) server.put(PATH, pod(`p${n}`));
    let isFirst = true;
    server.interfere = ({ query }) => {
      if (query.get("resourceVersion") === "0") return { answer: 410 };
      if (!query.has("continue") || !isFirst) return undefined;
      isFirst = false;
      server.compact();
      return undefined;
    };
    await start();
    expect(informer.size).toBe(700);
    expect(failures).toEqual([]);
  });

  it("drops what only fills memory", async () => {
    const annotations = {
      keep: "1",
      "kubectl.kubernetes.io/last-applied-configuration": "{}",
    };
    let object: KubeObject | undefined;
    informer.subscribe(({ after }) => {
      object = after;
    });
    server.put(PATH, pod("a", { managedFields: [{ manager: "x" }], annotations }));
    await start();
    expect(object?.raw).toMatchObject({ apiVersion: "v1", kind: "Pod" });
    expect(JSON.stringify(object?.raw)).not.toMatch(/managedFields|last-applied/);
    expect(JSON.stringify(object?.raw)).toContain('"keep":"1"');
  });
});

describe("following", () => {
  it("tells of what is added, changed and removed", async () => {
    await start();
    server.put(PATH, pod("a"));
    server.put(PATH, pod("a"));
    server.remove(PATH, "a");
    await settle();
    expect(told).toEqual(["+a", "~a", "-a"]);
  });

  it("asks for bookmarks and for 5 to 10 minutes, each time another", async () => {
    await start();
    for (let n = 0; n < 6; n++) {
      server.put(PATH, pod("a"));
      await pass(5_000);
      server.endWatches(PATH);
      await settle();
    }
    const seconds = watches().map(({ query }) => Number(query.get("timeoutSeconds")));
    expect(new Set(seconds).size).toBeGreaterThan(4);
    for (const one of seconds) {
      expect(one).toBeGreaterThanOrEqual(INFORMER_LIMITS.watchSecondsMin);
      expect(one).toBeLessThanOrEqual(INFORMER_LIMITS.watchSecondsMax);
    }
    expect(watches().every(({ query }) => query.get("allowWatchBookmarks") === "true")).toBe(true);
  });

  it("goes on from a bookmark, so that a quiet kind is not read again", async () => {
    server.put(PATH, pod("a"));
    await start();
    await pass(120_000, 1_000);
    server.compact();
    server.sendBookmark(PATH);
    await settle();
    server.endWatches(PATH);
    await pass(10 * 60_000, 5_000);
    expect(reads).toEqual(["start"]);
    expect(informer.state).toBe("following");
  });

  it("never watches a quiet kind so long that its silence means nothing", async () => {
    await start();
    await pass(10 * 60_000, 1_000);
    const quiet = watches().slice(3);
    expect(quiet.length).toBeGreaterThan(5);
    expect(quiet.length).toBeLessThan(20);
    expect(new Set(quiet.map(({ query }) => query.get("timeoutSeconds")))).toEqual(
      new Set([String(INFORMER_LIMITS.quietWatchSeconds)]),
    );
    expect(failures).toEqual([]);
    expect(reads).toEqual(["start"]);
  });

  it("notices within a minute that a connection is dead", async () => {
    await start();
    server.put(PATH, pod("a"));
    await settle();
    server.freezeWatches(PATH);
    server.put(PATH, pod("b"));
    await pass(KUBE_LIMITS.watchSilenceMs - 1_000, 1_000);
    expect(told).toEqual(["+a"]);
    await pass(9_000, 1_000);
    expect(told).toEqual(["+a", "+b"]);
    expect(reads).toEqual(["start"]);
  });

  it("loses nothing wherever the server breaks off", async () => {
    await start();
    for (let bytes = 1; bytes < 400; bytes += 37) {
      let isCut = false;
      server.interfere = () => {
        if (isCut) return undefined;
        isCut = true;
        return { cutAfterBytes: bytes };
      };
      server.resetWatches(PATH);
      server.put(PATH, pod(`p${bytes}`));
      server.put(PATH, pod(`q${bytes}`));
      await pass(30_000, 1_000);
      server.interfere = () => undefined;
      expect(told.slice(-2)).toEqual([`+p${bytes}`, `+q${bytes}`]);
    }
    expect(reads).toEqual(["start"]);
  });

  it("takes lines beyond a megabyte, and refuses those without an end", async () => {
    await start();
    server.put(PATH, pod("big", { annotations: { big: "x".repeat(3_000_000) } }));
    await settle();
    expect(told).toEqual(["+big"]);
    server.sendRaw(PATH, `{"type":"${"x".repeat(KUBE_LIMITS.watchLineBytesMax + 1)}`);
    await pass(5_000);
    server.put(PATH, pod("b"));
    await settle();
    expect(told).toEqual(["+big", "+b"]);
    expect(failures).toEqual(["Malformed"]);
  });

  it.each(["no json\n", '{"type":"NEWS"}\n', "[]\n", '{"type":"ADDED","object":{}}\n'])(
    "goes on after the line %j",
    async (line) => {
      await start();
      await pass(2_000);
      server.sendRaw(PATH, line);
      server.put(PATH, pod("a"));
      await pass(2_000);
      expect(told).toEqual(["+a"]);
      expect(reads).toEqual(["start"]);
      expect(failures).toEqual(["Malformed"]);
    },
  );
});

describe("a gap", () => {
  async function gap(change: () => void): Promise<void> {
    server.put(PATH, pod("a"));
    server.put(PATH, pod("b"));
    await start();
    await pass(2_000);
    told = [];
    server.freezeWatches(PATH);
    change();
    server.compact();
    await pass(60_000, 1_000);
    expect(reads).toEqual(["start", "expired"]);
  }

  it("tells of objects that are gone meanwhile", async () => {
    await gap(() => server.remove(PATH, "a"));
    expect(told).toEqual(["-a"]);
  });

  it("tells of one that was made anew as gone and new", async () => {
    await gap(() => {
      server.remove(PATH, "a");
      server.put(PATH, pod("a"));
    });
    expect(told).toEqual(["-a", "+a"]);
  });

  it("says nothing of what did not change", async () => {
    await gap(() => {});
    expect(told).toEqual([]);
  });
});

describe("410", () => {
  it.each([
    ["as a status", { answer: 410, body: statusBody(410, "Expired") }],
    ["as a status without words", { answer: 410, body: "gone" }],
    ["within the stream", undefined],
  ])("%s makes it read anew", async (_form, met) => {
    server.put(PATH, pod("a"));
    await start();
    await pass(2_000);
    let isFirst = true;
    server.interfere = ({ query }) => {
      if (query.has("sendInitialEvents") || !isFirst) return undefined;
      isFirst = false;
      return met;
    };
    server.put(PATH, pod("b"));
    server.compact();
    server.resetWatches(PATH);
    await pass(5_000);
    expect(reads).toEqual(["start", "expired"]);
    expect(told).toEqual(["+a", "+b"]);
  });

  it.each([
    ["of a stream", true],
    ["of a list", false],
  ])("to the very first request %s does not end it", async (_what, isStream) => {
    server.put(PATH, pod("a"));
    server.offersStreams = isStream;
    let left = isStream ? 1 : 5;
    server.interfere = ({ query }) => {
      if (query.has("sendInitialEvents") !== isStream || left-- <= 0) return undefined;
      return { answer: 410, body: statusBody(410, "Expired") };
    };
    await start();
    await pass(5_000);
    expect(told).toEqual(["+a"]);
    expect(informer.state).toBe("following");
  });

  it("again and again does not make it hammer the server", async () => {
    server.interfere = ({ query }) =>
      query.has("sendInitialEvents") ? undefined : { answer: 410 };
    await start();
    await pass(60_000);
    expect(reads.length).toBeGreaterThan(3);
    expect(reads.length).toBeLessThan(30);
  });
});

describe("a server in trouble", () => {
  it("that tells of an error within the stream is asked on from where it was", async () => {
    await start();
    server.put(PATH, pod("a"));
    await pass(2_000);
    const error = { type: "ERROR", object: statusBody(500, "InternalError") };
    server.sendRaw(PATH, `${JSON.stringify(error)}\n`);
    server.put(PATH, pod("b"));
    await pass(3_000);
    expect([told, reads, failures]).toEqual([["+a", "+b"], ["start"], ["InternalError"]]);
  });

  it("is given the time that it asks for", async () => {
    server.interfere = () => ({ answer: 429, body: "slow down", retryAfter: "20" });
    await start();
    await pass(19_000);
    expect(server.requests).toHaveLength(1);
    server.interfere = () => undefined;
    await pass(12_000);
    expect(informer.isSettled).toBe(true);
  });

  it.each([
    ["500", { answer: 500 }],
    ["503 in a proxy's words", { answer: 503, body: "<html>" }],
    ["no connection", { refused: true }],
    ["half an answer", { cutAfterBytes: 20 }],
  ] as const)("%s: tries more and more seldom, and goes on when it is over", async (_what, met) => {
    server.put(PATH, pod("a"));
    server.offersStreams = false;
    server.interfere = () => met;
    await start();
    await pass(5 * 60_000, 500);
    expect(server.requests.length).toBeGreaterThan(5);
    expect(server.requests.length).toBeLessThan(80);
    expect([informer.state, informer.isSettled]).toEqual(["failing", false]);
    server.interfere = () => undefined;
    await pass(31_000);
    expect([informer.state, informer.message]).toEqual(["following", ""]);
    expect(told).toEqual(["+a"]);
  });

  it("keeps what it holds, and reads anew after many failed watches", async () => {
    server.put(PATH, pod("a"));
    await start();
    await pass(2_000);
    server.interfere = ({ query }) =>
      query.has("sendInitialEvents") ? undefined : { answer: 500 };
    server.resetWatches(PATH);
    await pass(60_000);
    expect(reads.slice(0, 2)).toEqual(["start", "failures"]);
    expect(told).toEqual(["+a"]);
    expect(informer.size).toBe(1);
  });

  it("is asked once more with new credentials after 401", async () => {
    server.put(PATH, pod("a"));
    server.interfere = ({ renew }) => (renew ? undefined : { answer: 401 });
    await start();
    expect(told).toEqual(["+a"]);
    expect(server.requests.map(({ renew }) => renew).slice(0, 2)).toEqual([false, true]);
    expect(failures).toEqual([]);
  });

  it("that answers nothing at all does not hold it up for ever", async () => {
    server.interfere = () => ({ silent: true });
    await start();
    await pass(KUBE_LIMITS.watchSilenceMs + KUBE_LIMITS.requestSilenceMs, 1_000);
    expect(informer.state).toBe("failing");
    server.interfere = () => undefined;
    await pass(5_000);
    expect(informer.state).toBe("following");
  });
});

describe("a kind", () => {
  it("that may not be read is asked for seldom, and says why", async () => {
    server.interfere = () => ({ answer: 403, body: statusBody(403, "Forbidden") });
    await start();
    await pass(10 * 60_000, 5_000);
    expect([informer.state, informer.isSettled]).toEqual(["forbidden", false]);
    expect(informer.message).toBe("Forbidden it is");
    expect(server.requests.length).toBeLessThan(25);
    server.interfere = () => undefined;
    await pass(INFORMER_LIMITS.forbiddenMs, 1_000);
    expect(informer.state).toBe("following");
  });

  it("comes and goes while it runs", async () => {
    server.withdraw(PATH);
    await start();
    expect([informer.state, informer.isSettled]).toEqual(["absent", true]);
    server.put(PATH, pod("a"));
    await pass(INFORMER_LIMITS.absentMs, 1_000);
    expect(told).toEqual(["+a"]);
    expect(reads.at(-1)).toBe("appeared");
    server.withdraw(PATH);
    await pass(5_000);
    expect(told).toEqual(["+a", "-a"]);
    expect([informer.state, informer.size]).toEqual(["absent", 0]);
  });

  it("that every API server has is not forgotten because one says that it has not", async () => {
    await informer.stop();
    informer = create([PODS], {}, true);
    server.put(PATH, pod("a"));
    await start();
    await pass(2_000);
    server.interfere = () => ({ answer: 404, body: "404 page not found" });
    server.resetWatches(PATH);
    await pass(60_000, 1_000);
    expect([informer.state, informer.size, told]).toEqual(["failing", 1, ["+a"]]);
    server.interfere = () => undefined;
    await pass(31_000);
    expect(informer.state).toBe("following");
  });

  it("tells of its states", async () => {
    server.withdraw(PATH);
    await start();
    server.serve(PATH);
    await pass(INFORMER_LIMITS.absentMs, 1_000);
    server.interfere = () => ({ answer: 403, body: statusBody(403, "Forbidden") });
    server.endWatches(PATH);
    await pass(1_000);
    expect(states).toEqual(["absent", "following", "forbidden Forbidden it is"]);
  });

  it("is read in the first version that is there", async () => {
    await informer.stop();
    const other = (version: string): KubeResource => ({ ...PODS, group: "x.y", version });
    informer = create([other("v3"), other("v2"), other("v1")]);
    server.put("/apis/x.y/v2/pods", pod("a"));
    await start();
    expect(told).toEqual(["+a"]);
    expect(server.requests.map(({ path }) => path).slice(0, 2)).toEqual([
      "/apis/x.y/v3/pods",
      "/apis/x.y/v2/pods",
    ]);
  });
});

describe("listeners", () => {
  it("that throw are counted, and harm nobody", async () => {
    let calls = 0;
    informer.subscribe(() => {
      throw new Error("a defect");
    });
    informer.subscribe(() => {
      calls += 1;
    });
    server.put(PATH, pod("a"));
    await start();
    server.put(PATH, pod("b"));
    await settle();
    expect([calls, listenerFailures, told]).toEqual([2, 2, ["+a", "+b"]]);
    expect(failures).toEqual([]);
  });

  it("hear nothing after the end, and nothing is asked any more", async () => {
    await start();
    await informer.stop();
    const before = server.requests.length;
    server.put(PATH, pod("a"));
    await pass(120_000, 10_000);
    expect([told, server.requests.length - before]).toEqual([[], 0]);
    expect(timers.pendingCount).toBe(0);
  });
});
