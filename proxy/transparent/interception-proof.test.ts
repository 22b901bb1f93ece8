import { describe, expect, it } from "vitest";
import type { Address } from "../../base/address.ts";
import type { IpFamily } from "../../base/ip-address.ts";
import { silentLog } from "../../base/log.ts";
import { createSeededRandom } from "../../base/random.ts";
import { ManualTimers } from "../../base/timers.ts";
import { OpenSockets } from "../net/open-sockets.ts";
import { SampleNetwork, SampleStream } from "../net/sample-stream.ts";
import { InterceptionProof } from "./interception-proof.ts";

const IPV4 = "192.0.2.1";
const IPV6 = "2001:db8::1";
const EXEMPT_PORT = 4198;
const PROBE_PORT = 4199;
/** Where some application has dialled. */
const MEANT = { host: "10.96.0.10", port: 80 };

/** A proof on a network that the test moves. */
class Scene {
  readonly timers = new ManualTimers();
  readonly network = new SampleNetwork();
  readonly sockets = new OpenSockets(100);
  readonly said: string[] = [];
  used: readonly IpFamily[] = ["ipv4", "ipv6"];
  readonly proof = new InterceptionProof({
    network: this.network,
    sockets: this.sockets,
    clock: this.timers.clock,
    timers: this.timers,
    random: createSeededRandom(1),
    userId: 2102,
    usedFamilies: () => this.used,
    log: {
      ...silentLog,
      info: (message) => void this.said.push(message),
      warn: (message, fields) => void this.said.push(`${message}: ${String(fields?.problem)}`),
    },
  });
  #localPort = 50_000;

  /** The newest connection that was dialled there. */
  dialled(host: string, port: number): SampleStream {
    const found = this.network.dialled.findLast(
      (one) => one.remoteAddress === host && one.remotePort === port,
    );
    if (found === undefined) throw new Error(`nothing was dialled to ${host}:${port}`);
    return found;
  }

  connect(stream: SampleStream): void {
    stream.localPort = this.#localPort;
    this.#localPort += 1;
    stream.connect();
  }

  /** What was dialled comes back to us. */
  redirect(host: string, port: number, meant: Address | null = { host, port }): SampleStream {
    const stream = this.dialled(host, port);
    this.connect(stream);
    return this.accept(stream.localPort, meant).stream;
  }

  accept(remotePort: number, meant: Address | null) {
    const stream = new SampleStream();
    stream.remotePort = remotePort;
    return { stream, taken: this.proof.takes(stream, meant) };
  }

  /** Neither family has a route. */
  disconnect(...hosts: readonly string[]): void {
    for (const host of hosts) {
      this.dialled(host, EXEMPT_PORT).close("unreachable");
      this.dialled(host, PROBE_PORT).close("unreachable");
    }
  }

  get outcomes(): readonly string[] {
    return this.proof.families.map(({ outcome }) => outcome);
  }
}

function started(): Scene {
  const scene = new Scene();
  scene.proof.start(4_140);
  return scene;
}

/** Met by IPv4, and by nothing else. */
async function proven(): Promise<Scene> {
  const scene = started();
  scene.redirect(IPV4, PROBE_PORT);
  scene.disconnect(IPV6);
  scene.timers.advance(20);
  await settled();
  return scene;
}

