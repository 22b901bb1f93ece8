/** What applications say to each other over intercepted connections, by programs of others. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findProgram } from "../../../tools/system-packages.ts";
import { describeInNamespaces } from "../../harness/namespaces.ts";
import { APP_UID, type Pod, type PodProcess } from "../../harness/pod.ts";
import { PodMesh } from "../../harness/pod-mesh.ts";
import type { ServiceAddresses } from "../../harness/pod-network.ts";
import { RedirectCounts } from "../../harness/redirect-counts.ts";
import { sumSeries } from "../../harness/sum-series.ts";
import { until } from "../../harness/until.ts";
import { CarriageWatch } from "./carriage.ts";
import { expectTable, FAMILIES, type Family, type Placement, Row } from "./interception-doc.ts";
import { createProtocols } from "./protocols.ts";
import { PORTS, RealServers, TLS_NAME } from "./real-servers.ts";
import { missingPrograms, type Place, type SpokenProtocol } from "./spoken-protocol.ts";

/** A busy machine may tell what an address is too late, some times in a row. */
const TRIES_MAX = 10;
const GREETING_MS_MAX = 200;
/** Services in front of one server: each is dialled as if for the first time. */
const MAIL_SERVICES = 10;
const MAIL_PORT = 2600;
const LONG_MS_MAX = 240_000;

describeInNamespaces("what applications say, intercepted", () => {
  const servers = new RealServers();
  const protocols = createProtocols(servers);
  const rows = new Map(protocols.map((protocol) => [protocol.name, new Row(protocol)]));
  const services = new Map<string, ServiceAddresses>();
  /** By port. */
  const mailServices = new Map<number, ServiceAddresses>();
  let mesh: PodMesh;
  let client: Pod;
  let server: Pod;
  let clientProxy: PodProcess;
  let serverProxy: PodProcess;

  beforeAll(async () => {
    mesh = new PodMesh();
    client = mesh.network.addPod("client");
    server = mesh.network.addPod("server");
    for (const { name, port, targetPort = port } of protocols) {
      const service = `on-${port}`;
      services.set(name, mesh.addService(service, port, [server], { targetPort }));
    }
    for (let port = MAIL_PORT; port < MAIL_PORT + MAIL_SERVICES; port += 1) {
      const options = { targetPort: PORTS.smtp };
      mailServices.set(port, mesh.addService(`mail-${port}`, port, [server], options));
    }
    await Promise.all([servers.start(server), mesh.startOperator()]);
  }, LONG_MS_MAX);

  afterAll(async () => {
    await mesh.close();
    servers.remove();
  });

  const watchesOf = (placement: Placement): readonly CarriageWatch[] => [
    ...(placement === "server" ? [] : [new CarriageWatch(mesh, client, "outbound")]),
    ...(placement === "client" ? [] : [new CarriageWatch(mesh, server, "inbound")]),
  ];

  /** How it was carried by all that intercept. */
  const carry = async (
    protocol: SpokenProtocol,
    placement: Placement,
    family: Family,
  ): Promise<string> => {
    const to = placeOf(protocol, services.get(protocol.name), family);
    for (let tries = 1; ; tries += 1) {
      const watches = watchesOf(placement);
      for (const watch of watches) await watch.begin();
      await protocol.say(client, to);
      for (const watch of watches) await watch.end();
      if (tries < TRIES_MAX && watches.some((watch) => watch.wasUnmanaged)) continue;
      return [...new Set(watches.map((watch) => watch.carriage))].join(", ");
    }
  };

  const tryAll = (placement: Placement): void => {
    for (const protocol of protocols) {
      const missing = missingPrograms(protocol);
      const hint = missing.length === 0 ? "" : ` (skipped: there is no ${missing.join(", ")})`;
      it.skipIf(missing.length > 0)(`${protocol.name}${hint}`, async () => {
        for (const family of FAMILIES) {
          const result = await carry(protocol, placement, family);
          rows.get(protocol.name)?.set(placement, family, result);
          expect(result, family).toMatch(/^(requests|bytes)$/);
        }
      });
    }
  };

  describe("at the client", () => {
    beforeAll(async () => {
      clientProxy = await mesh.startProxy(client, "--access-log", "json");
    }, LONG_MS_MAX);

    tryAll("client");

    it.skipIf(!isThere("nginx"))("tells of the server that TLS names", async () => {
      await until("the log tells it", () => clientProxy.stdout.includes(`"sni":"${TLS_NAME}"`));
    });
  });

  describe("at the server", () => {
    beforeAll(async () => {
      expect(await client.heddle(["init", "--undo"])).toMatchObject({ code: 0 });
      serverProxy = await mesh.startProxy(server, "--access-log", "json");
    }, LONG_MS_MAX);

    tryAll("server");

    it.skipIf(!isThere("nginx"))("tells of the server that TLS names", async () => {
      await until("the log tells it", () => serverProxy.stdout.includes(`"sni":"${TLS_NAME}"`));
    });
  });

  describe("at both", () => {
    beforeAll(async () => {
      expect(await client.heddle(["init"])).toMatchObject({ code: 0 });
    }, LONG_MS_MAX);

    tryAll("both");

    it.skipIf(!isThere("aiosmtpd"))("greets at once where the server speaks first", async () => {
      const agent = client.startAgent({ uid: APP_UID });
      const counts = new RedirectCounts(mesh, client);
      let bestMs = Number.POSITIVE_INFINITY;
      for (const [port, service] of mailServices) {
        for (const family of FAMILIES) {
          const before = await counts.of("service");
          const { text, firstByteMs } = await agent.greeting(service[family], port, "QUIT\r\n");
          expect(text).toMatch(/^220 .*\r\n221 /s);
          if ((await counts.of("service")) > before) bestMs = Math.min(bestMs, firstByteMs);
        }
        if (bestMs < GREETING_MS_MAX) break;
      }
      expect(bestMs).toBeLessThan(GREETING_MS_MAX);
      const page = await mesh.page(client, "/metrics");
      const detected =
        'heddle_detect_connections_total{direction="outbound",result="server-first"}';
      expect(sumSeries(page, detected)).toBeGreaterThan(0);
    });

    it.skipIf(!isThere("nginx"))("brings a gibibyte whole", { timeout: LONG_MS_MAX }, async () => {
      const { urlHost, port } = placeOf(protocols[0], services.get("HTTP/1.1"), "ipv4");
      const fetch = `curl -sSf http://${urlHost}:${port}/large | sha256sum`;
      const came = await client.run(["sh", "-c", fetch], { uid: APP_UID });
      const meant = await server.run(["sh", "-c", `sha256sum <${servers.largeFile}`]);
      expect(came.stdout).toBe(meant.stdout);
    });

    it("is what docs/interception.md says", () => {
      const skipped = protocols.filter((one) => missingPrograms(one).length > 0);
      const tried = protocols.filter((one) => !skipped.includes(one));
      expectTable(
        tried.flatMap(({ name }) => rows.get(name) ?? []),
        skipped.map(({ name }) => name),
      );
    });
  });
});

function isThere(server: "nginx" | "aiosmtpd"): boolean {
  return findProgram(server) !== undefined && findProgram("openssl") !== undefined;
}

function placeOf(
  protocol: SpokenProtocol | undefined,
  addresses: ServiceAddresses | undefined,
  family: Family,
): Place {
  if (protocol === undefined || addresses === undefined) throw new Error("no such service");
  const host = addresses[family];
  return { host, urlHost: family === "ipv6" ? `[${host}]` : host, port: protocol.port };
}
