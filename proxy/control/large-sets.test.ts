import { describe, expect, test } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import type { ProxyMessage } from "../../mesh/control-messages.ts";
import { decodeOperatorMessage } from "../../mesh/decode-message.ts";
import {
  createFrames,
  destination,
  endpoint,
  FakeTable,
  range,
  service,
} from "../../test/harness/fake-table.ts";
import { Configuration } from "./configuration.ts";

const WEB = service("web");

function setUp() {
  const timers = new ManualTimers();
  const configuration = new Configuration({ clock: timers.clock, timers });
  const table = new FakeTable();
  const frames = createFrames();
  const sent: ProxyMessage[] = [];
  const uplink = { send: (message: ProxyMessage) => void sent.push(message) };
  configuration.beginSession(true);
  configuration.attach(uplink);
  configuration.watch(WEB);
  const receive = (frame: Uint8Array | undefined): boolean => {
    const text = Buffer.from(frame ?? []).toString();
    const message = decodeOperatorMessage(text);
    if (message.message !== "snapshot" && message.message !== "delta") throw new Error(text);
    return configuration.receive(message, text);
  };
  const put = (count: number, port = 80) => {
    const endpoints = range(count).map((index) => endpoint(index, { port }));
    return table.put("endpoints", WEB, { service: WEB, source: "files", synced: true, endpoints });
  };
  const held = () => {
    const live = configuration.watch(WEB);
    return typeof live === "string" ? live : live.endpoints.get(WEB)?.endpoints.length;
  };
  receive(frames.snapshot(table.put("destination", WEB, destination("web", ["web"]))));
  return { timers, configuration, frames, sent, uplink, receive, put, held };
}

describe("a large endpoint set", () => {
  test("is taken over several turns, and acked when it is live", () => {
    const { timers, frames, sent, receive, put, held, configuration } = setUp();
    receive(frames.snapshot(put(1000)));
    expect(held()).toBe("pending");
    expect(sent.filter(({ message }) => message === "ack")).toEqual([]);
    expect(configuration.isSettled).toBe(false);
    timers.advance(1);
    expect(held()).toBe(1000);
    expect(sent.filter(({ message }) => message === "ack")).toHaveLength(2);
    expect(configuration.isSettled).toBe(true);
  });

  test("that a small one follows is not what stays", () => {
    const { timers, frames, receive, put, held } = setUp();
    receive(frames.snapshot(put(1000)));
    receive(frames.snapshot(put(2)));
    timers.advance(1);
    expect(held()).toBe(2);
  });

  test("takes a delta that came before it was live", () => {
    const { timers, frames, receive, put, held, sent } = setUp();
    const base = put(1000);
    receive(frames.snapshot(base));
    const grown = put(1001);
    receive(frames.delta(grown, base.revision));
    timers.advance(1);
    expect(held()).toBe(1001);
    expect(sent.at(-1)).toMatchObject({ message: "ack", revision: grown.revision });
  });

  test("is forgotten when the session ends, and taken in the next", () => {
    const { timers, configuration, frames, uplink, receive, put, held } = setUp();
    const frame = frames.snapshot(put(1000));
    receive(frame);
    configuration.endSession();
    timers.advance(1);
    expect(held()).toBe("pending");
    configuration.beginSession(true);
    configuration.attach(uplink);
    receive(frames.snapshot(new FakeTable().put("destination", WEB, destination("web", ["web"]))));
    receive(frame);
    timers.advance(1);
    expect(held()).toBe(1000);
  });

  test("that was let go between two turns is not taken", () => {
    const { timers, configuration, frames, sent, receive, put } = setUp();
    receive(frames.snapshot(put(1000)));
    configuration.release(WEB);
    timers.advance(1);
    expect(configuration.entries()).toEqual([]);
    expect(sent.filter(({ message }) => message === "ack")).toEqual([]);
  });
});
