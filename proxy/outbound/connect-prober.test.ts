import { beforeEach, describe, expect, it } from "vitest";
import { TimerWheel } from "../../base/timer-wheel.ts";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_BALANCER } from "../../mesh/backend-settings.ts";
import { EndpointLoad } from "../balance/peak-ewma.ts";
import { sampleEndpoint } from "../balance/sample-endpoint.ts";
import { DEFAULT_CLIENT_TIMING } from "../connection/client-connection.ts";
import { SampleNetwork } from "../net/sample-stream.ts";
import { ConnectProber, type ConnectProbeSource, REQUEST_PATIENCE_MS } from "./connect-prober.ts";

/** Evicted endpoints, each with the time from when on it may be probed. */
class Evicted implements ConnectProbeSource {
  readonly due: { readonly load: EndpointLoad; readonly atMs: number }[] = [];
  readonly ended: string[] = [];
  readonly strangers = new Set<string>();

  get probeDueMs(): number {
    return this.due[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  takeProbe(): EndpointLoad | null {
    return this.due.shift()?.load ?? null;
  }

  mayDial({ endpoint }: EndpointLoad): boolean {
    return !this.strangers.has(endpoint.id);
  }

  connectProbeEnded({ endpoint }: EndpointLoad, outcome: string): void {
    this.ended.push(`${endpoint.id} ${outcome}`);
  }

  add(id: string, atMs: number): void {
    this.due.push({ load: new EndpointLoad(sampleEndpoint(id), DEFAULT_BALANCER, 0), atMs });
  }
}

/** A while after the clock began: a time is not how long it is until then. */
const SINCE_MS = 20_000;

let timers: ManualTimers;
let network: SampleNetwork;
let evicted: Evicted;
let prober: ConnectProber;

beforeEach(() => {
  timers = new ManualTimers();
  timers.advance(SINCE_MS);
  network = new SampleNetwork();
  evicted = new Evicted();
  const { clock } = timers;
  const wheel = new TimerWheel({ clock, timers });
  prober = new ConnectProber(evicted, clock, { network, wheel, timing: DEFAULT_CLIENT_TIMING });
});

describe("a prober", () => {
  it("waits for a request to be the probe, and then connects", () => {
    evicted.add("a", SINCE_MS + 5_000);
    prober.schedule();
    timers.advance(5_000 + REQUEST_PATIENCE_MS - 1);
    expect(network.dialled).toHaveLength(0);
    timers.advance(8);
    expect(network.dialled).toHaveLength(1);
    network.dialled[0]?.connect();
    expect(evicted.ended).toEqual(["a good"]);
    expect(network.dialled[0]?.closed).toBe(true);
    timers.advance(60_000);
    expect(evicted.ended).toEqual(["a good"]);
  });

  it("does nothing when a request was", () => {
    evicted.add("a", SINCE_MS);
    prober.schedule();
    evicted.takeProbe();
    prober.schedule();
    timers.advance(60_000);
    expect(network.dialled).toHaveLength(0);
    expect(timers.pendingCount).toBe(0);
  });

  it("comes to each when its time has come, and asks nobody sooner", () => {
    evicted.add("a", SINCE_MS + 2_000);
    evicted.add("b", SINCE_MS + 9_000);
    prober.schedule();
    timers.advance(2_000 + REQUEST_PATIENCE_MS + 8);
    network.dialled[0]?.connect();
    expect(evicted.ended).toEqual(["a good"]);
    timers.advance(7_000 - 9);
    expect(network.dialled).toHaveLength(1);
    timers.advance(16);
    expect(network.dialled).toHaveLength(2);
  });

  it("finds nobody there, or nobody who answers in time", () => {
    evicted.add("a", SINCE_MS);
    evicted.add("b", SINCE_MS);
    prober.schedule();
    timers.advance(REQUEST_PATIENCE_MS + 4);
    expect(network.dialled).toHaveLength(2);
    network.dialled[0]?.close("refused");
    timers.advance(DEFAULT_CLIENT_TIMING.connectTimeoutMs + 4);
    expect(evicted.ended).toEqual(["a bad", "b bad"]);
    expect(network.dialled[1]?.closed).toBe(true);
  });

  it("does not dial what may be a stranger's address by now", () => {
    evicted.add("a", SINCE_MS);
    evicted.strangers.add("a");
    prober.schedule();
    timers.advance(REQUEST_PATIENCE_MS + 4);
    expect(network.dialled).toHaveLength(0);
    expect(evicted.ended).toEqual(["a bad"]);
  });

  it("that is stopped says nothing more", () => {
    evicted.add("a", SINCE_MS);
    prober.schedule();
    timers.advance(REQUEST_PATIENCE_MS + 4);
    prober.stop();
    network.dialled[0]?.connect();
    timers.advance(60_000);
    expect(evicted.ended).toEqual([]);
    expect(timers.pendingCount).toBe(0);
  });

  it("that is stopped dials nobody who is evicted after that", () => {
    prober.stop();
    evicted.add("a", timers.clock.nowMs());
    prober.schedule();
    timers.advance(60_000);
    expect([network.dialled, timers.pendingCount]).toEqual([[], 0]);
  });
});
