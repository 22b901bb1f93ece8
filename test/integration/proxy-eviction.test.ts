/** Endpoints that fail: who gets requests, who does not, and how they come back. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type BackendSettings,
  type Breaker,
  DEFAULT_BREAKER,
} from "../../mesh/backend-settings.ts";
import { DEFAULT_RETRY, type Retry } from "../../mesh/retry.ts";
import { backendSettings, destination, service } from "../harness/fake-table.ts";
import { closedPort, type Origin } from "../harness/origins.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";
import { unlessStarved } from "../harness/starvation.ts";
import { SteadyLoad } from "../harness/steady-load.ts";

let scene: ProxyScene;
let proxy: RunningProxy;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy();
});

afterEach(() => scene.end());

/** A server that can be broken and mended, and counts what it was asked. */
interface Patient extends Origin {
  status: number;
  asked: number;
  methods: Set<string>;
}

async function patient(status = 200): Promise<Patient> {
  const state = { status, asked: 0, methods: new Set<string>() };
  const origin = await scene.scripted((head) => {
    state.asked += 1;
    state.methods.add(head.slice(0, head.indexOf(" ")));
    return `HTTP/1.1 ${state.status} Said\r\nContent-Length: 2\r\n\r\nok`;
  });
  return Object.assign(state, { port: origin.port, connectionCount: 0, close: origin.close });
}

function patients(count: number): Promise<Patient[]> {
  return Promise.all(Array.from({ length: count }, () => patient()));
}

const BREAKER: Breaker = {
  ...DEFAULT_BREAKER,
  consecutiveFailures: 3,
  backoff: { baseMs: 100, maxMs: 2_000, jitter: 0 },
};

function serve(
  origins: readonly Patient[],
  breaker: Partial<Breaker> = {},
  retry: Partial<Retry> = {},
  rest: Partial<BackendSettings> = {},
): void {
  proxy.endpoints(
    "web",
    origins.map(({ port }) => port),
  );
  const made = destination("web", ["web"]);
  const settings = backendSettings(service("web"));
  proxy.put("web", {
    ...made,
    rules: made.rules.map((rule) => ({
      ...rule,
      action: { ...rule.action, retry: { ...DEFAULT_RETRY, ...retry } },
    })),
    backends: [{ ...settings, breaker: { ...BREAKER, ...breaker }, ...rest }],
  });
}

function load(method = "GET"): SteadyLoad {
  return new SteadyLoad({ port: proxy.outboundPort, host: "web", callers: 8, method });
}

async function metric(name: string, ...labels: string[]): Promise<number> {
  return sample(await page(proxy, "/metrics"), name, ...labels);
}

interface ShownEndpoint {
  readonly port: number;
  readonly pending: number;
  readonly breaker: { readonly state: string; readonly reason: string };
}

async function shown(port: number): Promise<ShownEndpoint | undefined> {
  const config = JSON.parse(await page(proxy, "/config"));
  const endpoints: readonly ShownEndpoint[] = config.backends[0].endpoints;
  return endpoints.find((endpoint) => endpoint.port === port);
}

const HOURS: Partial<Breaker> = { backoff: { baseMs: 3_600_000, maxMs: 7_200_000, jitter: 0 } };

describe("one of ten that fails fast", () => {
  it("attracts nothing: it is evicted, and says why", async () => {
    const all = await patients(10);
    const [sick] = all;
    if (sick === undefined) throw new Error("there are ten");
    serve(all, HOURS);
    sick.status = 500;
    const callers = load();
    await expect.poll(() => metric("heddle_evictions_total", "consecutive-failures")).toBe(1);
    await callers.answered();
    const before = sick.asked;
    await callers.more(1_000);
    expect(sick.asked).toBe(before);
    const outcomes = await callers.stop();
    // Three in a row, and those that were under way when the third came back.
    expect(outcomes["500"] ?? 0).toBeLessThanOrEqual(3 + 8);
    expect(await shown(sick.port)).toMatchObject({
      breaker: { state: "open", reason: "consecutive-failures" },
    });
    expect(await metric("heddle_endpoints_breaker", `"open"`)).toBe(1);
  });

  async function expectLittle(): Promise<void> {
    const all = await patients(10);
    const [sick] = all;
    if (sick === undefined) throw new Error("there are ten");
    serve(all, {}, {}, { breaker: null });
    sick.status = 500;
    const callers = load();
    await callers.more(2_000);
    await callers.stop();
    expect(sick.asked).toBeLessThan(100);
  }

  // Where no processor is free the others look no better.
  it("attracts next to nothing even where nothing is evicted", ({ skip }) =>
    unlessStarved(skip, expectLittle));
});

