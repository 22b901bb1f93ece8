/**
 * Whatever happens on the way, in the end the proxy has exactly what the operator has. Each seed is
 * a different history of changes, deaths, silences and stalls; a failure names its seed.
 */
import { describe, expect, it } from "vitest";
import { createSeededRandom, type Random } from "../../base/random.ts";
import type { Destination } from "../../mesh/destination.ts";
import { PORT_PROTOCOLS } from "../../mesh/port-protocol.ts";
import type { PublishLimits } from "../../operator/publish/publish-limits.ts";
import {
  ControlWorld,
  expectInStep,
  type Replica,
  type SimulatedProxy,
} from "../harness/control-world.ts";
import {
  destination,
  endpointSet,
  range,
  service,
  serviceAddress,
  serviceBinding,
} from "../harness/fake-table.ts";

const ADDRESSES = ["ws://one", "ws://two"] as const;
const NAMES = range(5).map((index) => `web-${index}`);
const BACKENDS = range(6).map((index) => `backend-${index}`);
/** Of which the proxy follows fewer than there are. */
const PLACES = range(6, 1).map(serviceAddress);
const STEPS = 120;
const SEEDS = 150;

class History {
  readonly random: Random;
  readonly world: ControlWorld;
  readonly replicas = new Map<string, Replica>();
  readonly proxy: SimulatedProxy;
  readonly #sizes = new Map<string, number>();
  readonly #stopped = new Set<string>();
  /** Some histories are quiet, so that one session lives through all of it. */
  readonly #disturbances: number;
  readonly #limits: Partial<PublishLimits>;

  constructor(seed: number) {
    this.random = createSeededRandom(seed);
    this.#disturbances = seed % 3;
    this.world = new ControlWorld(seed, 5 + this.below(300));
    // In every other history the way out is so narrow that much has to wait.
    this.#limits = seed % 2 === 0 ? {} : { bufferedBytesMax: 2000 };
    for (const address of ADDRESSES) this.start(address);
    this.proxy = this.world.proxy(ADDRESSES, { accept: problemOf, addressesMax: 4 });
  }

  below(count: number): number {
    return this.random.nextUint32() % count;
  }

  pick<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)];
    if (one === undefined) throw new Error("nothing to pick from");
    return one;
  }

  step(): void {
    const actions = [
      () => this.putDestination(),
      () => this.putDestination(),
      () => this.world.table.remove({ type: "destination", key: service(this.pick(NAMES)) }),
      () => this.putEndpoints(),
      () => this.putEndpoints(),
      () => this.putEndpoints(),
      () => this.world.table.remove({ type: "endpoints", key: service(this.pick(BACKENDS)) }),
      () => this.proxy.configuration.watch(service(this.pick(NAMES))),
      () => this.proxy.configuration.watch(service(this.pick(NAMES))),
      () => this.proxy.configuration.release(service(this.pick(NAMES))),
      () => this.putAddress(),
      () => this.world.table.remove({ type: "address", key: this.pick(PLACES) }),
      () => this.proxy.configuration.watchAddress(this.pick(PLACES)),
      ...Array.from({ length: this.#disturbances }, () => () => this.disturb()),
      () => this.world.run(this.below(3000)),
    ];
    this.pick(actions)();
    this.world.run(this.below(100));
  }

  putDestination(name = this.pick(NAMES), note = `r${this.below(1000)}`): void {
    const backends = BACKENDS.filter(() => this.below(3) === 0);
    const body = destination(name, backends, note);
    this.world.table.put("destination", service(name), body);
  }

  /** Some are large enough for deltas, and change by a little each time. */
  putEndpoints(): void {
    const name = this.pick(BACKENDS);
    const isLarge = name <= "backend-2";
    const before = this.#sizes.get(name) ?? (isLarge ? 120 : 0);
    const size = isLarge ? Math.max(90, before + this.below(21) - 10) : this.below(4);
    this.#sizes.set(name, size);
    const body = endpointSet(name, range(size, this.below(3)));
    this.world.table.put("endpoints", service(name), body);
  }

  putAddress(): void {
    const protocol = this.pick(PORT_PROTOCOLS);
    this.world.table.put("address", this.pick(PLACES), serviceBinding(this.pick(NAMES), protocol), [
      "addresses",
    ]);
  }

  disturb(): void {
    const pipes = [...this.world.network.pipes];
    const pipe = pipes.length > 0 ? this.pick(pipes) : undefined;
    const address = this.pick(ADDRESSES);
    switch (this.below(5)) {
      case 0:
        pipe?.kill();
        break;
      case 1:
        pipe?.hang();
        break;
      case 2:
        if (pipe !== undefined) pipe.far.isStalled = true;
        this.world.run(this.below(5000));
        pipe?.far.unstall();
        break;
      case 3:
        this.replicas.get(address)?.stop();
        this.#stopped.add(address);
        break;
      default:
        this.restart(address);
    }
  }

  restart(address: string): void {
    this.replicas.get(address)?.stop();
    this.#stopped.delete(address);
    this.start(address);
  }

  start(address: string): void {
    this.replicas.set(address, this.world.replica(address, this.#limits));
  }

  settle(): void {
    // A session that can end in good order without a fresh start has to.
    for (const address of this.#stopped) this.restart(address);
    this.world.run(120_000);
    // What was refused last is mended, so that there is one state in which all can end.
    for (const name of NAMES) {
      const resource = this.world.table.lookup({ type: "destination", key: service(name) });
      if (resource?.type === "destination" && problemOf(resource.body) !== undefined) {
        this.putDestination(name, "mended");
      }
    }
    this.world.run(120_000);
  }
}

/** A proxy that refuses some of what it gets. */
function problemOf({ rules }: Destination): string | undefined {
  return rules[0]?.route.endsWith("7") ? "seven is not accepted here" : undefined;
}

describe("after any history", () => {
  it(`the proxy has exactly what the operator has (${SEEDS} seeds)`, () => {
    const happened = new Map<string, number>();
    let sessions = 0;
    for (const seed of range(SEEDS)) {
      const history = new History(seed);
      for (const _ of range(STEPS)) history.step();
      history.settle();
      const note = `(seed ${seed})`;
      expect(history.proxy.client.status().state, note).toBe("live");
      expectInStep(history.world, history.proxy, note);
      expectKnown(history, note);
      sessions += history.proxy.client.status().sessions;
      for (const { observer } of history.replicas.values()) {
        for (const [word, count] of observer.counts) {
          happened.set(word, (happened.get(word) ?? 0) + count);
        }
      }
    }
    // The histories were worth the name.
    for (const word of ["refused destination", "superseded endpoints", "acked address"]) {
      expect(happened.get(word), word).toBeGreaterThan(10);
    }
    expect(sessions).toBeGreaterThan(3 * SEEDS);
  });
});

/** The operator knows exactly what the proxy holds. */
function expectKnown({ proxy, replicas }: History, note: string): void {
  const held = new Map<string, string>();
  for (const { sink } of replicas.values()) {
    for (const [key, state] of sink.states) {
      held.set(key.slice(key.indexOf(" ") + 1), state.held?.revision ?? "absent");
      expect(state.refused, `${key} ${note}`).toBeNull();
    }
  }
  const wanted = new Map<string, string>();
  for (const { type, key, revision } of proxy.configuration.entries()) {
    wanted.set(`${type}:${key}`, revision);
  }
  for (const { key, revision } of proxy.configuration.addresses) {
    wanted.set(`address:${key}`, revision);
  }
  expect(held, note).toEqual(wanted);
}
