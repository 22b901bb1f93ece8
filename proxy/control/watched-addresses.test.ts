import { describe, expect, it } from "vitest";
import { addressKey } from "../../mesh/address-key.ts";
import type { ProxyMessage } from "../../mesh/control-messages.ts";
import { range } from "../../test/harness/fake-table.ts";
import {
  ADDRESS_ASKS_BURST,
  ADDRESS_ASKS_PER_SECOND,
  WatchedAddresses,
} from "./watched-addresses.ts";

function at(index: number) {
  const key = addressKey(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, 80);
  if (key === undefined) throw new Error(`there is no address ${index}`);
  return key;
}

function create(addressesMax = 10_000) {
  const sent: string[] = [];
  const dropped: string[] = [];
  const send = (message: ProxyMessage) => {
    const key = "key" in message ? message.key : "";
    const revision = "revision" in message ? ` ${message.revision}` : "";
    sent.push(`${message.message} ${key}${revision}`);
  };
  const addresses = new WatchedAddresses({
    addressesMax,
    send,
    dropped: (key) => dropped.push(key),
  });
  return { addresses, sent, dropped };
}

describe("watched addresses", () => {
  it("are asked for once, when there is someone to ask", () => {
    const { addresses, sent } = create();
    expect(addresses.source).toBe("away");
    addresses.watch(at(1), 0);
    expect(sent).toEqual([]);
    addresses.attach(true);
    expect(addresses.source).toBe("there");
    addresses.watch(at(2), 0);
    addresses.watch(at(2), 0);
    expect(sent).toEqual(["subscribe 10.0.0.1:80 ", "subscribe 10.0.0.2:80 "]);
  });

  it("are said to be held to the next operator", () => {
    const { addresses, sent } = create();
    addresses.attach(true);
    const held = addresses.watch(at(1), 0);
    if (held === null) throw new Error("it is followed");
    held.revision = "f".repeat(32);
    addresses.detach();
    expect(addresses.source).toBe("away");
    addresses.attach(true);
    expect(sent.at(-1)).toBe(`subscribe 10.0.0.1:80 ${"f".repeat(32)}`);
  });

  it("are not asked of an operator that knows none", () => {
    const { addresses, sent, dropped } = create(1);
    addresses.attach(false);
    addresses.watch(at(1), 0);
    addresses.watch(at(2), 0);
    addresses.dropIdle(1);
    expect(addresses.source).toBe("none");
    expect(sent).toEqual([]);
    expect(dropped).toEqual([at(1), at(2)]);
    addresses.detach();
    expect(addresses.source).toBe("none");
  });

  it("make room: what the mesh does not know first, then what was used longest ago", () => {
    const { addresses, sent, dropped } = create(3);
    addresses.attach(true);
    for (const index of range(3)) addresses.watch(at(index), index);
    const unknown = addresses.watch(at(2), 10);
    if (unknown === null) throw new Error("it is followed");
    unknown.state = "absent";
    addresses.touch(at(0), 11);
    addresses.watch(at(3), 12);
    expect(dropped).toEqual([at(2)]);
    addresses.watch(at(4), 13);
    expect(dropped).toEqual([at(2), at(1)]);
    expect([...addresses.held.keys()]).toEqual([at(0), at(3), at(4)]);
    expect(sent.filter((text) => text.startsWith("unsubscribe"))).toHaveLength(2);
  });

  it("go when nobody used them for long", () => {
    const { addresses, dropped } = create();
    for (const index of range(3)) addresses.watch(at(index), index);
    addresses.dropIdle(1);
    expect(dropped).toEqual([at(0), at(1)]);
  });

  it("are not followed faster than an operator bears", () => {
    const { addresses, sent } = create();
    addresses.attach(true);
    const follow = (from: number, count: number, nowMs: number) =>
      range(count, from).filter((index) => addresses.watch(at(index), nowMs) !== null).length;
    const first = follow(0, 5_000, 0);
    expect(first).toBeGreaterThanOrEqual(ADDRESS_ASKS_BURST);
    expect(first).toBeLessThanOrEqual(ADDRESS_ASKS_BURST + 1);
    expect(sent).toHaveLength(first);
    expect(addresses.held.size).toBe(first);
    expect(addresses.watch(at(0), 1)).not.toBeNull();
    const second = follow(5_000, 5_000, 1_000);
    expect(Math.abs(second - ADDRESS_ASKS_PER_SECOND)).toBeLessThanOrEqual(1);
    expect(addresses.add(at(20_000), 1_000).state).toBe("pending");
  });
});