/** Lets promises go on, which here depend on nothing else. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("proof of interception", () => {
  it("is there when we meet ourselves", async () => {
    const scene = started();
    expect(scene.proof.problem).toContain("has not been tried yet");
    const met = scene.redirect(IPV4, PROBE_PORT);
    expect(met.closed).toBe(true);
    scene.disconnect(IPV6);
    scene.timers.advance(20);
    expect(scene.outcomes).toEqual(["proven", "unreachable"]);
    expect([scene.proof.isProven, scene.proof.problem]).toEqual([true, ""]);
    await settled();
    expect(scene.said).toEqual(["interception is proven"]);
    expect(scene.network.dialled.every((stream) => stream.closed)).toBe(true);
    scene.timers.advance(60_000);
    expect(scene.network.dialled).toHaveLength(4);
  });

  it("does not wait for the other family", () => {
    const scene = started();
    scene.redirect(IPV6, PROBE_PORT);
    scene.timers.advance(20);
    expect(scene.outcomes).toEqual(["untried", "proven"]);
    expect(scene.proof.problem).toBe("");
  });

  it("is there too when the connection arrives before we hear that it is open", () => {
    const scene = started();
    const dialled = scene.dialled(IPV4, PROBE_PORT);
    dialled.localPort = 50_000;
    const meant = { host: IPV4, port: PROBE_PORT };
    expect(scene.accept(50_000, meant).taken).toBe(true);
    dialled.connect();
    scene.timers.advance(20);
    expect(scene.proof.isProven).toBe(true);
  });

  it("fails when our own connections come back, and then nothing must be dialled", () => {
    const scene = started();
    scene.redirect(IPV4, EXEMPT_PORT);
    scene.redirect(IPV4, PROBE_PORT);
    scene.timers.advance(20);
    expect(scene.outcomes[0]).toBe("not-exempt");
    expect(scene.proof.mustNotDial).toBe(true);
    expect(scene.proof.problem).toContain("own connections (user 2102) are redirected");
  });

  it("fails when the kernel does not tell the destination", () => {
    const scene = started();
    const met = scene.redirect(IPV4, PROBE_PORT, null);
    expect(met.closed).toBe(true);
    scene.timers.advance(20);
    expect(scene.outcomes[0]).toBe("no-original-destination");
  });

  it("fails when somebody else answers", () => {
    const scene = started();
    scene.connect(scene.dialled(IPV4, PROBE_PORT));
    // Another proxy's proof arrives here: it is closed, and proves nothing about us.
    expect(scene.accept(1_234, { host: IPV4, port: PROBE_PORT }).taken).toBe(true);
    scene.timers.advance(1_000);
    expect(scene.outcomes[0]).toBe("answered-by-another");
    expect(scene.proof.problem).toContain("heddle init --outbound-port 4140");
  });

  it.each([
    ["refused", "refused"],
    ["reset", "refused"],
    ["unreachable", "unreachable"],
    ["timeout", "timeout"],
  ] as const)("fails when the connection is %s", (reason, outcome) => {
    const scene = started();
    scene.dialled(IPV4, PROBE_PORT).close(reason);
    expect(scene.outcomes[0]).toBe(outcome);
    expect(scene.proof.problem).not.toBe("");
  });

  it("fails when nothing happens", () => {
    const scene = started();
    scene.timers.advance(1_000);
    expect(scene.outcomes).toEqual(["timeout", "timeout"]);
  });

  it("tries no family that the machine does not use, and tells of the one that it does", () => {
    const scene = new Scene();
    scene.used = ["ipv6"];
    scene.proof.start(4_140);
    expect(scene.network.dialled).toHaveLength(2);
    scene.dialled(IPV6, PROBE_PORT).close("refused");
    expect(scene.outcomes).toEqual(["not-used", "refused"]);
    expect(scene.proof.problem).toContain("[2001:db8::1]:4199 are refused");
  });

  it("is tried on a machine without any address, to tell what is missing", () => {
    const scene = new Scene();
    scene.used = [];
    scene.proof.start(4_140);
    scene.dialled(IPV4, PROBE_PORT).close("unreachable");
    expect(scene.outcomes).toEqual(["unreachable", "not-used"]);
    expect(scene.proof.problem).toContain("cannot be reached");
  });

  it("is tried again ever more rarely, until it is there", async () => {
    const scene = started();
    let rounds = 0;
    for (let seconds = 0; seconds < 60; seconds += 1) {
      scene.timers.advance(1_000);
      await settled();
      rounds = scene.network.dialled.length / 4;
    }
    expect(rounds).toBeGreaterThan(10);
    expect(rounds).toBeLessThan(40);
    expect(scene.said).toHaveLength(1);
    while (scene.dialled(IPV4, PROBE_PORT).closed) {
      scene.timers.advance(100);
      await settled();
    }
    scene.redirect(IPV4, PROBE_PORT);
    scene.timers.advance(20);
    expect(scene.said.at(-1)).toBe("interception is proven");
  });

  it("is tried once more on request, for all who ask at a time", async () => {
    const scene = started();
    scene.redirect(IPV4, PROBE_PORT);
    scene.disconnect(IPV6);
    scene.timers.advance(20);
    await settled();
    const checks = [scene.proof.check(), scene.proof.check()];
    expect(scene.network.dialled).toHaveLength(8);
    scene.disconnect(IPV4, IPV6);
    // What was met before is tried once more.
    scene.disconnect(IPV4);
    await Promise.all(checks);
    expect(scene.outcomes).toEqual(["unreachable", "unreachable"]);
    expect(scene.said.at(-1)).toContain("cannot be reached");
  });

  it("is tried again until it is there once it is lost, whoever found out", async () => {
    const scene = await proven();
    const asked = scene.proof.check();
    scene.disconnect(IPV4, IPV6);
    scene.disconnect(IPV4);
    await asked;
    expect(scene.proof.isProven).toBe(false);
    while (scene.dialled(IPV4, PROBE_PORT).closed) {
      scene.timers.advance(100);
      await settled();
    }
    scene.redirect(IPV4, PROBE_PORT);
    scene.timers.advance(20);
    expect(scene.said.at(-1)).toBe("interception is proven");
  });

  it("is tried again when more connections are open than ever, as when they go round", async () => {
    const scene = await proven();
    const before = scene.network.dialled.length;
    for (let open = 0; open < 64; open += 1) scene.proof.joinedBy(open, MEANT);
    expect(scene.network.dialled).toHaveLength(before);
    scene.proof.joinedBy(64, MEANT);
    expect(scene.network.dialled).toHaveLength(before + 4);
    scene.redirect(IPV4, EXEMPT_PORT);
    scene.redirect(IPV4, PROBE_PORT);
    scene.disconnect(IPV6);
    scene.timers.advance(20);
    await settled();
    expect(scene.proof.mustNotDial).toBe(true);
    expect(scene.said.at(-1)).toContain("own connections (user 2102) are redirected");
  });

  it("is not tried because of many connections that stay", async () => {
    const scene = await proven();
    const before = scene.network.dialled.length;
    const join = async (open: number): Promise<number> => {
      scene.proof.joinedBy(open, MEANT);
      if (scene.dialled(IPV4, PROBE_PORT).closed) return scene.network.dialled.length;
      scene.redirect(IPV4, PROBE_PORT);
      scene.disconnect(IPV6);
      scene.timers.advance(20);
      await settled();
      return scene.network.dialled.length;
    };
    expect(await join(1_000)).toBe(before + 4);
    for (let open = 1_001; open < 2_000; open += 1) scene.proof.joinedBy(open, MEANT);
    expect(await join(1_999)).toBe(before + 4);
    expect(await join(2_000)).toBe(before + 8);
    // When they have gone, fewer are a crowd again.
    for (let more = 0; more < 10; more += 1) scene.proof.joinedBy(1, MEANT);
    expect(await join(64)).toBe(before + 12);
  });

  it.each([
    ["redirects others", ({ proof }: Scene) => proof.joinedBy(1, MEANT)],
    ["refuses others for want of files", ({ sockets }: Scene) => sockets.refuse()],
  ])("stays when it is not met while the proxy %s, and is tried again", async (_, busy) => {
    const scene = await proven();
    const miss = async (): Promise<void> => {
      scene.disconnect(IPV6);
      for (let tries = 0; tries < 2; tries += 1) scene.dialled(IPV4, PROBE_PORT).close("refused");
      await settled();
    };
    void scene.proof.check();
    busy(scene);
    await miss();
    expect(scene.outcomes).toEqual(["proven", "unreachable"]);
    expect(scene.proof.problem).toBe("");
    scene.timers.advance(500);
    expect(scene.dialled(IPV4, PROBE_PORT).closed).toBe(false);
    // Nobody is in the way any more, so that now it is believed.
    await miss();
    expect(scene.outcomes).toEqual(["refused", "unreachable"]);
    expect(scene.said.at(-1)).toContain("are refused");
  });

  it("has more patience with what was met before", async () => {
    const scene = await proven();
    void scene.proof.check();
    scene.disconnect(IPV6);
    scene.connect(scene.dialled(IPV4, PROBE_PORT));
    scene.timers.advance(1_000);
    const again = scene.dialled(IPV4, PROBE_PORT);
    scene.connect(again);
    scene.timers.advance(3_000);
    scene.accept(again.localPort, { host: IPV4, port: PROBE_PORT });
    scene.timers.advance(20);
    await settled();
    expect(scene.outcomes).toEqual(["proven", "unreachable"]);
    expect(scene.said).toEqual(["interception is proven"]);
  });

  it("takes no connection of anybody else", () => {
    const scene = started();
    expect(scene.accept(1, { host: "10.0.0.1", port: 80 }).taken).toBe(false);
    expect(scene.accept(2, null).taken).toBe(false);
    expect(scene.accept(3, { host: IPV4, port: 80 }).taken).toBe(false);
    scene.proof.stop();
    expect(scene.network.dialled.every((stream) => stream.closed)).toBe(true);
  });
});
