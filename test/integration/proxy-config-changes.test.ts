/** Configuration that changes while traffic flows, or is not what it should be. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import { DEFAULT_BREAKER } from "../../mesh/backend-settings.ts";
import { sampleExchange } from "../../proxy/exchange/sample-exchange.ts";
import { backendSettings, destination, service } from "../harness/fake-table.ts";
import type { Origin } from "../harness/origins.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import type { RawClient } from "../harness/raw-client.ts";
import { type RunningProxy, rule } from "../harness/running-proxy.ts";
import { until } from "../harness/until.ts";

let scene: ProxyScene;
let proxy: RunningProxy;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy();
});

afterEach(() => scene.end());

const GET = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";

function saying(word: string): Promise<Origin> {
  return scene.scripted(() => `HTTP/1.1 200 OK\r\nContent-Length: ${word.length}\r\n\r\n${word}`);
}

async function ask(caller: RawClient, request = GET): Promise<string> {
  caller.clear();
  caller.send(request);
  return await caller.until((text) => /\r\n\r\n[\s\S]*[a-z\n]$/.test(text));
}

/** A split of `web` between `v1` and `v2`. */
function split(one: number, two: number): void {
  const made = destination("web", ["v1", "v2"]);
  const weights = [one, two];
  proxy.put("web", {
    ...made,
    rules: made.rules.map((each) => ({
      ...each,
      action: {
        ...each.action,
        backends: each.action.backends
          .map((backend, index) => ({ ...backend, weight: weights[index] ?? 1 }))
          .filter(({ weight }) => weight > 0),
      },
    })),
  });
}

describe("weights", () => {
  it("hold from the request after they changed", async () => {
    proxy.endpoints("v1", [(await saying("one")).port]);
    proxy.endpoints("v2", [(await saying("two")).port]);
    split(100, 0);
    const caller = await scene.client(proxy.outboundPort);
    const count = async (): Promise<number> => {
      let twos = 0;
      for (let index = 0; index < 100; index += 1) {
        if ((await ask(caller)).endsWith("two")) twos += 1;
      }
      return twos;
    };
    expect(await count()).toBe(0);
    split(50, 50);
    await expect.poll(async () => (await ask(caller)).endsWith("two")).toBe(true);
    const half = await count();
    expect(half).toBeGreaterThanOrEqual(49);
    expect(half).toBeLessThanOrEqual(51);
    split(0, 100);
    await expect
      .poll(async () => [await ask(caller), await ask(caller)].every((all) => all.endsWith("two")))
      .toBe(true);
    expect(await count()).toBe(100);
  });

  it("change under requests that are under way, and harm none of them", async () => {
    proxy.endpoints("v1", [(await saying("one")).port]);
    proxy.endpoints("v2", [(await saying("two")).port]);
    split(1, 1);
    const callers = await Promise.all(
      Array.from({ length: 8 }, () => scene.client(proxy.outboundPort)),
    );
    let done = false;
    let answered = 0;
    const traffic = callers.map(async (caller) => {
      while (!done) {
        expect(await ask(caller)).toMatch(/^HTTP\/1\.1 200 /);
        answered += 1;
      }
    });
    for (let round = 0; round < 40; round += 1) {
      split((round % 3) + 1, ((round + 1) % 3) + 1);
      await proxy.configured();
      await expect.poll(() => answered, { interval: 1 }).toBeGreaterThan(round);
    }
    done = true;
    await Promise.all(traffic);
  });
});

