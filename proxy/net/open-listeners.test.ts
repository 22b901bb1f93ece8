import { describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { openListeners } from "./open-listeners.ts";
import type { Listener, ListenOptions, Network, Stream } from "./stream.ts";

/** A machine where some addresses cannot be had. */
class SampleMachine implements Network {
  /** By `host:port`: why not. */
  readonly refuses = new Map<string, string>();
  readonly open = new Set<string>();
  #nextPort = 20_000;

  listen({ host, port: wanted }: ListenOptions): Promise<Listener> {
    const port = wanted === 0 ? this.#nextPort++ : wanted;
    const place = `${host}:${port}`;
    const code = this.refuses.get(place) ?? this.refuses.get(host);
    if (code !== undefined) return Promise.reject(Object.assign(new Error(place), { code }));
    this.open.add(place);
    return Promise.resolve({ host, port, fd: -1, close: () => void this.open.delete(place) });
  }

  dial(): Stream {
    throw new Error("nobody dials here");
  }
}

async function open(machine: SampleMachine, host: string, port: number) {
  const told: string[] = [];
  const log = { ...silentLog, info: (message: string) => void told.push(message) };
  const options = { host, port, backlog: 1, refusesOwn: true, accept: () => {} };
  const listeners = await openListeners(machine, options, log);
  return { ports: listeners.map((one) => one.port), told };
}

describe("localhost", () => {
  it("is both loopback addresses, with one port", async () => {
    const machine = new SampleMachine();
    expect((await open(machine, "localhost", 0)).ports).toEqual([20_000, 20_000]);
    expect([...machine.open]).toEqual(["127.0.0.1:20000", "::1:20000"]);
  });

  it.each(["EAFNOSUPPORT", "EADDRNOTAVAIL"])("is one without IPv6 (%s)", async (code) => {
    const machine = new SampleMachine();
    machine.refuses.set("::1", code);
    const { ports, told } = await open(machine, "localhost", 4_140);
    expect(ports).toEqual([4_140]);
    expect(told).toEqual(["this machine has no IPv6: listening on IPv4 alone"]);
  });

  it("is not half of it when somebody else has the other half", async () => {
    const machine = new SampleMachine();
    machine.refuses.set("::1:4140", "EADDRINUSE");
    await expect(open(machine, "localhost", 4_140)).rejects.toThrow("::1:4140");
    expect(machine.open.size).toBe(0);
  });

  it("looks for another port where any will do", async () => {
    const machine = new SampleMachine();
    machine.refuses.set("::1:20000", "EADDRINUSE");
    expect((await open(machine, "localhost", 0)).ports).toEqual([20_001, 20_001]);
    expect([...machine.open]).toEqual(["127.0.0.1:20001", "::1:20001"]);
    machine.refuses.set("::1", "EADDRINUSE");
    await expect(open(machine, "localhost", 0)).rejects.toThrow("::1:");
  });
});

describe("other hosts", () => {
  it("are one address", async () => {
    const machine = new SampleMachine();
    await open(machine, "10.0.0.1", 80);
    await open(machine, "::", 81);
    expect([...machine.open]).toEqual(["10.0.0.1:80", ":::81"]);
  });

  it("are those of IPv4 without IPv6, where all are meant", async () => {
    const machine = new SampleMachine();
    machine.refuses.set("::", "EAFNOSUPPORT");
    expect((await open(machine, "::", 4_143)).told).toHaveLength(1);
    expect([...machine.open]).toEqual(["0.0.0.0:4143"]);
  });
});
