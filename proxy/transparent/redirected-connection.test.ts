import { beforeEach, describe, expect, it } from "vitest";
import { endpoint, service } from "../../test/harness/fake-table.ts";
import {
  ENDPOINT,
  MEANT,
  MEANT_TEXT,
  OUTSIDE_MS,
  RedirectedScene,
  TICK_MS,
} from "../../test/harness/redirected-scene.ts";
import { sampleHello, serverName } from "../../wire/tls/sample-hello.ts";
import { FIRST_ANSWER_MS } from "../outbound/address-table.ts";
import { WAITING_MAX } from "../outbound/destination-table.ts";
import { FIRST_CONFIG_MS } from "../outbound/outbound.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

let scene: RedirectedScene;

beforeEach(() => {
  scene = new RedirectedScene();
});

describe("while its address is being asked about", () => {
  it("is not read, and goes on when the word comes", () => {
    scene.begin();
    expect([scene.stream.paused, scene.dialled]).toEqual([true, []]);
    scene.decide("live");
    scene.say();
    expect([scene.stream.paused, scene.kinds("service")]).toEqual([false, 1]);
    scene.stream.receive(GET);
    expect(scene.served).toEqual(["/"]);
  });

  it("ends with its client", () => {
    scene.begin().stream.close("reset");
    scene.expectGone();
    scene.say();
    expect(scene.dialled).toEqual([]);
  });

  it("is reset when the proxy goes", () => {
    scene.begin().connections.drain();
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
  });

  it("goes where it was meant to when nothing is heard", () => {
    scene.begin().timers.advance(FIRST_ANSWER_MS + TICK_MS);
    expect(scene.dialled).toEqual([MEANT.host]);
    expect([scene.kinds("unmanaged"), scene.unmanaged("address")]).toEqual([1, 1]);
    scene.network.connectNewest();
    scene.stream.receive(GET);
    scene.endpoint.receive("answer");
    expect([scene.endpoint.written, scene.stream.written]).toEqual([GET, "answer"]);
  });
});

describe("to an address that the mesh does not know", () => {
  beforeEach(() => {
    scene.begin().say(null);
  });

  it("is dialled at once, and a name in a ClientHello is seen in passing", () => {
    expect([scene.dialled, scene.kinds("unknown")]).toEqual([[MEANT.host], 1]);
    scene.network.connectNewest();
    const hello = sampleHello(serverName("out.example"));
    scene.stream.handler.onRead(hello, 0, hello.length);
    expect(scene.endpoint.written).toBe(Buffer.from(hello).toString("latin1"));
    scene.stream.close("closed");
    scene.endpoint.close("closed");
    expect(scene.lines).toMatchObject([
      { sni: "out.example", originalDestination: MEANT_TEXT, reason: "closed" },
    ]);
    scene.expectGone();
  });

  it("is reset when nobody is there", () => {
    scene.endpoint.close("refused");
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
  });

  it("is waited for longer than what can be tried elsewhere", () => {
    scene.timers.advance(OUTSIDE_MS - TICK_MS);
    expect(scene.stream.closed).toBe(false);
    scene.timers.advance(2 * TICK_MS);
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
  });

  it("is cut on both sides when the proxy stops", () => {
    scene.network.connectNewest();
    scene.abort();
    expect([scene.stream.wasReset, scene.endpoint.wasReset]).toEqual([true, true]);
    scene.expectGone();
  });
});