describe("a backend that several services share", () => {
  const withFailures = (name: string, backends: readonly string[], consecutiveFailures: number) => {
    const made = destination(name, backends);
    const breaker = { ...DEFAULT_BREAKER, consecutiveFailures };
    proxy.put(name, { ...made, backends: made.backends.map((one) => ({ ...one, breaker })) });
  };

  const failures = async (): Promise<number> =>
    JSON.parse(await page(proxy, "/config")).backends[0].breaker.consecutiveFailures;

  const askFor = async (host: string): Promise<string> => {
    const caller = await scene.client(proxy.outboundPort);
    return await ask(caller, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  };

  it("is used as its own service says, or else the first of them by name", async () => {
    proxy.endpoints("m", [(await saying("one")).port]);
    withFailures("z", ["m"], 9);
    withFailures("a", ["m"], 1);
    withFailures("m", ["m"], 5);
    expect(await askFor("z")).toContain(" 200 ");
    expect(await failures()).toBe(9);
    expect(await askFor("a")).toContain(" 200 ");
    expect(await failures()).toBe(1);
    withFailures("z", ["m"], 8);
    expect(await askFor("m")).toContain(" 200 ");
    expect(await failures()).toBe(5);
    withFailures("a", ["m"], 2);
    withFailures("m", ["m"], 6);
    await expect.poll(failures).toBe(6);
  });
});

describe("a service", () => {
  it("that is removed is unknown from then on", async () => {
    proxy.serve("web", [(await saying("one")).port]);
    const caller = await scene.client(proxy.outboundPort);
    expect(await ask(caller)).toContain(" 200 ");
    proxy.table.remove({ type: "destination", key: service("web") });
    await expect.poll(async () => ask(caller)).toContain("heddle-error: unknown-service");
    proxy.serve("web", [(await saying("two")).port]);
    await expect.poll(async () => ask(caller)).toContain("two");
  });

  it("whose endpoints are all gone gives 503, and recovers", async () => {
    const origin = await saying("one");
    proxy.endpoints("web", [origin.port]);
    const strict = { trust: "strict", graceMs: 0 } as const;
    const backends = [{ ...backendSettings(service("web")), discovery: strict }];
    proxy.put("web", { ...destination("web", ["web"]), backends });
    const caller = await scene.client(proxy.outboundPort);
    await ask(caller);
    proxy.endpoints("web", []);
    await expect.poll(async () => ask(caller)).toContain("heddle-error: no-endpoints");
    expect(await ask(caller)).toMatch(/^HTTP\/1\.1 503 /);
    proxy.endpoints("web", [origin.port]);
    await expect.poll(async () => ask(caller)).toContain(" 200 ");
  });

  it("whose endpoint is removed closes what is idle there, and finishes what is not", async () => {
    const answers: (() => void)[] = [];
    const old = await scene.scripted((head, socket) => {
      if (head.includes("/slow")) {
        answers.push(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow"));
        return undefined;
      }
      return "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold";
    });
    proxy.serve("web", [old.port]);
    const caller = await scene.client(proxy.outboundPort);
    caller.send("GET /slow HTTP/1.1\r\nHost: web\r\n\r\n");
    await until("the slow one is under way", () => answers.length === 1);
    const other = await scene.client(proxy.outboundPort);
    await expect.poll(async () => ask(other)).toContain("old");
    proxy.endpoints("web", [(await saying("new")).port]);
    await expect.poll(async () => ask(other)).toContain("new");
    answers[0]?.();
    expect(await caller.untilText("slow")).toContain(" 200 ");
  });
});

describe("a destination that cannot be served", () => {
  const bad = (expression: string) => ({
    ...destination("web", ["web"]),
    rules: [
      rule("bad", ["web"], { match: { kind: "pathRegex", regex: expression } }),
      rule("", ["web"]),
    ],
  });

  it("says so to its callers instead of keeping them waiting", async () => {
    proxy.endpoints("web", [(await saying("one")).port]);
    proxy.put("web", bad("(unclosed"));
    const caller = await scene.client(proxy.outboundPort);
    const text = await ask(caller);
    expect(text).toMatch(/^HTTP\/1\.1 500 /);
    expect(text).toContain("heddle-error: backend-invalid");
    proxy.serve("web", [(await saying("good")).port]);
    await expect.poll(async () => ask(caller)).toContain("good");
  });

  it("leaves what was live before alone, and is refused once the engine is there", async () => {
    proxy.endpoints("web", [(await saying("one")).port]);
    proxy.put("web", bad("/a(b|c)+"));
    const caller = await scene.client(proxy.outboundPort);
    expect(await ask(caller)).toContain(" 200 ");
    proxy.put("web", bad("(unclosed"));
    await expect
      .poll(async () => {
        const { resources } = JSON.parse(await page(proxy, "/config"));
        return resources.some((each: { problem: string }) => each.problem !== "");
      })
      .toBe(true);
    expect(await ask(caller)).toContain(" 200 ");
  });
});

describe("a request that waits for the first word about a service", () => {
  it("is told what was wrong with the word that came", async () => {
    proxy.endpoints("web", [(await saying("one")).port]);
    proxy.put("web", { ...destination("web", ["web"]), rules: [] });
    const text = await ask(await scene.client(proxy.outboundPort));
    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(text).toContain("no-config: nothing is known of svc/shop/web:80 yet: ");
  });

  it("is answered once when the service has to make room for others", async () => {
    const timers = new ManualTimers();
    const { outbound } = (await scene.proxy({ timers })).app;
    const request = (name: string) => `GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`;
    const first = sampleExchange(request("first"));
    outbound.start(first.exchange);
    const others = Array.from({ length: 1_000 }, (_, index) => {
      const made = sampleExchange(request(`n${index}`));
      outbound.start(made.exchange);
      return made;
    });
    expect(first.caller.events).toEqual(["fail no-config"]);
    expect(first.exchange.active).toBe(false);
    timers.advance(2_000);
    expect(first.caller.events).toHaveLength(1);
    for (const { caller } of others) expect(caller.events).toEqual(["fail no-config"]);
  });

  it("is forgotten when its caller goes", async () => {
    const timers = new ManualTimers();
    const { outbound } = (await scene.proxy({ timers })).app;
    const { caller, exchange } = sampleExchange("GET / HTTP/1.1\r\nHost: web\r\n\r\n");
    outbound.start(exchange);
    exchange.active = false;
    outbound.cancel(exchange);
    timers.advance(2_000);
    expect(caller.events).toEqual([]);
  });
});

describe("names that nobody has", () => {
  it("are forgotten again, however many a caller makes up", async () => {
    proxy.serve("web", [(await saying("one")).port]);
    const caller = await scene.client(proxy.outboundPort);
    await ask(caller);
    let text = "";
    caller.socket.on("data", (bytes: Buffer) => {
      text = (text + bytes.toString()).slice(-200);
    });
    for (let round = 0; round < 30; round += 1) {
      const names = Array.from({ length: 100 }, (_, index) => `n${round}-${index}`);
      caller.send(names.map((name) => `GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`).join(""));
      await expect.poll(() => text, { interval: 5 }).toContain(`n${round}-99:80`);
    }
    const { resources } = JSON.parse(await page(proxy, "/config"));
    expect(resources.length).toBeLessThan(1_100);
    expect([...proxy.app.outbound.table.slots].length).toBeLessThanOrEqual(1_000);
    expect(await ask(caller)).toContain(" 200 ");
    const metrics = await page(proxy, "/metrics");
    expect(metrics).not.toContain("n5-5");
    expect(sample(metrics, "heddle_faults_total", '"unknown-service"')).toBe(3_000);
  });
});
