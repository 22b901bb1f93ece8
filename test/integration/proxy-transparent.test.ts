/** Redirected connections through a whole proxy: who is dialled, and what is carried how. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AddressBinding } from "../../mesh/address-binding.ts";
import { addressKey } from "../../mesh/address-key.ts";
import { serviceAddress, serviceBinding } from "../harness/fake-table.ts";
import { closedPort } from "../harness/origins.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import { RawClient } from "../harness/raw-client.ts";
import { loopbackEndpoint, type RunningProxy } from "../harness/running-proxy.ts";
import { PATIENT_LIMITS } from "../harness/test-settings.ts";

const ANY = { host: "127.0.0.1", port: 0 };
const WEB = { host: "10.96.0.1", port: 80 };
const GET = "GET /a HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n";

let scene: ProxyScene;
let proxy: RunningProxy;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy({ settings: { transparent: true, inbound: ANY } });
});

afterEach(() => scene.end());

function bind(key: string, binding: AddressBinding): void {
  proxy.table.put("address", key, binding, ["addresses"]);
}

/**
 * A caller whose connection was meant to go there. The address is known before, so that no machine
 * is too busy to be told of it in time.
 */
async function callerTo(host: string, port: number): Promise<RawClient> {
  const explained = await page(proxy, `/explain?address=${host}:${port}`);
  if (explained.includes('"state":"pending"')) throw new Error(`not known yet: ${explained}`);
  const from = proxy.redirects.callerTo({ host, port });
  return scene.closing(await RawClient.connect(proxy.outboundPort, from));
}

function received(client: RawClient, part: string): Promise<string> {
  return client.until((text) => text.includes(part));
}

async function counted(kind: string, direction = "outbound"): Promise<number> {
  const name = "heddle_redirect_connections_total";
  return sample(await page(proxy, "/metrics"), name, direction, `kind="${kind}"`);
}

async function unmanaged(awaited: string): Promise<number> {
  return sample(await page(proxy, "/metrics"), "heddle_unmanaged_total", awaited);
}

/** Greets whoever comes, and says everything back. */
const greeter = () =>
  scene.raw((socket) => {
    socket.write("220 here\r\n");
    socket.pipe(socket);
  });

const mirror = () => scene.raw((socket) => socket.pipe(socket));

describe("a connection to a service", () => {
  beforeEach(async () => {
    proxy.serve("web", [(await scene.echo()).port]);
    bind(serviceAddress(1), serviceBinding("web"));
  });

  it("is served by the service's rules, and its Host goes on as it is", async () => {
    const client = await callerTo(WEB.host, WEB.port);
    client.send(GET);
    expect(await received(client, "[]")).toContain("GET /a elsewhere.example []");
    expect(await counted("service")).toBe(1);
    const line = JSON.parse(proxy.accessLog.at(-1) ?? "");
    expect(line).toMatchObject({
      originalDestination: "10.96.0.1:80",
      authority: "elsewhere.example",
      service: "svc/shop/web:80",
    });
  });

  it("may send its requests without waiting for answers", async () => {
    const client = await callerTo(WEB.host, WEB.port);
    client.send(GET + GET.replace("/a", "/b") + GET.replace("/a", "/c"));
    const text = await received(client, "GET /c");
    expect(text.match(/GET \/[abc] /g)).toEqual(["GET /a ", "GET /b ", "GET /c "]);
  });

  it("may send its first line byte by byte", async () => {
    const client = await callerTo(WEB.host, WEB.port);
    for (const byte of GET) {
      client.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await received(client, "[]")).toContain("GET /a ");
  });

  it("is asked for as a proxy asks, when a proxy stands there", async () => {
    const client = await callerTo(WEB.host, WEB.port);
    client.send("GET http://out.example/x HTTP/1.1\r\nHost: out.example\r\n\r\n");
    expect(await received(client, "[]")).toContain("GET http://out.example/x out.example []");
  });

  it("is carried as it is when it begins with CONNECT", async () => {
    proxy.serve("web", [(await mirror()).port]);
    await proxy.configured();
    const client = await callerTo(WEB.host, WEB.port);
    client.send("CONNECT out.example:443 HTTP/1.1\r\n\r\n");
    expect(await received(client, "CONNECT out.example")).toContain("HTTP/1.1\r\n\r\n");
  });

  it("is not let into another by CONNECT later on", async () => {
    const client = await callerTo(WEB.host, WEB.port);
    client.send(GET);
    await received(client, "[]");
    client.send("CONNECT out.example:443 HTTP/1.1\r\nHost: out.example\r\n\r\n");
    expect(await received(client, "heddle-error")).toContain("connect-not-allowed");
  });

  it("is a tunnel when the server speaks first", async () => {
    proxy.serve("web", [(await greeter()).port]);
    await proxy.configured();
    const client = await callerTo(WEB.host, WEB.port);
    await received(client, "220 here");
    client.send("EHLO\r\n");
    expect(await received(client, "EHLO")).toBe("220 here\r\nEHLO\r\n");
  });

  it("is reset when no endpoint can be reached and nobody has spoken", async () => {
    proxy.serve("web", [await closedPort()]);
    await proxy.configured();
    const client = await callerTo(WEB.host, WEB.port);
    expect(await client.untilClosed()).toBe("");
  });

  it("goes to the address itself where the service is none of the mesh's", async () => {
    proxy.redirects.place("10.96.0.2:80", (await scene.echo()).port);
    bind(serviceAddress(2), serviceBinding("absent"));
    const client = await callerTo("10.96.0.2", 80);
    client.send(GET);
    expect(await received(client, "[]")).toContain("GET /a ");
    expect(await unmanaged("destination")).toBe(0);
  });
});

