import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statusBody } from "../test/harness/fake-api-server.ts";
import { InformerScene, PODS, PODS_PATH, pod } from "../test/harness/informer-scene.ts";
import { INFORMER_LIMITS } from "./informer.ts";
import { KUBE_LIMITS } from "./kube-client.ts";
import type { KubeResource } from "./kube-object.ts";

const PATH = PODS_PATH;

let scene: InformerScene;

beforeEach(() => {
  scene = new InformerScene();
});

afterEach(() => scene.informer.stop());

describe("following", () => {
  it("tells of what is added, changed and removed", async () => {
    await scene.start();
    scene.server.put(PATH, pod("a"));
    scene.server.put(PATH, pod("a"));
    scene.server.remove(PATH, "a");
    await scene.settle();
    expect(scene.told).toEqual(["+a", "~a", "-a"]);
  });

  it("asks for bookmarks and for 5 to 10 minutes, each time another", async () => {
    await scene.start();
    for (let n = 0; n < 6; n++) {
      scene.server.put(PATH, pod("a"));
      await scene.pass(5_000);
      scene.server.endWatches(PATH);
      await scene.settle();
    }
    const seconds = scene.watches.map(({ query }) => Number(query.get("timeoutSeconds")));
    expect(new Set(seconds).size).toBeGreaterThan(4);
    for (const one of seconds) {
      expect(one).toBeGreaterThanOrEqual(INFORMER_LIMITS.watchSecondsMin);
      expect(one).toBeLessThanOrEqual(INFORMER_LIMITS.watchSecondsMax);
    }
    expect(scene.watches.every(({ query }) => query.get("allowWatchBookmarks") === "true")).toBe(
      true,
    );
  });

  it("goes on from a bookmark, so that a quiet kind is not read again", async () => {
    scene.server.put(PATH, pod("a"));
    await scene.start();
    await scene.pass(120_000, 1_000);
    scene.server.compact();
    scene.server.sendBookmark(PATH);
    await scene.settle();
    scene.server.endWatches(PATH);
    await scene.pass(10 * 60_000, 5_000);
    expect(scene.reads).toEqual(["start"]);
    expect(scene.informer.state).toBe("following");
  });

  it("never watches a quiet kind so long that its silence means nothing", async () => {
    await scene.start();
    await scene.pass(10 * 60_000, 1_000);
    const quiet = scene.watches.slice(3);
    expect(quiet.length).toBeGreaterThan(5);
    expect(quiet.length).toBeLessThan(20);
    expect(new Set(quiet.map(({ query }) => query.get("timeoutSeconds")))).toEqual(
      new Set([String(INFORMER_LIMITS.quietWatchSeconds)]),
    );
    expect(scene.failures).toEqual([]);
    expect(scene.reads).toEqual(["start"]);
  });

  it("is read anew once in a while, and nothing is told of what did not change", async () => {
    scene.server.put(PATH, pod("a"));
    await scene.start();
    await scene.pass(INFORMER_LIMITS.rereadMsMin - 60_000, 20_000);
    expect(scene.reads).toEqual(["start"]);
    await scene.pass(INFORMER_LIMITS.rereadMsMax - INFORMER_LIMITS.rereadMsMin + 120_000, 20_000);
    expect(scene.reads).toEqual(["start", "period"]);
    expect([scene.told, scene.failures]).toEqual([["+a"], []]);
  });

  it("notices within a minute that a connection is dead", async () => {
    await scene.start();
    scene.server.put(PATH, pod("a"));
    await scene.settle();
    scene.server.freezeWatches(PATH);
    scene.server.put(PATH, pod("b"));
    await scene.pass(KUBE_LIMITS.watchSilenceMs - 1_000, 1_000);
    expect(scene.told).toEqual(["+a"]);
    await scene.pass(9_000, 1_000);
    expect(scene.told).toEqual(["+a", "+b"]);
    expect(scene.reads).toEqual(["start"]);
  });

  it("loses nothing wherever the server breaks off", async () => {
    await scene.start();
    for (let bytes = 1; bytes < 400; bytes += 37) {
      let isCut = false;
      scene.server.interfere = () => {
        if (isCut) return undefined;
        isCut = true;
        return { cutAfterBytes: bytes };
      };
      scene.server.resetWatches(PATH);
      scene.server.put(PATH, pod(`p${bytes}`));
      scene.server.put(PATH, pod(`q${bytes}`));
      await scene.pass(30_000, 1_000);
      scene.server.interfere = () => undefined;
      expect(scene.told.slice(-2)).toEqual([`+p${bytes}`, `+q${bytes}`]);
    }
    expect(scene.reads).toEqual(["start"]);
  });

  it("takes lines beyond a megabyte, and refuses those without an end", async () => {
    await scene.start();
    scene.server.put(PATH, pod("big", { annotations: { big: "x".repeat(3_000_000) } }));
    await scene.settle();
    expect(scene.told).toEqual(["+big"]);
    scene.server.sendRaw(PATH, `{"type":"${"x".repeat(KUBE_LIMITS.watchLineBytesMax + 1)}`);
    await scene.pass(5_000);
    scene.server.put(PATH, pod("b"));
    await scene.settle();
    expect(scene.told).toEqual(["+big", "+b"]);
    expect(scene.failures).toEqual(["Malformed"]);
  });

  it.each(["no json\n", '{"type":"NEWS"}\n', "[]\n", '{"type":"ADDED","object":{}}\n'])(
    "goes on after the line %j",
    async (line) => {
      await scene.start();
      await scene.pass(2_000);
      scene.server.sendRaw(PATH, line);
      scene.server.put(PATH, pod("a"));
      await scene.pass(2_000);
      expect(scene.told).toEqual(["+a"]);
      expect(scene.reads).toEqual(["start"]);
      expect(scene.failures).toEqual(["Malformed"]);
    },
  );
});

