/** Redirected connections that arrive for an application, through a whole proxy. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { addressKey } from "../../mesh/address-key.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import type { ProxySettings } from "../../proxy/settings.ts";
import { destination, endpoint, service } from "../harness/fake-table.ts";
import { closedPort, type Origin } from "../harness/origins.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import { RawClient } from "../harness/raw-client.ts";
import { type RunningProxy, rule } from "../harness/running-proxy.ts";
import { PATIENT_LIMITS } from "../harness/test-settings.ts";

const ANY = { host: "127.0.0.1", port: 0 };
const OWN = { host: "10.0.0.5", port: 8080 };
const OWN_KEY = addressKey(OWN.host, OWN.port) ?? "";
const GET = "GET /a HTTP/1.1\r\nHost: any.example\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

let scene: ProxyScene;
let proxy: RunningProxy;

const settings: Partial<ProxySettings> = {
  transparent: true,
  inbound: ANY,
  appConcurrency: { ...DEFAULT_CONCURRENCY, limit: 2, queueLength: 8 },
};

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy({ settings });
});

afterEach(() => scene.end());

function isAt(origin: Pick<Origin, "port">): void {
  proxy.redirects.place(OWN_KEY, origin.port);
}

async function caller(meant = OWN): Promise<RawClient> {
  const from = proxy.redirects.callerTo(meant);
  return scene.closing(await RawClient.connect(proxy.inboundPort, from));
}

const received = (client: RawClient, part: string): Promise<string> =>
  client.until((text) => text.includes(part));

async function counted(name: string, ...labels: readonly string[]): Promise<number> {
  return sample(await page(proxy, "/metrics"), name, 'direction="inbound"', ...labels);
}

it("reach the application over one connection for each caller, whatever their Host", async () => {
  proxy = await scene.proxy({ settings: { ...settings, limits: PATIENT_LIMITS } });
  const origin = await scene.echo();
  isAt(origin);
  const first = await caller();
  first.send(GET + GET.replace("/a", "/b"));
  await received(first, "GET /b any.example");
  const second = await caller();
  second.send(GET.replace("/a", "/c"));
  await received(second, "GET /c any.example");
  expect(origin.connectionCount).toBe(2);
  expect(proxy.redirects.dialled).toEqual([OWN_KEY, OWN_KEY]);
  expect(await counted("heddle_redirect_connections_total", 'kind="endpoint"')).toBe(2);
  expect(JSON.parse(proxy.accessLog.at(-1) ?? "")).toMatchObject({
    direction: "inbound",
    originalDestination: OWN_KEY,
    endpoint: OWN_KEY,
  });
});

it("leave no more connections at the application than there are callers", async () => {
  let open = 0;
  const origin = await scene.raw((socket) => {
    open += 1;
    socket.on("data", () => socket.write(OK));
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      open -= 1;
    });
  });
  isAt(origin);
  const stays = await caller();
  stays.send(GET);
  await received(stays, "ok");
  for (let count = 0; count < 5; count += 1) {
    const leaves = await caller();
    leaves.send(GET);
    await received(leaves, "ok");
    leaves.close();
    await expect.poll(() => open).toBe(1);
  }
  stays.clear();
  stays.send(GET);
  await received(stays, "ok");
});

it("are served by the routes of the service that stands there, once that is known", async () => {
  isAt(await scene.echo());
  const client = await caller();
  client.send(GET);
  await received(client, "GET /a ");
  expect(await counted("response_total", 'dst_service="unnamed"')).toBe(1);
  const own = { ...endpoint(0), address: OWN.host, port: OWN.port };
  const made = destination("web", ["web"]);
  proxy.endpoints("web", [1]);
  proxy.put("web", { ...made, rules: [rule("page", ["web"])] });
  const binding = { kind: "endpoint", service: service("web"), protocol: "detect" } as const;
  proxy.table.put("address", OWN_KEY, { ...binding, endpoint: own }, ["addresses"]);
  await expect
    .poll(async () => {
      client.clear();
      client.send(GET);
      await received(client, "[]");
      return await counted("response_total", 'dst_service="web"', 'rt_route="page"');
    })
    .toBeGreaterThan(0);
  const { interception } = JSON.parse(await page(proxy, "/config"));
  expect(interception.applications).toEqual([
    { address: OWN_KEY, service: service("web"), callers: 1 },
  ]);
});

it("take no more of the application at a time than they may", async () => {
  const answers: (() => void)[] = [];
  isAt(
    await scene.scripted((_, socket) => {
      answers.push(() => socket.write(OK));
      return undefined;
    }),
  );
  const clients = await Promise.all([caller(), caller(), caller()]);
  for (const client of clients) client.send(GET);
  await expect.poll(() => answers.length).toBe(2);
  await expect.poll(() => counted("heddle_concurrency_waiting")).toBe(1);
  for (const answer of answers.splice(0)) answer();
  await expect.poll(() => answers.length).toBe(1);
  for (const answer of answers.splice(0)) answer();
  for (const client of clients) await received(client, "ok");
});

it("become a tunnel when the application speaks first, or bytes are no request", async () => {
  isAt(
    await scene.raw((socket) => {
      socket.write("220 here\r\n");
      socket.pipe(socket);
    }),
  );
  const client = await caller();
  await received(client, "220 here");
  client.send("QUIT\r\n");
  expect(await received(client, "QUIT")).toBe("220 here\r\nQUIT\r\n");
  isAt(await scene.raw((socket) => socket.pipe(socket)));
  const redis = await caller();
  redis.send("*1\r\n$4\r\nPING\r\n");
  await received(redis, "PING");
});

it("end when the application ends them, before anything was said", async () => {
  isAt(await scene.raw((socket) => socket.end()));
  const client = await caller();
  expect(await client.untilClosed()).toBe("");
});

it("are reset when nothing listens, and leave nothing behind", async () => {
  proxy.redirects.place("10.0.0.5:8081", await closedPort());
  const client = await caller({ host: "10.0.0.5", port: 8081 });
  expect(await client.untilClosed()).toBe("");
  await expect.poll(() => counted("heddle_faults_total", "app-unreachable")).toBe(1);
  expect(proxy.app.inbound?.connections.size).toBe(0);
  const { addresses } = JSON.parse(await page(proxy, "/config"));
  expect(addresses).toEqual([]);
});

it("carry an Upgrade on", async () => {
  isAt(
    await scene.raw((socket) => {
      socket.once("data", () => {
        socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        );
        socket.pipe(socket);
      });
    }),
  );
  const client = await caller();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  await received(client, "101 ");
  client.send("hello");
  await received(client, "hello");
});

it("answer with the last of their connection once the workload is going", async () => {
  isAt(await scene.echo());
  const client = await caller();
  client.send(GET);
  await received(client, "[]");
  proxy.app.drain();
  const late = await caller();
  late.send(GET);
  expect(await received(late, "[]")).toMatch(/connection: close/i);
  client.clear();
  client.send(GET);
  expect(await client.untilClosed()).toMatch(/connection: close/i);
});

it("are told of when nothing had redirected them", async () => {
  const client = await scene.client(proxy.inboundPort);
  client.send(GET);
  await received(client, "unknown-service");
  expect(await counted("heddle_redirect_connections_total", 'kind="not-intercepted"')).toBe(1);
  const { checks } = JSON.parse(await page(proxy, "/check"));
  expect(checks).toContainEqual(
    expect.objectContaining({ name: "inbound-interception", verdict: "warning" }),
  );
});
