import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Log, silentLog } from "../../base/log.ts";
import { ControlWorld, type SimulatedProxy } from "../../test/harness/control-world.ts";
import {
  destination,
  endpointSet,
  range,
  service,
  serviceAddress,
  serviceBinding,
} from "../../test/harness/fake-table.ts";
import { Configuration } from "./configuration.ts";
import { SNAPSHOT_WRITE_DELAY_MS, SnapshotFile } from "./snapshot-file.ts";

const ADDRESS = "ws://one";
const WEB = service("web");
let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-snapshot-"));
  path = join(folder, "last-good");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function fileOf({ timers }: ControlWorld, configuration: Configuration, log: Log = silentLog) {
  return new SnapshotFile({ path, configuration, clock: timers.clock, timers, log });
}

/** A world in which a proxy holds two destinations, with a file that has been written. */
async function written(): Promise<{
  readonly world: ControlWorld;
  readonly proxy: SimulatedProxy;
  readonly file: SnapshotFile;
}> {
  const world = new ControlWorld(1);
  world.table.put("destination", WEB, destination("web", ["web", "gone"]));
  world.table.put("destination", service("api"), destination("api", ["api"]));
  world.table.put("endpoints", WEB, endpointSet("web", range(150)));
  world.table.put("endpoints", service("api"), endpointSet("api", [1]));
  const replica = world.replica(ADDRESS);
  const proxy = world.proxy([ADDRESS]);
  const file = fileOf(world, proxy.configuration);
  file.start();
  for (const name of ["web", "api", "none"]) proxy.configuration.watch(service(name));
  world.run(1000);
  // A change by a delta, so that what is written was put together here.
  world.table.put("endpoints", WEB, endpointSet("web", range(151)));
  world.run(SNAPSHOT_WRITE_DELAY_MS);
  replica.stop();
  await file.stop();
  return { world, proxy, file };
}