describe("a gap", () => {
  async function gap(change: () => void): Promise<void> {
    scene.server.put(PATH, pod("a"));
    scene.server.put(PATH, pod("b"));
    await scene.start();
    await scene.pass(2_000);
    scene.told.length = 0;
    scene.server.freezeWatches(PATH);
    change();
    scene.server.compact();
    await scene.pass(60_000, 1_000);
    expect(scene.reads).toEqual(["start", "expired"]);
  }

  it("tells of objects that are gone meanwhile", async () => {
    await gap(() => scene.server.remove(PATH, "a"));
    expect(scene.told).toEqual(["-a"]);
  });

  it("tells of one that was made anew as gone and new", async () => {
    await gap(() => {
      scene.server.remove(PATH, "a");
      scene.server.put(PATH, pod("a"));
    });
    expect(scene.told).toEqual(["-a", "+a"]);
  });

  it("says nothing of what did not change", async () => {
    await gap(() => {});
    expect(scene.told).toEqual([]);
  });
});

describe("410", () => {
  it.each([
    ["as a status", { answer: 410, body: statusBody(410, "Expired") }],
    ["as a status without words", { answer: 410, body: "gone" }],
    ["within the stream", undefined],
  ])("%s makes it read anew", async (_form, met) => {
    scene.server.put(PATH, pod("a"));
    await scene.start();
    await scene.pass(2_000);
    let isFirst = true;
    scene.server.interfere = ({ query }) => {
      if (query.has("sendInitialEvents") || !isFirst) return undefined;
      isFirst = false;
      return met;
    };
    scene.server.put(PATH, pod("b"));
    scene.server.compact();
    scene.server.resetWatches(PATH);
    await scene.pass(5_000);
    expect(scene.reads).toEqual(["start", "expired"]);
    expect(scene.told).toEqual(["+a", "+b"]);
  });

  it.each([
    ["of a stream", true],
    ["of a list", false],
  ])("to the very first request %s does not end it", async (_what, isStream) => {
    scene.server.put(PATH, pod("a"));
    scene.server.offersStreams = isStream;
    let left = isStream ? 1 : 5;
    scene.server.interfere = ({ query }) => {
      if (query.has("sendInitialEvents") !== isStream || left-- <= 0) return undefined;
      return { answer: 410, body: statusBody(410, "Expired") };
    };
    await scene.start();
    await scene.pass(5_000);
    expect(scene.told).toEqual(["+a"]);
    expect(scene.informer.state).toBe("following");
  });

  it("again and again does not make it hammer the server", async () => {
    scene.server.interfere = ({ query }) =>
      query.has("sendInitialEvents") ? undefined : { answer: 410 };
    await scene.start();
    await scene.pass(60_000);
    expect(scene.reads.length).toBeGreaterThan(3);
    expect(scene.reads.length).toBeLessThan(30);
  });
});

