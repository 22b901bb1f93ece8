/** The client against operators that lie, stall or die: what is held must survive all of them. */
import { describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { ControlFrame, ControlLink } from "../../mesh/control-link.ts";
import type { ResourceBodies, ResourceType } from "../../mesh/snapshot.ts";
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
import { ControlClient, RECONNECT_BASE_MS, RECONNECT_MAX_MS } from "./client.ts";
import { Configuration } from "./configuration.ts";
import type { ControlConnectorEvents } from "./connector.ts";

const WEB = service("web");
const WRONG = "0".repeat(32);

type Heard = Record<string, unknown> & { message: string };

/** One connection as the operator sees it. Everything happens at once, when the test says so. */
class Connection implements ControlLink {
  readonly address: string;
  readonly events: ControlConnectorEvents;
  readonly heard: Heard[] = [];
  bufferedBytes = 0;
  closeCode: number | null = null;

  constructor(address: string, events: ControlConnectorEvents) {
    this.address = address;
    this.events = events;
  }

  send(frame: ControlFrame): void {
    this.heard.push(JSON.parse(String(frame)));
  }

  close(code: number): void {
    this.closeCode = code;
  }

  terminate(): void {
    this.closeCode = 1006;
  }

  say(message: object | Uint8Array | undefined): void {
    const isFrame = message instanceof Uint8Array;
    this.events.onText(isFrame ? Buffer.from(message).toString() : JSON.stringify(message));
  }

  open(limits: object = {}): void {
    this.events.onOpen();
    this.say({
      message: "welcome",
      protocol: 1,
      operator: { name: "one", version: "1" },
      heartbeatMs: 10_000,
      limits: { messageBytesMax: 1, destinationsMax: 1, endpointSetsMax: 1, ...limits },
    });
  }
}

class Stage {
  readonly timers = new ManualTimers();
  readonly table = new FakeTable();
  readonly frames = createFrames();
  readonly connections: Connection[] = [];
  readonly configuration: Configuration;
  readonly client: ControlClient;

  constructor(addresses: [string, ...string[]] = ["ws://one"]) {
    const { timers } = this;
    const { clock } = timers;
    this.configuration = new Configuration({ clock, timers });
    this.client = new ControlClient({
      addresses,
      connect: (address, events) => {
        const connection = new Connection(address, events);
        this.connections.push(connection);
        return connection;
      },
      configuration: this.configuration,
      proxy: { name: "web-1", version: "1" },
      namespace: "shop",
      clock,
      timers,
      random: { nextUint32: () => 0, nextFloat: () => 0.999 },
      log: silentLog,
    });
    this.client.start();
  }

  get last(): Connection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error("there was no connection");
    return last;
  }

  snapshot<T extends ResourceType>(type: T, key: string, body: ResourceBodies[T]): Uint8Array {
    return this.frames.snapshot(this.table.put(type, key, body));
  }

  revision(type: ResourceType, key: string): string {
    return this.table.lookup({ type, key })?.revision ?? "";
  }

  /** Brings the proxy to hold `web` with 150 endpoints. */
  serve(): void {
    this.configuration.watch(WEB);
    this.last.open();
    this.last.say(this.snapshot("destination", WEB, destination("web", ["web"])));
    this.last.say(this.snapshot("endpoints", WEB, endpointSet("web", range(150))));
    expect(this.configuration.watch(WEB)).toBeTypeOf("object");
  }

  /** Lets the backoff pass. */
  retry(): Connection {
    const before = this.connections.length;
    this.timers.advance(RECONNECT_MAX_MS);
    expect(this.connections.length).toBeGreaterThan(before);
    return this.last;
  }
}