describe("to a service", () => {
  beforeEach(() => {
    scene.begin().say();
  });

  it("is served as requests when its first bytes are one, with nobody dialled", () => {
    scene.stream.receive("GET / HT");
    scene.stream.receive("TP/1.1\r\nHost: a\r\n\r\n");
    expect([scene.served, scene.dialled]).toEqual([["/"], []]);
    expect(scene.connections.size).toBe(1);
    scene.stream.close("closed");
    scene.expectGone();
  });

  it("has an endpoint dialled while it is silent, which is let go when it makes requests", () => {
    scene.decide("live");
    scene.beSilent();
    expect(scene.dialled).toEqual([ENDPOINT]);
    scene.network.connectNewest();
    scene.stream.receive(GET);
    expect([scene.served, scene.endpoint.closed]).toEqual([["/"], true]);
    expect(scene.lines).toEqual([]);
  });

  it("is a tunnel when the server speaks first", () => {
    scene.decide("live");
    scene.beSilent();
    scene.network.connectNewest().receive("220 db");
    expect(scene.stream.written).toBe("220 db");
    scene.stream.receive("EHLO");
    expect([scene.endpoint.written, scene.served]).toEqual(["EHLO", []]);
  });

  it("is a tunnel when its bytes are no request, and that has a client's name", () => {
    scene.decide("live");
    const hello = sampleHello(serverName("db.shop"));
    scene.stream.handler.onRead(hello, 0, hello.length);
    scene.network.connectNewest();
    expect(scene.endpoint.written).toHaveLength(hello.length);
    scene.abort();
    expect(scene.lines).toMatchObject([{ sni: "db.shop", reason: "stopped" }]);
    scene.expectGone();
  });

  it("is reset when no endpoint can be reached, whether anybody spoke or not", () => {
    scene.decide("live");
    scene.beSilent();
    scene.endpoint.close("refused");
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
    const other = new RedirectedScene();
    other.begin().say();
    other.decide("live");
    other.stream.receive("PING\r\n");
    other.endpoint.close("refused");
    expect(other.stream.wasReset).toBe(true);
    other.expectGone();
  });

  it("ends with its client, with and without an endpoint", () => {
    scene.decide("live");
    scene.stream.close("closed");
    scene.expectGone();
    const other = new RedirectedScene();
    other.begin().say();
    other.decide("live");
    other.beSilent();
    other.stream.close("reset");
    other.expectGone();
  });

  it("is reset when the proxy goes and nobody has spoken", () => {
    scene.decide("live");
    scene.beSilent();
    scene.connections.drain();
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
  });
});

describe("to a service that is not known yet", () => {
  beforeEach(() => {
    scene.begin().say().stream.receive("PING\r\n");
  });

  it("waits when it is opaque, and is a tunnel when the word comes", () => {
    expect(scene.dialled).toEqual([]);
    scene.decide("live");
    expect(scene.dialled).toEqual([ENDPOINT]);
    expect(scene.network.connectNewest().written).toBe("PING\r\n");
  });

  it("goes where it was meant to when there is no such service", () => {
    scene.decide("absent");
    expect([scene.dialled, scene.unmanaged("destination")]).toEqual([[MEANT.host], 0]);
  });

  it("is reset when the service cannot be served", () => {
    scene.decide("invalid");
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
  });

  it("goes where it was meant to when nothing is heard", () => {
    scene.timers.advance(FIRST_CONFIG_MS + TICK_MS);
    expect([scene.dialled, scene.unmanaged("destination")]).toEqual([[MEANT.host], 1]);
    expect(scene.destination?.waiting.size).toBe(0);
    scene.decide("live");
    expect(scene.dialled).toEqual([MEANT.host]);
  });

  it("ends with its client", () => {
    scene.stream.close("closed");
    scene.expectGone();
  });

  it("is let be when the proxy goes, until that is over", () => {
    scene.connections.drain();
    expect(scene.stream.closed).toBe(false);
    scene.abort();
    expect(scene.stream.wasReset).toBe(true);
    scene.expectGone();
  });
});

it("does not wait where too many wait already", () => {
  const slot = scene.destination;
  for (let count = 0; count < WAITING_MAX; count += 1) {
    slot?.waiting.add({ destinationDecided: () => {} });
  }
  scene.begin().say().stream.receive("PING\r\n");
  expect([scene.dialled, scene.unmanaged("destination")]).toEqual([[MEANT.host], 1]);
});

it("waits for a service while it is silent, and dials when that is known", () => {
  scene.begin().say().beSilent();
  expect(scene.dialled).toEqual([]);
  scene.decide("live");
  expect(scene.dialled).toEqual([ENDPOINT]);
  scene.network.connectNewest().receive("220 db");
  expect(scene.stream.written).toBe("220 db");
});

it("makes requests at once that had been silent while a service was waited for", () => {
  scene.begin().say().beSilent();
  scene.stream.receive(GET);
  expect(scene.served).toEqual(["/"]);
  scene.decide("live");
  expect(scene.dialled).toEqual([]);
});

it("goes to the endpoint that its caller chose", () => {
  scene.destination = null;
  scene.hint = "opaque";
  const chosen = endpoint(1, { address: MEANT.host, port: MEANT.port });
  scene
    .begin()
    .say({ kind: "endpoint", service: service("db"), protocol: "opaque", endpoint: chosen });
  expect([scene.dialled, scene.kinds("endpoint")]).toEqual([[ENDPOINT], 1]);
});