describe("a server in trouble", () => {
  it("that tells of an error within the stream is asked on from where it was", async () => {
    await scene.start();
    scene.server.put(PATH, pod("a"));
    await scene.pass(2_000);
    const error = { type: "ERROR", object: statusBody(500, "InternalError") };
    scene.server.sendRaw(PATH, `${JSON.stringify(error)}\n`);
    scene.server.put(PATH, pod("b"));
    await scene.pass(3_000);
    expect([scene.told, scene.reads, scene.failures]).toEqual([
      ["+a", "+b"],
      ["start"],
      ["InternalError"],
    ]);
  });

  it("is given the time that it asks for", async () => {
    scene.server.interfere = () => ({ answer: 429, body: "slow down", retryAfter: "20" });
    await scene.start();
    await scene.pass(19_000);
    expect(scene.server.requests).toHaveLength(1);
    scene.server.interfere = () => undefined;
    await scene.pass(12_000);
    expect(scene.informer.isSettled).toBe(true);
  });

  it.each([
    ["500", { answer: 500 }],
    ["503 in a proxy's words", { answer: 503, body: "<html>" }],
    ["no connection", { refused: true }],
    ["half an answer", { cutAfterBytes: 20 }],
  ] as const)("%s: tries more and more seldom, and goes on when it is over", async (_what, met) => {
    scene.server.put(PATH, pod("a"));
    scene.server.offersStreams = false;
    scene.server.interfere = () => met;
    await scene.start();
    await scene.pass(5 * 60_000, 500);
    expect(scene.server.requests.length).toBeGreaterThan(5);
    expect(scene.server.requests.length).toBeLessThan(80);
    expect([scene.informer.state, scene.informer.isSettled]).toEqual(["failing", false]);
    scene.server.interfere = () => undefined;
    await scene.pass(31_000);
    expect([scene.informer.state, scene.informer.message]).toEqual(["following", ""]);
    expect(scene.told).toEqual(["+a"]);
  });

  it("keeps what it holds, and reads anew after many failed watches", async () => {
    scene.server.put(PATH, pod("a"));
    await scene.start();
    await scene.pass(2_000);
    scene.server.interfere = ({ query }) =>
      query.has("sendInitialEvents") ? undefined : { answer: 500 };
    scene.server.resetWatches(PATH);
    await scene.pass(60_000);
    expect(scene.reads.slice(0, 2)).toEqual(["start", "failures"]);
    expect(scene.told).toEqual(["+a"]);
    expect(scene.informer.size).toBe(1);
  });

  it("is asked once more with new credentials after 401", async () => {
    scene.server.put(PATH, pod("a"));
    scene.server.interfere = ({ renew }) => (renew ? undefined : { answer: 401 });
    await scene.start();
    expect(scene.told).toEqual(["+a"]);
    expect(scene.server.requests.map(({ renew }) => renew).slice(0, 2)).toEqual([false, true]);
    expect(scene.failures).toEqual([]);
  });

  it("that gives no version to go on from is not asked without end", async () => {
    const body = { kind: "PodList", metadata: { resourceVersion: "" }, items: [] };
    let asked = 0;
    scene.server.offersStreams = false;
    scene.server.interfere = ({ query }) => {
      if (query.has("watch")) return undefined;
      asked += 1;
      return asked > 100 ? { refused: true } : { answer: 200, body };
    };
    await scene.start();
    await scene.pass(60_000, 500);
    expect(asked).toBeLessThan(20);
    expect([scene.informer.state, scene.informer.isSettled]).toEqual(["failing", false]);
    expect(scene.informer.message).toContain("no resourceVersion");
  });

  it("that answers nothing at all does not hold it up for ever", async () => {
    scene.server.interfere = () => ({ silent: true });
    await scene.start();
    await scene.pass(KUBE_LIMITS.watchSilenceMs + KUBE_LIMITS.requestSilenceMs, 1_000);
    expect(scene.informer.state).toBe("failing");
    scene.server.interfere = () => undefined;
    await scene.pass(5_000);
    expect(scene.informer.state).toBe("following");
  });
});