describe("an address", () => {
  const place = serviceAddress(1);
  const asked = ({ heard }: Connection) =>
    heard.filter(({ type }) => type === "address").map((one) => `${one.message} ${one.revision}`);

  it("is asked for after the welcome, with what is held of it", () => {
    const stage = new Stage();
    expect(stage.configuration.watchAddress(place)).toBe("pending");
    stage.last.open({ addressesMax: 1 });
    stage.last.say(stage.snapshot("address", place, serviceBinding("web")));
    const revision = stage.revision("address", place);
    expect(asked(stage.last)).toEqual(["subscribe ", `ack ${revision}`]);
    expect(stage.configuration.watchAddress(place)).toEqual(serviceBinding("web"));
    stage.last.events.onClose(1006, "");
    expect(stage.configuration.addressSource).toBe("away");
    const second = stage.retry();
    second.open({ addressesMax: 1 });
    expect(second.heard[0]).toMatchObject({ message: "hello", holds: [] });
    expect(asked(second)).toEqual([`subscribe ${revision}`]);
    second.say({ message: "current", type: "address", key: place, revision });
    expect(stage.client.status().state).toBe("live");
  });

  it("is never spoken of to an operator that knows none", () => {
    const stage = new Stage();
    stage.configuration.watchAddress(place);
    stage.last.open();
    stage.configuration.watchAddress(serviceAddress(2));
    expect(asked(stage.last)).toEqual([]);
    expect(stage.configuration.addressSource).toBe("none");
  });

  it("of which the operator claims what is not held is asked for anew", () => {
    const stage = new Stage();
    stage.configuration.watchAddress(place);
    stage.last.open({ addressesMax: 1 });
    stage.last.say(stage.snapshot("address", place, serviceBinding("web")));
    stage.last.say({ message: "current", type: "address", key: place, revision: WRONG });
    expect(stage.client.status().state).toBe("waiting");
    const second = stage.retry();
    second.open({ addressesMax: 1 });
    expect(asked(second)).toEqual(["subscribe "]);
    expect(stage.configuration.watchAddress(place)).toEqual(serviceBinding("web"));
  });

  it("that was let go crosses what is said of it, and nothing comes of that", () => {
    const stage = new Stage();
    stage.last.open({ addressesMax: 1 });
    stage.last.say(stage.snapshot("address", place, serviceBinding("web")));
    expect(asked(stage.last)).toEqual([]);
    expect([...stage.configuration.addresses]).toEqual([]);
  });
});

describe("the client", () => {
  it("greets, subscribes, and acks what has gone live", () => {
    const stage = new Stage();
    stage.serve();
    const { heard } = stage.last;
    expect(heard.map(({ message, type }) => [message, type].join(" ").trim())).toEqual([
      "hello",
      "subscribe destination",
      "ack endpoints",
      "ack destination",
    ]);
    expect(heard[0]).toMatchObject({ protocol: 1, namespace: "shop", holds: [] });
  });

  it("says in its next hello what it holds, and subscribes to nothing twice", () => {
    const stage = new Stage();
    stage.serve();
    stage.last.events.onClose(1006, "");
    const next = stage.retry();
    next.open();
    expect(next.heard).toEqual([
      expect.objectContaining({
        message: "hello",
        holds: [
          { type: "destination", key: WEB, revision: stage.revision("destination", WEB) },
          { type: "endpoints", key: WEB, revision: stage.revision("endpoints", WEB) },
        ],
      }),
    ]);
  });

  it("waits longer after each failure, up to a bound, and less after a good session", () => {
    const stage = new Stage();
    const delays: number[] = [];
    const lose = () => {
      const fromMs = stage.timers.clock.nowMs();
      const before = stage.connections.length;
      stage.last.events.onClose(1006, "");
      while (stage.connections.length === before) stage.timers.advance(1);
      delays.push(stage.timers.clock.nowMs() - fromMs);
    };
    for (const _ of range(8)) lose();
    expect(delays).toEqual([200, 400, 800, 1599, 3197, 6394, 9990, 9990]);
    stage.last.open();
    stage.timers.advance(9_000);
    lose();
    expect(delays.at(-1)).toBe(9990);
    stage.last.open();
    stage.timers.advance(9_999);
    stage.last.say({ message: "pong" });
    stage.timers.advance(2);
    lose();
    expect(delays.at(-1)).toBe(200);
  });

  it("asks one address after the other", () => {
    const stage = new Stage(["ws://one", "ws://two", "ws://three"]);
    for (const _ of range(3)) {
      stage.last.events.onClose(1006, "");
      stage.retry();
    }
    const asked = stage.connections.map(({ address }) => address);
    expect(new Set(asked.slice(0, 3)).size).toBe(3);
    expect(asked[3]).toBe(asked[0]);
  });

  it("gives up on what does not open, and on what does not welcome", () => {
    const stage = new Stage();
    stage.timers.advance(10_000);
    expect(stage.last.closeCode).toBe(1006);
    const next = stage.retry();
    next.events.onOpen();
    stage.timers.advance(10_000);
    expect(next.closeCode).toBe(1006);
    expect(stage.client.status().sessions).toBe(0);
  });

  it("takes no event of a connection that it has left", () => {
    const stage = new Stage();
    stage.serve();
    const left = stage.last;
    left.events.onClose(1006, "");
    const next = stage.retry();
    left.events.onOpen();
    left.say({ message: "ping" });
    left.events.onClose(1006, "");
    expect(stage.client.status().state).toBe("connecting");
    expect(stage.last).toBe(next);
  });

  it("stops for good, and says goodbye", () => {
    const stage = new Stage();
    stage.serve();
    stage.client.stop();
    stage.configuration.stop();
    expect(stage.last.closeCode).toBe(1000);
    expect(stage.timers.pendingCount).toBe(0);
    stage.last.events.onClose(1000, "");
    stage.timers.advance(60_000);
    expect(stage.connections).toHaveLength(1);
    expect(stage.configuration.watch(WEB)).toBeTypeOf("object");
  });

  it("goes elsewhere when the operator goes away, and still resumes", () => {
    const stage = new Stage(["ws://one", "ws://two"]);
    stage.serve();
    const first = stage.last.address;
    stage.last.say({ message: "error", code: "going-away", detail: "", about: "" });
    const next = stage.retry();
    next.open();
    expect(next.address).not.toBe(first);
    expect(next.heard[0]?.holds).toHaveLength(2);
  });

  it("goes at once when it is sent elsewhere, however much has failed before", () => {
    const stage = new Stage(["ws://one", "ws://two"]);
    for (let n = 0; n < 8; n++) {
      stage.last.events.onClose(1006, "");
      stage.retry();
    }
    stage.serve();
    const count = stage.connections.length;
    stage.last.say({ message: "error", code: "going-away", detail: "", about: "" });
    stage.timers.advance(RECONNECT_BASE_MS);
    expect(stage.connections).toHaveLength(count + 1);
  });
});

