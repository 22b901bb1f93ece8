import { describe, expect, it } from "vitest";
import { encodeCanonical, revisionOf } from "../../base/canonical-json.ts";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { AddressBinding } from "../../mesh/address-binding.ts";
import type { ProxyMessage } from "../../mesh/control-messages.ts";
import { endpoint, range, service, serviceBinding } from "../../test/harness/fake-table.ts";
import { Configuration } from "../control/configuration.ts";
import {
  ADDRESS_WAITING_MAX,
  type AddressSlot,
  AddressTable,
  FIRST_ANSWER_MS,
  UNANSWERED_MS,
} from "./address-table.ts";

const WEB = { host: "10.96.0.1", port: 80 };
const WEB_KEY = "10.96.0.1:80";
const POD = { host: "10.0.0.1", port: 8080 };

function create(options: { hasOperator?: boolean; addressesMax?: number } = {}) {
  const timers = new ManualTimers();
  const { clock } = timers;
  const { addressesMax = 100, hasOperator = true } = options;
  const configuration = new Configuration({ clock, timers, addressesMax });
  const wheel = new TimerWheel({ clock, timers });
  const table = new AddressTable({ configuration, clock, wheel, hasOperator });
  const sent: ProxyMessage[] = [];
  const attach = (takesAddresses = true) =>
    configuration.attach({ takesAddresses, send: (message) => sent.push(message) });
  const say = (key: string, body: AddressBinding | null) => {
    const encoded = body === null ? "null" : encodeCanonical(body);
    const revision = body === null ? "absent" : revisionOf(encoded);
    const head = { message: "snapshot", type: "address", key, revision, requires: [] } as const;
    configuration.receive(
      { ...head, body },
      `${JSON.stringify(head).slice(0, -1)},"body":${encoded}}`,
    );
    timers.advance(0);
  };
  return { timers, configuration, table, wheel, sent, attach, say };
}

/** Notes what it is told. */
function waiter() {
  const told: string[] = [];
  return { told, addressDecided: (slot: AddressSlot) => told.push(slot.state) };
}

describe("the table of addresses", () => {
  it("asks once and tells who waits when the word comes", () => {
    const { table, sent, attach, say, timers, wheel } = create();
    attach();
    const slot = table.slot(WEB, 0);
    expect(slot.state).toBe("pending");
    expect(table.slot({ host: "::ffff:10.96.0.1", port: 80 }, 0)).toBe(slot);
    expect(sent).toEqual([{ message: "subscribe", type: "address", key: WEB_KEY, revision: "" }]);
    const [first, second] = [waiter(), waiter()];
    expect(table.wait(slot, first, 0)).toBe(true);
    expect(table.wait(slot, second, 0)).toBe(true);
    timers.advance(10);
    say(WEB_KEY, serviceBinding("web", "http1"));
    expect([...first.told, ...second.told]).toEqual(["service", "service"]);
    expect(slot.binding).toEqual(serviceBinding("web", "http1"));
    expect(slot.waiting.size).toBe(0);
    expect(wheel.scheduledCount).toBe(0);
    expect(table.wait(slot, first, 10)).toBe(false);
    expect(sent.at(-1)).toMatchObject({ message: "ack", key: WEB_KEY });
  });

  it("follows what stands there: an endpoint, nothing, a service", () => {
    const { table, attach, say } = create();
    attach();
    const slot = table.slot(POD, 0);
    const key = "10.0.0.1:8080";
    const binding = { ...serviceBinding("web"), kind: "endpoint", endpoint: endpoint(1) } as const;
    say(key, binding);
    expect([slot.state, slot.binding?.endpoint?.id]).toEqual(["endpoint", endpoint(1).id]);
    say(key, null);
    expect([slot.state, slot.binding]).toEqual(["unknown", null]);
    say(key, serviceBinding("api"));
    expect([slot.state, slot.binding?.service]).toEqual(["service", service("api")]);
  });

  it("keeps what it knew when a word is refused", () => {
    const { table, attach, say, sent, configuration } = create();
    attach();
    const slot = table.slot(WEB, 0);
    say(WEB_KEY, serviceBinding("web"));
    say(WEB_KEY, { ...serviceBinding("web"), endpoint: endpoint(1) });
    expect(sent.at(-1)).toMatchObject({ message: "nack", code: "invalid" });
    expect(slot.binding).toEqual(serviceBinding("web"));
    expect([...configuration.addresses][0]?.problem).toContain("contradicted");
  });

  it("knows without asking what can be none of the mesh's", () => {
    const { table, attach, sent } = create();
    attach();
    const slot = table.slot({ host: "fe80::1%eth0", port: 80 }, 0);
    expect(slot.state).toBe("unknown");
    expect(table.wait(slot, waiter(), 0)).toBe(false);
    expect([...table.slots]).toEqual([]);
    expect(sent).toEqual([]);
  });

  it("forgets who has left", () => {
    const { table, attach, say, wheel } = create();
    attach();
    const slot = table.slot(WEB, 0);
    const [gone, stays] = [waiter(), waiter()];
    table.wait(slot, gone, 0);
    table.wait(slot, stays, 0);
    table.leave(slot, gone);
    expect(wheel.scheduledCount).toBe(1);
    say(WEB_KEY, null);
    expect([gone.told, stays.told]).toEqual([[], ["unknown"]]);
    table.leave(slot, stays);
    const other = table.slot(POD, 0);
    table.wait(other, gone, 0);
    table.leave(other, gone);
    expect(wheel.scheduledCount).toBe(0);
  });
});