describe("a connection to an endpoint that its caller chose", () => {
  it("goes there and nowhere else", async () => {
    const settings = { transparent: true, inbound: ANY, limits: PATIENT_LIMITS };
    proxy = await scene.proxy({ settings });
    const [chosen, other] = [await scene.echo(), await scene.echo()];
    proxy.serve("web", [other.port]);
    const address = loopbackEndpoint(chosen.port);
    const endpoint = { ...address, address: "10.0.0.7", port: 8080 };
    proxy.redirects.place("10.0.0.7:8080", chosen.port);
    const key = addressKey("10.0.0.7", 8080) ?? "";
    bind(key, {
      kind: "endpoint",
      service: serviceBinding("web").service,
      protocol: "detect",
      endpoint,
    });
    const client = await callerTo("10.0.0.7", 8080);
    for (const path of ["/1", "/2", "/3"]) {
      client.send(GET.replace("/a", path));
      await received(client, `GET ${path}`);
    }
    expect([chosen.connectionCount, other.connectionCount]).toEqual([1, 0]);
    expect(await counted("endpoint")).toBe(1);
    const metrics = await page(proxy, "/metrics");
    expect(sample(metrics, "response_total", 'dst_service="web"')).toBe(3);
  });
});

describe("a connection to an address that the mesh does not know", () => {
  it("is carried as it is, at once", async () => {
    proxy.redirects.place("192.0.2.9:25", (await greeter()).port);
    const client = await callerTo("192.0.2.9", 25);
    await received(client, "220 here");
    client.send("GET / HTTP/1.1\r\n\r\n");
    expect(await received(client, "GET / ")).toBe("220 here\r\nGET / HTTP/1.1\r\n\r\n");
    expect(await counted("unknown")).toBe(1);
  });

  it("is reset when nobody is there", async () => {
    proxy.redirects.place("192.0.2.9:81", await closedPort());
    expect(await (await callerTo("192.0.2.9", 81)).untilClosed()).toBe("");
  });
});

describe("a connection to the proxy itself", () => {
  it("is served as in explicit mode", async () => {
    proxy.serve("web", [(await scene.echo()).port]);
    const client = await scene.client(proxy.outboundPort);
    client.send("GET /e HTTP/1.1\r\nHost: web\r\n\r\n");
    await received(client, "GET /e");
    expect(await counted("explicit")).toBe(1);
  });
});