describe("a kind", () => {
  it("that may not be read is asked for seldom, and says why", async () => {
    scene.server.interfere = () => ({ answer: 403, body: statusBody(403, "Forbidden") });
    await scene.start();
    await scene.pass(10 * 60_000, 5_000);
    expect([scene.informer.state, scene.informer.isSettled]).toEqual(["forbidden", false]);
    expect(scene.informer.message).toBe("Forbidden it is");
    expect(scene.server.requests.length).toBeLessThan(25);
    scene.server.interfere = () => undefined;
    await scene.pass(INFORMER_LIMITS.forbiddenMs, 1_000);
    expect(scene.informer.state).toBe("following");
  });

  it("comes and goes while it runs", async () => {
    scene.server.withdraw(PATH);
    await scene.start();
    expect([scene.informer.state, scene.informer.isSettled]).toEqual(["absent", true]);
    scene.server.put(PATH, pod("a"));
    await scene.pass(INFORMER_LIMITS.absentMs, 1_000);
    expect(scene.told).toEqual(["+a"]);
    expect(scene.reads.at(-1)).toBe("appeared");
    scene.server.withdraw(PATH);
    await scene.pass(5_000);
    expect(scene.told).toEqual(["+a", "-a"]);
    expect([scene.informer.state, scene.informer.size]).toEqual(["absent", 0]);
  });

  it("that every API server has is not forgotten because one says that it has not", async () => {
    await scene.exchange([PODS], {}, true);
    scene.server.put(PATH, pod("a"));
    await scene.start();
    await scene.pass(2_000);
    scene.server.interfere = () => ({ answer: 404, body: "404 page not found" });
    scene.server.resetWatches(PATH);
    await scene.pass(60_000, 1_000);
    expect([scene.informer.state, scene.informer.size, scene.told]).toEqual(["failing", 1, ["+a"]]);
    scene.server.interfere = () => undefined;
    await scene.pass(31_000);
    expect(scene.informer.state).toBe("following");
  });

  it("tells of its states", async () => {
    scene.server.withdraw(PATH);
    await scene.start();
    scene.server.serve(PATH);
    await scene.pass(INFORMER_LIMITS.absentMs, 1_000);
    scene.server.interfere = () => ({ answer: 403, body: statusBody(403, "Forbidden") });
    scene.server.endWatches(PATH);
    await scene.pass(1_000);
    expect(scene.states).toEqual(["absent", "following", "forbidden Forbidden it is"]);
  });

  it("is read in the first version that is there", async () => {
    const other = (version: string): KubeResource => ({ ...PODS, group: "x.y", version });
    await scene.exchange([other("v3"), other("v2"), other("v1")]);
    scene.server.put("/apis/x.y/v2/pods", pod("a"));
    await scene.start();
    expect(scene.told).toEqual(["+a"]);
    expect(scene.server.requests.map(({ path }) => path).slice(0, 2)).toEqual([
      "/apis/x.y/v3/pods",
      "/apis/x.y/v2/pods",
    ]);
  });
});

describe("listeners", () => {
  it("that throw are counted, and harm nobody", async () => {
    let calls = 0;
    scene.informer.subscribe(() => {
      throw new Error("a defect");
    });
    scene.informer.subscribe(() => {
      calls += 1;
    });
    scene.server.put(PATH, pod("a"));
    await scene.start();
    scene.server.put(PATH, pod("b"));
    await scene.settle();
    expect([calls, scene.listenerFailures, scene.told]).toEqual([2, 2, ["+a", "+b"]]);
    expect(scene.failures).toEqual([]);
  });

  it("hear nothing after the end, and nothing is asked any more", async () => {
    await scene.start();
    await scene.informer.stop();
    const before = scene.server.requests.length;
    scene.server.put(PATH, pod("a"));
    await scene.pass(120_000, 10_000);
    expect([scene.told, scene.server.requests.length - before]).toEqual([[], 0]);
    expect(scene.timers.pendingCount).toBe(0);
  });
});
