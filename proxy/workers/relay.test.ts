/** The relay between an operator and workers, each a real configuration, over messages we hold. */
import { beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { ProxyMessage, Snapshot } from "../../mesh/control-messages.ts";
import { decodeOperatorMessage, decodeProxyMessage } from "../../mesh/decode-message.ts";
import type { ResourceType } from "../../mesh/snapshot.ts";
import type { StatReport } from "../../mesh/stat-report.ts";
import {
  createFrames,
  destination,
  endpointSet,
  FakeTable,
  range,
  service,
  serviceAddress,
  serviceBinding,
} from "../../test/harness/fake-table.ts";
import { Configuration } from "../control/configuration.ts";
import { Relay, type RelaySeat } from "./relay.ts";
import { WorkerControl } from "./worker-control.ts";

const WEB = service("web");
const ADDRESS = serviceAddress(1);

class Worker {
  readonly configuration: Configuration;
  readonly control: WorkerControl;
  readonly seat: RelaySeat;
  readonly #relay: Relay;
  /** On their way to the worker, and from it. */
  readonly down: string[] = [];
  readonly up: string[] = [];
  problem: string | undefined;

  constructor(relay: Relay, timers: ManualTimers) {
    this.#relay = relay;
    this.configuration = new Configuration({
      clock: timers.clock,
      timers,
      accept: () => this.problem,
    });
    this.control = new WorkerControl({
      configuration: this.configuration,
      clock: timers.clock,
      log: silentLog,
      post: (text) => this.up.push(text),
    });
    this.seat = relay.join((text) => this.down.push(text));
    this.control.start();
  }

  /** All that is under way arrives, and all that it causes. */
  flow(): void {
    while (this.up.length + this.down.length > 0) {
      this.deliverUp();
      for (const text of this.down.splice(0)) this.control.heard(text);
    }
  }

  deliverUp(): void {
    for (const text of this.up.splice(0)) {
      const message = decodeProxyMessage(text);
      if (message.message === "problem") throw new Error(message.detail);
      this.#relay.heard(this.seat, message);
    }
  }

  get route(): string | undefined {
    const state = this.configuration.watch(WEB);
    return typeof state === "string" ? state : state.destination.rules[0]?.route;
  }
}

const describeMessage = (message: ProxyMessage): string =>
  "type" in message ? `${message.message} ${message.type} ${message.key}` : message.message;

class Scene {
  readonly timers = new ManualTimers();
  readonly table = new FakeTable();
  readonly upstream: ProxyMessage[] = [];
  readonly reports: StatReport[] = [];
  readonly configuration: Configuration;
  readonly relay: Relay;
  readonly workers: readonly Worker[];

  constructor() {
    this.configuration = new Configuration({
      clock: this.timers.clock,
      timers: this.timers,
      mayAck: (named) => this.relay.mayAck(named),
    });
    this.relay = new Relay({
      configuration: this.configuration,
      report: (report) => this.reports.push(report),
    });
    this.attach();
    this.workers = [new Worker(this.relay, this.timers), new Worker(this.relay, this.timers)];
  }

  attach(): void {
    this.configuration.attach({
      takesAddresses: true,
      send: (message) => this.upstream.push(message),
    });
  }

  worker(index: number): Worker {
    const found = this.workers[index];
    if (found === undefined) throw new Error("there is no such worker");
    return found;
  }

  /** The operator sends what the table has. */
  send(type: ResourceType, key: string): void {
    const resource = this.table.lookup({ type, key });
    if (resource === undefined) throw new Error(`there is no ${type} ${key}`);
    const text = Buffer.from(createFrames().snapshot(resource)).toString();
    this.configuration.receive(decodeOperatorMessage(text) as Snapshot, text);
  }

  web(note: string): void {
    this.table.put("destination", WEB, destination("web", ["web"], note));
    this.table.put("endpoints", WEB, endpointSet("web", range(3)));
    this.send("destination", WEB);
    this.send("endpoints", WEB);
  }

  flow(): void {
    for (const worker of this.workers) worker.flow();
  }

  /** What was said to the operator since it was asked last. */
  said(): readonly string[] {
    return this.upstream.splice(0).map(describeMessage);
  }
}

let scene: Scene;

beforeEach(() => {
  scene = new Scene();
});

function useByBoth(): void {
  for (const { configuration } of scene.workers) configuration.watch(WEB);
  scene.flow();
}

describe("a relay", () => {
  it("asks the operator once for what several workers use", () => {
    useByBoth();
    expect(scene.said()).toEqual([`subscribe destination ${WEB}`]);
  });

  it("acks when the last worker has it live", () => {
    useByBoth();
    scene.web("one");
    scene.said();
    scene.worker(0).flow();
    expect(scene.worker(0).route).toBe("one");
    expect(scene.said()).not.toContain(`ack destination ${WEB}`);
    scene.worker(1).flow();
    expect(scene.said()).toContain(`ack destination ${WEB}`);
    expect(scene.worker(1).route).toBe("one");
  });

  it("acks at once what no worker has asked for", () => {
    scene.table.put("workload", "", { namespace: "shop", clusterDomain: "c.local", mesh: "1" });
    scene.configuration.watch(WEB);
    scene.said();
    scene.web("one");
    expect(scene.said()).toContain(`ack destination ${WEB}`);
  });

  it("refuses when one worker does, with its reason, and keeps refusing", () => {
    useByBoth();
    scene.web("one");
    scene.flow();
    scene.said();
    scene.worker(1).problem = "it cannot";
    scene.web("two");
    scene.flow();
    const nacks = scene.upstream.filter(({ message }) => message === "nack");
    expect(nacks).toMatchObject([{ key: WEB, reason: "it cannot" }]);
    expect(scene.said()).not.toContain(`ack destination ${WEB}`);
    expect(scene.worker(1).route).toBe("one");
    scene.web("two");
    expect(scene.said()).toContain(`nack destination ${WEB}`);
    scene.worker(1).problem = undefined;
    scene.web("three");
    scene.flow();
    expect(scene.said()).toContain(`ack destination ${WEB}`);
  });

  it("has one revision on its way to a worker, and then the newest", () => {
    useByBoth();
    scene.web("one");
    scene.flow();
    for (const note of ["two", "three", "four"]) scene.web(note);
    expect(scene.worker(0).down).toHaveLength(1);
    scene.flow();
    expect(scene.workers.map(({ route }) => route)).toEqual(["four", "four"]);
  });

  it("answers a worker that comes later from what is held, with no operator", () => {
    scene.worker(0).configuration.watch(WEB);
    scene.flow();
    scene.web("one");
    scene.flow();
    scene.configuration.endSession();
    scene.said();
    scene.worker(1).configuration.watch(WEB);
    scene.flow();
    expect(scene.worker(1).route).toBe("one");
    expect(scene.said()).toEqual([]);
  });

  it("lets go when the last worker does, and waits no longer for who has let go", () => {
    useByBoth();
    scene.web("one");
    scene.worker(0).flow();
    scene.said();
    scene.worker(1).configuration.release(WEB);
    scene.worker(1).flow();
    expect(scene.said()).toEqual([`ack destination ${WEB}`]);
    scene.worker(0).configuration.release(WEB);
    scene.worker(0).flow();
    expect(scene.said()).toContain(`unsubscribe destination ${WEB}`);
    expect(scene.configuration.entries()).toEqual([]);
  });

  it("sends a set again that a worker let go of while it was on its way", () => {
    const { configuration } = scene.worker(0);
    useByBoth();
    scene.web("one");
    scene.flow();
    configuration.release(WEB);
    configuration.watch(WEB);
    scene.flow();
    expect(scene.worker(0).route).toBe("one");
    configuration.release(WEB);
    scene.web("two");
    configuration.watch(WEB);
    scene.flow();
    expect(scene.worker(0).route).toBe("two");
  });

  it("says nothing late to an operator of the next session", () => {
    useByBoth();
    scene.web("one");
    scene.relay.sessionEnded();
    scene.configuration.beginSession(true);
    scene.attach();
    scene.said();
    scene.flow();
    expect(scene.said()).toEqual([]);
  });

  it("passes on that something is absent, and what stands at addresses", () => {
    for (const { configuration } of scene.workers) configuration.watchAddress(ADDRESS);
    scene.flow();
    expect(scene.said()).toEqual([`subscribe address ${ADDRESS}`]);
    scene.table.put("address", ADDRESS, serviceBinding("web"));
    scene.send("address", ADDRESS);
    scene.flow();
    expect(scene.said()).toEqual([`ack address ${ADDRESS}`]);
    for (const { configuration } of scene.workers) {
      expect(configuration.watchAddress(ADDRESS)).toMatchObject({ service: WEB });
      configuration.releaseAddress(ADDRESS);
    }
    scene.flow();
    expect(scene.said()).toEqual([`unsubscribe address ${ADDRESS}`]);
  });

  it("hands on reports", () => {
    scene.worker(1).control.sendReport({ windowMs: 1, rows: [] });
    scene.flow();
    expect(scene.reports).toEqual([{ windowMs: 1, rows: [] }]);
  });
});