describe("an address without an answer", () => {
  it("is waited for a second, then not again for a while", () => {
    const { table, attach, timers, say } = create();
    attach();
    const slot = table.slot(WEB, 0);
    const first = waiter();
    table.wait(slot, first, 0);
    timers.advance(FIRST_ANSWER_MS - 100);
    const late = waiter();
    table.wait(slot, late, timers.clock.nowMs());
    expect(first.told).toEqual([]);
    timers.advance(110);
    expect([first.told, late.told]).toEqual([["pending"], ["pending"]]);
    expect(table.wait(slot, waiter(), timers.clock.nowMs())).toBe(false);
    // Others are worth waiting for: the operator is there.
    const other = waiter();
    expect(table.wait(table.slot(POD, 0), other, timers.clock.nowMs())).toBe(true);
    timers.advance(UNANSWERED_MS);
    expect(table.wait(slot, waiter(), timers.clock.nowMs())).toBe(true);
    say(WEB_KEY, serviceBinding("web"));
    expect(slot.state).toBe("service");
  });

  it("is not waited for when another was in vain, while no operator is there", () => {
    const { table, timers, attach, configuration } = create();
    const slot = table.slot(WEB, 0);
    const first = waiter();
    expect(table.wait(slot, first, 0)).toBe(true);
    timers.advance(FIRST_ANSWER_MS + 10);
    expect(first.told).toEqual(["pending"]);
    const nowMs = timers.clock.nowMs();
    expect(table.wait(table.slot(POD, nowMs), waiter(), nowMs)).toBe(false);
    attach();
    const again = waiter();
    expect(table.wait(table.slot(POD, nowMs), again, nowMs)).toBe(true);
    table.leave(table.slot(POD, nowMs), again);
    configuration.endSession();
    timers.advance(UNANSWERED_MS);
    const third = { host: "10.0.0.3", port: 80 };
    const laterMs = timers.clock.nowMs();
    expect(table.wait(table.slot(third, laterMs), waiter(), laterMs)).toBe(true);
  });

  it("is not waited for where nobody could answer", () => {
    const alone = create({ hasOperator: false });
    expect(alone.table.wait(alone.table.slot(WEB, 0), waiter(), 0)).toBe(false);
    const old = create();
    old.attach(false);
    expect(old.table.wait(old.table.slot(WEB, 0), waiter(), 0)).toBe(false);
    expect(old.sent).toEqual([]);
  });

  it("keeps so many waiting and no more", () => {
    const { table, attach, timers } = create();
    attach();
    const slot = table.slot(WEB, 0);
    const waiters = range(ADDRESS_WAITING_MAX + 1).map(waiter);
    const waiting = waiters.filter((one) => table.wait(slot, one, 0));
    expect(waiting).toHaveLength(ADDRESS_WAITING_MAX);
    timers.advance(FIRST_ANSWER_MS + 10);
    expect(waiting.every(({ told }) => told.length === 1)).toBe(true);
  });

  it("stays known while the operator is away", () => {
    const { table, attach, say, configuration, timers } = create();
    attach();
    const slot = table.slot(WEB, 0);
    say(WEB_KEY, serviceBinding("web"));
    configuration.endSession();
    timers.advance(60_000);
    expect(table.slot(WEB, timers.clock.nowMs())).toBe(slot);
    expect(slot.state).toBe("service");
  });
});

describe("addresses that come and go", () => {
  it("make room for others, and whoever waits for one is told", () => {
    const { table, attach } = create({ addressesMax: 1 });
    attach();
    const slot = table.slot(WEB, 0);
    const one = waiter();
    table.wait(slot, one, 0);
    const other = table.slot(POD, 0);
    expect(slot.dropped).toBe(true);
    expect(one.told).toEqual(["pending"]);
    expect(table.wait(slot, one, 0)).toBe(false);
    expect([...table.slots]).toEqual([other]);
    expect(table.slot(WEB, 0)).not.toBe(slot);
  });

  it("stay while they are used, and go when they are not", () => {
    const { table, attach, timers } = create();
    attach();
    const used = table.slot(WEB, 0);
    const idle = table.slot(POD, 0);
    for (const _ of range(100)) {
      timers.advance(10_000);
      expect(table.slot(WEB, timers.clock.nowMs())).toBe(used);
    }
    expect([used.dropped, idle.dropped]).toEqual([false, true]);
  });

  it("that come too fast are taken as they are, without being followed", () => {
    const { table, attach } = create({ addressesMax: 10_000 });
    attach();
    const slots = range(3_000).map((index) =>
      table.slot({ host: `10.1.${index >> 8}.${index & 255}`, port: 80 }, 0),
    );
    const followed = slots.filter(({ dropped }) => !dropped);
    expect(followed.length).toBeLessThan(1_100);
    expect([...table.slots]).toEqual(followed);
    const last = slots.at(-1);
    if (last === undefined) throw new Error("there are slots");
    expect([last.state, table.wait(last, waiter(), 0)]).toEqual(["pending", false]);
  });
});