describe("an operator that lies", () => {
  it("about a revision has it refused, and what was live stays", () => {
    const stage = new Stage();
    stage.serve();
    const before = stage.configuration.watch(WEB);
    const frame = stage.snapshot("destination", WEB, destination("web", ["web"], "new"));
    const text = Buffer.from(frame).toString();
    stage.last.say(JSON.parse(text.replace(stage.revision("destination", WEB), WRONG)));
    expect(stage.last.heard.at(-1)).toMatchObject({ message: "nack", code: "revision" });
    expect(stage.configuration.watch(WEB)).toBe(before);
    stage.last.say(frame);
    expect(stage.last.heard.at(-1)).toMatchObject({ message: "ack" });
  });

  it("about endpoints that a destination waits for has both refused", () => {
    const stage = new Stage();
    stage.serve();
    const before = stage.configuration.watch(WEB);
    stage.last.say(stage.snapshot("destination", WEB, destination("web", ["other"])));
    const other = service("other");
    stage.last.say({
      ...{ message: "snapshot", type: "endpoints", key: other, revision: WRONG },
      ...{ requires: [], body: endpointSet("other", [1]) },
    });
    expect(stage.last.heard.slice(-3)).toEqual([
      expect.objectContaining({ message: "nack", type: "endpoints", code: "revision" }),
      expect.objectContaining({ message: "nack", type: "destination", code: "invalid" }),
      { message: "unsubscribe", type: "endpoints", key: other },
    ]);
    expect(stage.configuration.watch(WEB)).toBe(before);
    expect(stage.configuration.isSettled).toBe(true);
  });

  it.each([
    ["a body without sense", destination("other", ["web"]), [], "invalid"],
    ["what nobody can do", destination("web", ["web"], "x"), ["time-travel"], "requires"],
  ])("by sending %s has it refused", (_what, body, requires, code) => {
    const stage = new Stage();
    stage.serve();
    const made = stage.table.put("destination", WEB, body, requires as ["split"]);
    stage.last.say(stage.frames.snapshot(made));
    expect(stage.last.heard.at(-1)).toMatchObject({ message: "nack", code });
    expect(stage.configuration.entries().find(({ key }) => key === WEB)?.problem).not.toBe("");
    expect(stage.configuration.watch(WEB)).toBeTypeOf("object");
  });

  it.each([
    ["absent with a body", { revision: "absent", body: {} }],
    ["a revision without a body", { revision: WRONG, body: null }],
  ])("by sending %s has it refused", (_what, rest) => {
    const stage = new Stage();
    stage.serve();
    const head = { message: "snapshot", type: "destination", key: WEB, requires: [] };
    stage.last.say({ ...head, ...rest });
    expect(stage.last.heard.at(-1)).toMatchObject({ message: "nack", code: "revision" });
    stage.last.say({ ...head, type: "workload", key: "", revision: "absent", body: null });
    expect(stage.last.heard.at(-1)).toMatchObject({ message: "nack", code: "invalid" });
  });

  it.each([
    ["of an unknown base", (delta: object) => ({ ...delta, base: WRONG })],
    ["with a wrong result", (delta: object) => ({ ...delta, revision: WRONG })],
    [
      "that does not fit",
      (delta: { body: object }) => ({ ...delta, body: { ...delta.body, remove: ["zz"] } }),
    ],
  ])("by a delta %s is asked for the whole set", (_what, change) => {
    const stage = new Stage();
    stage.serve();
    const base = stage.revision("endpoints", WEB);
    const next = stage.table.put("endpoints", WEB, endpointSet("web", range(151)));
    const delta = JSON.parse(Buffer.from(stage.frames.delta(next, base) ?? []).toString());
    stage.last.say(change(delta));
    expect(stage.last.heard.at(-1)).toEqual({
      ...{ message: "subscribe", type: "endpoints" },
      ...{ key: WEB, revision: "" },
    });
    stage.last.say(stage.frames.snapshot(next));
    expect(stage.last.heard.at(-1)).toMatchObject({ message: "ack", revision: next.revision });
  });

  it("by sending a set that nobody needs is told so", () => {
    const stage = new Stage();
    stage.serve();
    stage.last.say(stage.snapshot("endpoints", service("x"), endpointSet("x", [1])));
    expect(stage.last.heard.at(-1)).toMatchObject({ message: "unsubscribe", key: service("x") });
    const count = stage.last.heard.length;
    stage.last.say(stage.snapshot("destination", service("x"), destination("x", ["x"])));
    expect(stage.last.heard).toHaveLength(count);
    expect(stage.configuration.entries()).toHaveLength(2);
  });

  it("about what is held is left, and asked for everything by the next hello", () => {
    const stage = new Stage();
    stage.serve();
    const before = stage.configuration.watch(WEB);
    stage.last.say({ message: "current", type: "destination", key: WEB, revision: WRONG });
    expect(stage.last.heard.at(-1)).toMatchObject({ message: "error", code: "out-of-order" });
    expect(stage.last.closeCode).toBe(1002);
    const next = stage.retry();
    next.open();
    expect(next.heard).toEqual([
      expect.objectContaining({ message: "hello", holds: [] }),
      { message: "subscribe", type: "destination", key: WEB, revision: "" },
    ]);
    const resource = stage.table.lookup({ type: "destination", key: WEB });
    next.say(resource === undefined ? undefined : stage.frames.snapshot(resource));
    expect(next.heard.at(-1)).toMatchObject({ message: "ack" });
    expect(stage.configuration.watch(WEB)).toBe(before);
    next.events.onClose(1006, "");
    const third = stage.retry();
    third.open();
    expect(third.heard[0]?.holds).toHaveLength(2);
  });
});