describe("when all fail", () => {
  it("no more than the share is out, and callers get what the others say", async () => {
    const all = await patients(4);
    serve(all, { ...HOURS, evictedShareMax: 0.5 });
    for (const one of all) one.status = 500;
    const callers = load();
    await expect.poll(() => metric("heddle_evictions_total")).toBe(2);
    await expect.poll(() => metric("heddle_evictions_spared_total")).toBeGreaterThan(0);
    await callers.more(300);
    expect(Object.keys(await callers.stop())).toEqual(["500"]);
    expect(await metric("heddle_evictions_total")).toBe(2);
    expect(await metric("heddle_endpoints_breaker", `"open"`)).toBe(2);
  });

  it("the last is never out", async () => {
    const [only] = await patients(1);
    if (only === undefined) throw new Error("there is one");
    serve([only], { ...HOURS, evictedShareMax: 1 });
    only.status = 500;
    const callers = load();
    await callers.more(200);
    expect(Object.keys(await callers.stop())).toEqual(["500"]);
    expect(await metric("heddle_evictions_total")).toBe(0);
  });
});

describe("an evicted endpoint", () => {
  it("comes back by a request that could be sent again, at no caller's cost", async () => {
    const all = await patients(3);
    const [sick] = all;
    if (sick === undefined) throw new Error("there are three");
    serve(all);
    sick.status = 500;
    const callers = load();
    await expect.poll(() => metric("heddle_evictions_total", "consecutive")).toBe(1);
    await callers.answered();
    callers.outcomes.clear();
    await expect.poll(() => metric("heddle_probes_total", "request", "bad")).toBeGreaterThan(1);
    sick.status = 200;
    await expect.poll(() => metric("heddle_probes_total", "request", "good")).toBe(1);
    await callers.more(100);
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
    expect((await shown(sick.port))?.breaker.state).toBe("closed");
    expect(await metric("heddle_probes_total", "connect")).toBe(0);
  });

  it("that hangs holds up a probe for its time, and no longer", async () => {
    const all = await patients(2);
    let isHung = false;
    const hanging = await scene.scripted(() =>
      isHung ? undefined : "HTTP/1.1 500 Sick\r\nContent-Length: 0\r\n\r\n",
    );
    const stuck: Patient = { ...hanging, status: 0, asked: 0, methods: new Set() };
    serve([...all, Object.assign(stuck, { port: hanging.port })]);
    const callers = load();
    await expect.poll(() => metric("heddle_evictions_total", "consecutive")).toBe(1);
    // Those that were under way there are answered: nothing ends a request that is no probe.
    await expect.poll(async () => (await shown(hanging.port))?.pending).toBe(0);
    isHung = true;
    await callers.answered();
    callers.outcomes.clear();
    await expect.poll(() => metric("heddle_probes_total", "request", "bad")).toBeGreaterThan(1);
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
  });

  it("is probed by a connection where requests must not be risked", async () => {
    const all = await patients(3);
    const [sick] = all;
    if (sick === undefined) throw new Error("there are three");
    serve(all);
    sick.status = 500;
    const callers = load("POST");
    await expect.poll(() => metric("heddle_evictions_total", "consecutive")).toBe(1);
    sick.status = 200;
    await expect.poll(() => metric("heddle_probes_total", "connect", "good")).toBe(1);
    expect(await metric("heddle_probes_total", "request")).toBe(0);
    await callers.more(50);
    await callers.stop();
    expect((await shown(sick.port))?.breaker.state).toBe("closed");
  });

  it("stays out as long as nobody listens there", async () => {
    const sick = Object.assign(await patient(), { port: await closedPort() });
    serve([sick, ...(await patients(2))]);
    const callers = load("POST");
    await expect.poll(() => metric("heddle_probes_total", "connect", "bad")).toBeGreaterThan(0);
    expect(Object.keys(await callers.stop())).toEqual(["200"]);
    expect((await shown(sick.port))?.breaker.state).not.toBe("closed");
  });
});

describe("no failures are", () => {
  it("what a busy proxy says, and any 503 that says when to come again", async () => {
    const all = await Promise.all(
      ["heddle-error: draining", "Retry-After: 1"].map((line) =>
        scene.scripted(() => `HTTP/1.1 503 Busy\r\n${line}\r\nContent-Length: 0\r\n\r\n`),
      ),
    );
    serve(
      all.map((one) => Object.assign(one, { status: 503, asked: 0, methods: new Set<string>() })),
      { ...HOURS, evictedShareMax: 1 },
      { maxRetries: 0 },
    );
    proxy.endpoints(
      "web",
      all.map(({ port }) => port),
      { proxied: true },
    );
    const callers = load();
    await callers.more(100);
    await callers.stop();
    expect(await metric("heddle_evictions_total")).toBe(0);
    expect(await metric("heddle_evictions_spared_total")).toBe(0);
  });

  it("callers that go away", async () => {
    const silent = await Promise.all([1, 2].map(() => scene.raw(() => {})));
    serve(
      silent.map((one) => Object.assign(one, { status: 0, asked: 0, methods: new Set<string>() })),
      { ...HOURS, evictedShareMax: 1 },
    );
    for (let round = 0; round < 20; round += 1) {
      const caller = await scene.client(proxy.outboundPort);
      caller.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
      await expect
        .poll(() => silent.reduce((sum, one) => sum + one.connectionCount, 0))
        .toBeGreaterThan(round);
      caller.close();
    }
    expect(await metric("heddle_evictions_total")).toBe(0);
  });
});
