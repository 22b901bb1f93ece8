import { expect, it } from "vitest";
import { type CountedPort, INBOUND_PORTS_MAX, InboundPorts } from "./inbound-ports.ts";

const at = (port: number) => ({ host: "10.0.0.5", port });

it("keep ports, and forget those first that had no caller for longest", () => {
  const closed: number[] = [];
  const ports = new InboundPorts<CountedPort>(({ port }) => ({
    callerCount: 0,
    service: `${port}`,
    close: () => closed.push(port),
  }));
  for (let port = 1; port <= INBOUND_PORTS_MAX; port += 1) {
    const entered = ports.enter(at(port));
    expect(entered.callerCount).toBe(1);
    // The first has a caller who stays.
    if (port !== 1) entered.callerCount -= 1;
  }
  const second = ports.find(at(2));
  expect(ports.enter(at(2))).toBe(second);
  expect(ports.find(at(1_000))).toBeNull();
  ports.enter(at(1_000));
  ports.enter(at(1_001));
  expect(closed).toEqual([3, 4]);
  expect(ports.find(at(3))).toBeNull();
  expect(ports.describe()).toHaveLength(INBOUND_PORTS_MAX);
  expect(ports.describe().at(-1)).toEqual({
    address: "10.0.0.5:1001",
    service: "1001",
    callers: 1,
  });
  expect(ports.find(at(2))).toBe(second);
});

it("are as many as have callers", () => {
  const ports = new InboundPorts<CountedPort>(() => ({
    callerCount: 0,
    service: "",
    close: () => {},
  }));
  for (let port = 1; port <= INBOUND_PORTS_MAX + 5; port += 1) ports.enter(at(port));
  expect(ports.find(at(1))?.callerCount).toBe(1);
  expect(ports.find(at(INBOUND_PORTS_MAX + 5))?.callerCount).toBe(1);
});
