/**
 * Both ends of the control protocol joined by a network in memory: any number of replicas of the
 * operator over one table, and any number of proxies, all under one virtual clock and one seed.
 */
import { expect } from "vitest";
import { silentLog } from "../../base/log.ts";
import { createSeededRandom } from "../../base/random.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { StatReport } from "../../mesh/stat-report.ts";
import type { PublishLimits } from "../../operator/publish/publish-limits.ts";
import { createPublisher, type Publisher } from "../../operator/publish/publisher.ts";
import type { ResourceTable } from "../../operator/publish/resources.ts";
import { ControlClient } from "../../proxy/control/client.ts";
import { Configuration, type ConfigurationOptions } from "../../proxy/control/configuration.ts";
import { ControlNetwork } from "./control-network.ts";
import { FakeObserver, FakeSink, FakeTable } from "./fake-table.ts";

export interface Replica {
  readonly publisher: Publisher;
  readonly sink: FakeSink;
  readonly observer: FakeObserver;
  readonly reports: StatReport[];
  stop(): void;
}

export interface SimulatedProxy {
  readonly configuration: Configuration;
  readonly client: ControlClient;
}

export class ControlWorld {
  readonly timers = new ManualTimers();
  readonly table = new FakeTable();
  readonly network: ControlNetwork;
  readonly #seed: number;

  constructor(seed: number, delayMaxMs = 20) {
    this.#seed = seed;
    const random = createSeededRandom(seed);
    this.network = new ControlNetwork({ timers: this.timers, random, delayMaxMs });
    this.table.put("workload", "", { namespace: "shop", clusterDomain: "c.local", mesh: "1" });
  }

  replica(
    address: string,
    limits: Partial<PublishLimits> = {},
    table: ResourceTable = this.table,
  ): Replica {
    const sink = new FakeSink();
    const observer = new FakeObserver();
    const reports: StatReport[] = [];
    const publisher = createPublisher({
      resources: table,
      programmed: sink,
      stats: { reported: (_session, report) => reports.push(report) },
      observer,
      operator: { name: address, version: "1" },
      clock: this.timers.clock,
      timers: this.timers,
      log: silentLog,
      heartbeatMs: 10_000,
      limits,
    });
    this.network.serve(address, (link, remote) => {
      const session = publisher.accept(link, remote);
      if (session === undefined) return undefined;
      return {
        onText: (text) => session.receive(text),
        onDrain: () => session.drained(),
        onClose: () => session.closed(),
      };
    });
    const stop = () => {
      this.network.serve(address, undefined);
      publisher.stop();
    };
    return { publisher, sink, observer, reports, stop };
  }

  proxy(
    addresses: readonly [string, ...string[]],
    options: Partial<ConfigurationOptions> = {},
  ): SimulatedProxy {
    const { timers } = this;
    const { clock } = timers;
    const configuration = new Configuration({ clock, timers, ...options });
    const client = new ControlClient({
      addresses,
      connect: this.network.connector(),
      configuration,
      proxy: { name: "web-1", version: "1" },
      namespace: "shop",
      clock,
      timers,
      random: createSeededRandom(this.#seed + 1),
      log: silentLog,
    });
    client.start();
    return { configuration, client };
  }

  run(forMs: number): void {
    this.timers.advance(forMs);
  }
}

/** The proxy has exactly what the table has of what it watches, and nothing else. */
export function expectInStep(
  world: ControlWorld,
  { configuration }: SimulatedProxy,
  note = "",
): void {
  const { table } = world;
  const wantedSets = new Set<string>();
  for (const held of configuration.holdings.destinations.values()) {
    const resource = table.lookup({ type: "destination", key: held.key });
    expect(held.candidate, `candidate of ${held.key} ${note}`).toBeNull();
    if (resource?.type !== "destination") {
      expect(held.state, `state of ${held.key} ${note}`).toBe("absent");
      continue;
    }
    const { state } = held;
    if (typeof state === "string") throw new Error(`${held.key} is ${state} ${note}`);
    expect(state.revision, `revision of ${held.key} ${note}`).toBe(resource.revision);
    expect(state.destination).toEqual(resource.body);
    expect([...state.endpoints.keys()]).toEqual(resource.body.endpointSets);
    for (const [key, set] of state.endpoints) {
      wantedSets.add(key);
      const wanted = table.lookup({ type: "endpoints", key });
      const none = { service: key, source: "", synced: true, endpoints: [] };
      expect(set, `endpoints of ${key} ${note}`).toEqual(wanted?.body ?? none);
    }
  }
  expect(new Set(configuration.holdings.sets.keys()), note).toEqual(wantedSets);
  for (const { key, state, revision } of configuration.addresses) {
    const resource = table.lookup({ type: "address", key });
    expect(state, `${key} ${note}`).toEqual(resource?.body ?? "absent");
    expect(revision, `revision of ${key} ${note}`).toBe(resource?.revision ?? "absent");
  }
  expect(configuration.isSettled, note).toBe(true);
}