describe("a snapshot file", () => {
  it("gives a proxy without an operator what another one had", async () => {
    const { world, proxy } = await written();
    world.run(1000);
    const fresh = world.proxy(["ws://nobody"]).configuration;
    const seen: string[] = [];
    fresh.listen({
      workloadChanged: ({ namespace }) => seen.push(namespace),
      destinationChanged: (key) => seen.push(key),
    });
    expect(await fileOf(world, fresh).load()).toBe(6);
    expect(seen.sort()).toEqual(["shop", service("api"), WEB]);
    expect(fresh.watch(WEB)).toEqual(proxy.configuration.watch(WEB));
    expect(fresh.isSettled).toBe(true);
    const ages = fresh.entries().map(({ ageMs }) => ageMs);
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(1000);
    expect(fresh.watch(service("none"))).toBe("pending");
  });

  it("lets the operator resume where it ends", async () => {
    const { world } = await written();
    const fresh = world.proxy([ADDRESS]);
    await fileOf(world, fresh.configuration).load();
    const replica = world.replica(ADDRESS);
    world.run(30_000);
    expect(replica.observer.count("sent destination")).toBe(0);
    expect(replica.observer.count("sent endpoints")).toBe(0);
    expect(fresh.client.status().state).toBe("live");
  });

  it("is left alone once it is somebody else's", async () => {
    const { world, proxy, file } = await written();
    await writeFile(path, "of a successor");
    world.replica(ADDRESS);
    world.table.put("destination", WEB, destination("web", ["api"]));
    world.run(SNAPSHOT_WRITE_DELAY_MS * 4);
    expect(proxy.client.status().state).toBe("live");
    await file.flush();
    expect(await readFile(path, "utf8")).toBe("of a successor");
  });

  it("keeps what stands at addresses, and not that nothing does", async () => {
    const world = new ControlWorld(1);
    const [known, unknown] = [serviceAddress(1), serviceAddress(2)];
    world.table.put("address", known, serviceBinding("web"), ["addresses"]);
    const replica = world.replica(ADDRESS);
    const { configuration } = world.proxy([ADDRESS]);
    const file = fileOf(world, configuration);
    file.start();
    for (const key of [known, unknown]) configuration.watchAddress(key);
    world.run(1000);
    expect(configuration.watchAddress(unknown)).toBe("absent");
    replica.stop();
    await file.stop();
    const fresh = world.proxy(["ws://nobody"]).configuration;
    const seen: string[] = [];
    fresh.listen({ addressChanged: (key) => seen.push(key) });
    expect(await fileOf(world, fresh).load()).toBe(2);
    expect(seen).toEqual([known]);
    expect(fresh.watchAddress(known)).toEqual(serviceBinding("web"));
    expect(fresh.watchAddress(unknown)).toBe("pending");
    const resumed = world.proxy([ADDRESS]);
    await fileOf(world, resumed.configuration).load();
    const next = world.replica(ADDRESS);
    world.run(30_000);
    expect(resumed.client.status().state).toBe("live");
    expect(next.observer.count("sent address")).toBe(0);
    expect(next.sink.states.get(`s1 address:${known}`)?.held?.revision).toMatch(/^[0-9a-f]{32}$/);
  });

  it("that is damaged in part gives the rest", async () => {
    const { world } = await written();
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace('"maxRetries":1', '"maxRetries":2'));
    const fresh = new Configuration({ clock: world.timers.clock, timers: world.timers });
    expect(await fileOf(world, fresh).load()).toBe(5);
    expect([WEB, service("api")].map((key) => typeof fresh.watch(key)).sort()).toEqual([
      "object",
      "string",
    ]);
  });

  it.each([
    ["is not there", undefined, 0],
    ["is empty", "", 1],
    ["is of a later format", '{"format":2}\n', 1],
    ["is no text", "\u0000\u0001", 1],
    ["has lines that are nothing", '{"format":1}\n{}\nnull\n[1]\n{"type":"destination"}\n', 1],
  ])("that %s gives nothing, and harms nothing", async (_what, text, warnings) => {
    if (text !== undefined) await writeFile(path, text);
    const world = new ControlWorld(2);
    const fresh = new Configuration({ clock: world.timers.clock, timers: world.timers });
    let warned = 0;
    const log = { ...silentLog, warn: () => (warned += 1) };
    expect(await fileOf(world, fresh, log).load()).toBe(0);
    expect(warned).toBe(warnings);
    expect(fresh.entries()).toEqual([]);
  });

  it("is written whole, and not before some seconds of changes are over", async () => {
    const world = new ControlWorld(4);
    const replica = world.replica(ADDRESS);
    const proxy = world.proxy([ADDRESS]);
    const file = fileOf(world, proxy.configuration);
    file.start();
    world.run(1000);
    for (const note of range(5)) {
      world.table.put("workload", "", { namespace: "shop", clusterDomain: "c", mesh: `${note}` });
      world.run(500);
    }
    expect(await readdir(folder)).toEqual([]);
    replica.stop();
    await file.stop();
    expect(await readdir(folder)).toEqual(["last-good"]);
    const text = await readFile(path, "utf8");
    expect(text.split("\n")).toHaveLength(3);
    expect(text).toContain('"mesh":"4"');
  });

  it("that is a pipe or a device is not read, which might never end", async () => {
    const world = new ControlWorld(4);
    const reasons: unknown[] = [];
    const log = { ...silentLog, warn: (_: string, fields: unknown) => void reasons.push(fields) };
    execFileSync("mkfifo", [path]);
    expect(await fileOf(world, world.proxy([ADDRESS]).configuration, log).load()).toBe(0);
    path = "/dev/full";
    expect(await fileOf(world, world.proxy([ADDRESS]).configuration, log).load()).toBe(0);
    const reason = "it is no ordinary file";
    expect(reasons).toMatchObject([{ reason }, { reason }]);
  });

  it("that cannot be written is reported once, and stops nothing", async () => {
    const world = new ControlWorld(3);
    world.replica(ADDRESS);
    const proxy = world.proxy([ADDRESS]);
    let warned = 0;
    const log = { ...silentLog, warn: () => (warned += 1) };
    path = join(folder, "no-such-folder", "file");
    const file = fileOf(world, proxy.configuration, log);
    file.start();
    world.run(SNAPSHOT_WRITE_DELAY_MS + 1000);
    proxy.configuration.watch(WEB);
    world.run(SNAPSHOT_WRITE_DELAY_MS + 1000);
    await file.stop();
    expect(warned).toBe(1);
  });
});
