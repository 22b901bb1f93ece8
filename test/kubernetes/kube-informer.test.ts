/** Informers against a real API server: what exists, what changes, and everything that breaks. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemTimers } from "../../base/platform/system.ts";
import { ManualTimers } from "../../base/timers.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import type { KubeResource } from "../../kube/kube-object.ts";
import { until, untilInTime } from "../harness/until.ts";
import {
  type OwnApiServer,
  type TestApiServer,
  useApiServer,
  useOwnApiServer,
  whyNoApiServer,
} from "./harness/api-server.ts";
import { FollowedKind } from "./harness/followed-kind.ts";

const CONFIG_MAPS: KubeResource = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
};
const SECRETS: KubeResource = { group: "", version: "v1", kind: "Secret", plural: "secrets" };

const AT_ONCE = 16;
const STEP_MS = 1_000;

let followed: FollowedKind[];

beforeEach(() => {
  followed = [];
});

afterEach(() => Promise.all(followed.map(({ informer }) => informer.stop())));

function follow(...args: ConstructorParameters<typeof FollowedKind>): FollowedKind {
  const one = new FollowedKind(...args);
  followed.push(one);
  return one;
}

function configMap(name: string, value = "1"): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { value } };
}

/** Writes of config maps in one namespace. */
function writer(api: TestApiServer, namespace: string) {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const { client, signal } = api;
  return {
    create: async (name: string) => await client.create(path, configMap(name), signal),
    put: async (name: string, value: string) =>
      await client.replace(`${path}/${name}`, configMap(name, value), signal),
    remove: async (name: string) => await client.delete(`${path}/${name}`, signal),
    createMany: async (count: number) => {
      const names = Array.from({ length: count }, (_, index) => `map-${index}`);
      const work = async (): Promise<void> => {
        for (let name = names.pop(); name !== undefined; name = names.pop()) {
          await client.create(path, configMap(name), signal);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    },
  };
}

describe.skipIf(whyNoApiServer())("an informer", () => {
  let api: TestApiServer;
  let namespace: string;

  beforeAll(async () => {
    api = await useApiServer();
  });

  afterAll(() => api.close());

  beforeEach(async () => {
    namespace = await api.namespace();
  });

  it("takes what exists as a stream, and follows what changes", async () => {
    const maps = writer(api, namespace);
    await maps.create("a");
    await maps.create("b");
    const one = follow(api.transport(), { versions: [CONFIG_MAPS], selection: { namespace } });
    await until("all is read", () => one.informer.isSettled);
    expect(one.names).toEqual(["a", "b"]);
    expect(one.transport.asked[0]).toMatchObject({
      path: expect.stringContaining("sendInitialEvents=true"),
      status: 200,
    });
    await maps.create("c");
    await maps.put("a", "2");
    await maps.remove("b");
    await until("the end is told", () => one.told.includes("-b"));
    expect(one.told.slice(-3)).toEqual(["+c", "~a", "-b"]);
    expect(one.transport.asked.every(({ path }) => path.includes("watch=true"))).toBe(true);
    expect({ reads: one.reads, failures: one.failures }).toEqual({
      reads: ["start"],
      failures: [],
    });
  });

  it("takes metadata alone, by label, where no more is wanted", async () => {
    const labelled = { ...configMap("wanted"), metadata: { name: "wanted", labels: { app: "a" } } };
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    await api.client.create(path, labelled, api.signal);
    await writer(api, namespace).create("other");
    const selection = { namespace, labelSelector: "app=a", metadataOnly: true };
    const one = follow(api.transport(), { versions: [CONFIG_MAPS], selection });
    await until("all is read", () => one.informer.isSettled);
    expect(one.names).toEqual(["wanted"]);
    const [object] = one.objects.values();
    expect(object?.raw).not.toHaveProperty("data");
    expect(object?.raw).toMatchObject({ metadata: { labels: { app: "a" } } });
  });

  it("goes on where a connection broke, without reading anew", async () => {
    const maps = writer(api, namespace);
    await maps.create("a");
    const one = follow(api.transport(), { versions: [CONFIG_MAPS], selection: { namespace } });
    await until("all is read", () => one.informer.isSettled);
    one.transport.cut();
    await maps.create("b");
    await maps.put("a", "2");
    await maps.put("a", "3");
    await maps.remove("b");
    one.transport.mend();
    await until("it has caught up", () => one.told.includes("-b"));
    expect(one.told).toEqual(["+a", "+b", "~a", "~a", "-b"]);
    expect(one.reads).toEqual(["start"]);
  });

  it("hears from a quiet kind by bookmarks, up to the present version", async () => {
    const maps = writer(api, namespace);
    await maps.create("quiet");
    const elsewhere = writer(api, await api.namespace());
    await elsewhere.create("loud");
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const { resourceVersion } = await listOf(api.client, path, api.signal);
    // One comes two seconds before the end of a watch, or a little later.
    const query = { resourceVersion, timeoutSeconds: 8 };
    const seen: string[] = [];
    let watches = 0;
    const hear = async (): Promise<void> => {
      watches += 1;
      const events = api.client.watch(CONFIG_MAPS, query, api.signal, { namespace });
      for await (const event of events) {
        // What changes elsewhere moves the version on; where nothing does, none is sent.
        if (event.type === "opened") await elsewhere.put("loud", `again ${watches}`);
        if (event.type === "bookmark") seen.push(event.resourceVersion);
      }
    };
    // Where the change takes longer than that, it is not in the first watch.
    await until("a bookmark", async () => {
      await hear();
      return seen.length > 0;
    });
    expect(seen.at(-1)).not.toBe(resourceVersion);
  });

  it("that may not read one kind reads others, and the kind when it may", async () => {
    const account = { namespace, name: "reader" };
    const way = api.transport(await api.tokenFor(account));
    await writer(api, namespace).create("a");
    await grant(api, namespace, "configmaps");
    const timers = new ManualTimers();
    const selection = { namespace };
    const maps = follow(way, { versions: [CONFIG_MAPS], selection });
    const by = { clock: timers.clock, timers, selection };
    const secrets = follow(way, { versions: [SECRETS], ...by });
    await until("config maps are read", () => maps.informer.isSettled);
    await until("secrets are refused", () => secrets.informer.state === "forbidden");
    expect(secrets.informer.message).toContain('cannot watch resource "secrets"');
    await grant(api, namespace, "secrets");
    const settled = () => secrets.informer.isSettled;
    await untilInTime(timers, STEP_MS, "secrets are read", settled);
    expect(secrets.informer.state).toBe("following");
    expect(maps.failures).toEqual([]);
  });
});

describe.skipIf(whyNoApiServer())("an informer of a server that restarts", () => {
  let api: OwnApiServer;

  beforeAll(async () => {
    api = await useOwnApiServer();
  });

  afterAll(() => api.close());

  it("keeps what it holds meanwhile, and misses nothing of what comes after", async () => {
    const namespace = await api.namespace();
    const maps = writer(api, namespace);
    await maps.create("a");
    const one = follow(api.transport(), { versions: [CONFIG_MAPS], selection: { namespace } });
    await until("all is read", () => one.informer.isSettled);
    await api.kill();
    await until("it is noticed", () => one.informer.state === "failing");
    expect(one.names).toEqual(["a"]);
    await api.startAgain();
    await maps.create("b");
    await maps.remove("a");
    await until("it has caught up", () => one.names.join() === "b");
    expect(one.told).toEqual(["+a", "+b", "-a"]);
    expect(one.informer.state).toBe("following");
  });

  it("reads anew when its version was compacted, and tells what is gone", async () => {
    const namespace = await api.namespace();
    const maps = writer(api, namespace);
    await maps.create("gone");
    await maps.create("stays");
    await maps.create("anew");
    const one = follow(api.transport(), { versions: [CONFIG_MAPS], selection: { namespace } });
    await until("all is read", () => one.informer.isSettled);
    const { resourceVersion } = await listOf(
      api.client,
      `/api/v1/namespaces/${namespace}/configmaps`,
      api.signal,
    );
    one.transport.cut();
    one.told.length = 0;
    await maps.remove("gone");
    await maps.remove("anew");
    await maps.create("anew");
    await maps.create("new");
    await api.compact();
    await api.restart();
    one.transport.mend();
    await until("it has caught up", () => one.names.join() === "anew,new,stays");
    expect(one.reads).toEqual(["start", "expired"]);
    expect(one.failures).toContain("Expired");
    expect([...one.told].sort()).toEqual(["+anew", "+new", "-anew", "-gone"]);
    // The same without an informer, to be sure of why.
    const from = { resourceVersion, timeoutSeconds: 5 };
    const old = api.client.watch(CONFIG_MAPS, from, api.signal, { namespace });
    await expect(drain(old)).rejects.toMatchObject({ isExpired: true });
  });
});

describe.skipIf(whyNoApiServer())("an informer of a server that streams no lists", () => {
  let api: OwnApiServer;

  beforeAll(async () => {
    api = await useOwnApiServer(["--feature-gates=WatchList=false"]);
  });

  afterAll(() => api.close());

  it("reads a thousand and more page by page", async () => {
    const namespace = await api.namespace();
    await writer(api, namespace).createMany(1_100);
    const way = api.transport();
    // What is at hand comes in one page: only what is reduced is read in pages from the start.
    const selection = { namespace, reduce: (raw: Readonly<Record<string, unknown>>) => raw };
    const one = follow(way, { versions: [CONFIG_MAPS], selection });
    await until("all is read", () => one.informer.isSettled);
    expect(one.objects.size).toBe(1_100);
    const lists = one.transport.asked.filter(({ path }) => !path.includes("watch="));
    expect(lists).toHaveLength(11);
    expect(lists.filter(({ path }) => path.includes("continue="))).toHaveLength(10);
    expect(one.transport.asked[0]?.status).toBe(422);
    await writer(api, namespace).remove("map-7");
    await until("it follows", () => one.told.includes("-map-7"));
  });

  it("is told when the version of its pages is compacted between two", async () => {
    const namespace = await api.namespace();
    await writer(api, namespace).createMany(3);
    const client = new KubeClient({ transport: api.transport(), timers: systemTimers });
    const selection = { namespace };
    const first = await client.list(CONFIG_MAPS, { limit: 1 }, api.signal, selection);
    await writer(api, namespace).remove("map-0");
    await api.compact();
    // One that goes on has snapshots of its own.
    await api.restart();
    const query = { limit: 1, continue: first.continueToken };
    const next = client.list(CONFIG_MAPS, query, api.signal, selection);
    await expect(next).rejects.toMatchObject({ isExpired: true });
  });
});

async function listOf(client: KubeClient, path: string, signal: AbortSignal) {
  const list = await client.get(path, signal);
  const { metadata } = list as { metadata: { resourceVersion: string } };
  return metadata;
}

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _event of events);
}

async function grant(api: TestApiServer, namespace: string, resource: string): Promise<void> {
  const name = `read-${resource}`;
  const rules = ["--verb=get,list,watch", `--resource=${resource}`, "-n", namespace];
  await api.kubectl(["create", "role", name, ...rules]);
  const subject = `--serviceaccount=${namespace}:reader`;
  await api.kubectl(["create", "rolebinding", name, `--role=${name}`, subject, "-n", namespace]);
}