describe("an operator that breaks the protocol", () => {
  it.each([
    ["what is no message", "{"],
    ["a wrong shape", '{"message":"snapshot"}'],
    ["a second welcome", '{"message":"welcome"}'],
  ])("by %s is left", (_what, text) => {
    const stage = new Stage();
    stage.serve();
    stage.last.events.onText(text);
    expect(stage.last.heard.at(-1)).toMatchObject({ message: "error", code: "malformed" });
    expect(stage.client.status().state).toBe("waiting");
    expect(stage.configuration.watch(WEB)).toBeTypeOf("object");
  });

  it("by speaking another version, or before its welcome, is left", () => {
    const stage = new Stage();
    stage.last.events.onOpen();
    stage.last.say({ message: "ping" });
    expect(stage.last.heard.at(-1)).toMatchObject({ code: "out-of-order" });
    stage.retry().events.onOpen();
    stage.last.say({
      ...{ message: "welcome", protocol: 2, operator: { name: "", version: "" } },
      ...{ heartbeatMs: 1000 },
      limits: { messageBytesMax: 1, destinationsMax: 1, endpointSetsMax: 1 },
    });
    expect(stage.last.heard.at(-1)).toMatchObject({ code: "protocol-version" });
    expect(stage.client.status().state).toBe("waiting");
  });

  it("only by knowing more than we do is answered, and kept", () => {
    const stage = new Stage();
    stage.serve();
    stage.last.say({ message: "later" });
    expect(stage.last.heard.at(-1)).toMatchObject({ code: "unsupported", about: "later" });
    stage.last.say({ message: "error", code: "requires", detail: "", about: "" });
    stage.last.say({ message: "ping" });
    expect(stage.last.heard.at(-1)).toEqual({ message: "pong" });
    expect(stage.client.status().state).toBe("live");
  });

  it("by not reading is left before it costs memory", () => {
    const stage = new Stage();
    stage.serve();
    stage.last.bufferedBytes = 100 * 1024;
    expect(stage.client.sendReport({ windowMs: 1, rows: [] })).toBe(false);
    stage.last.bufferedBytes = 5 * 1024 * 1024;
    stage.last.say({ message: "ping" });
    expect(stage.last.closeCode).not.toBeNull();
    expect(stage.client.status().state).toBe("waiting");
  });
});
