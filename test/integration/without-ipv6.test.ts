/**
 * Servers that were told to listen at `[::]`, as the manifests of an installation say, on a machine
 * whose kernel has no IPv6: there Node's sockets are refused with EAFNOSUPPORT.
 */
import { Server } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import type { Address } from "../../base/address.ts";
import { type Log, silentLog } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { systemClock, systemTimers } from "../../base/platform/system.ts";
import { isRecord } from "../../base/shape.ts";
import { startAdminServer } from "../../operator/admin/admin-server.ts";
import { createPublisher } from "../../operator/publish/publisher.ts";
import { startControlServer } from "../../operator/publish/server.ts";
import { startAdminServer as startWebhookAdmin } from "../../webhook/admin-server.ts";
import { CertificateHolder } from "../../webhook/certificate/serving-certificate.ts";
import { startReviewServer } from "../../webhook/review-server.ts";
import { FakeObserver, FakeSink, FakeTable } from "../harness/fake-table.ts";

const EVERYWHERE: Address = { host: "::", port: 0 };

interface Started {
  readonly address: Address;
  stop(): Promise<void>;
}

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of ends.splice(0)) await end();
});

/** As a kernel without IPv6 does: everything else goes to the real one. */
function refuseIpv6(code = "EAFNOSUPPORT"): void {
  const listen = Server.prototype.listen;
  vi.spyOn(Server.prototype, "listen").mockImplementation(function (
    this: Server,
    wanted: unknown,
    whenListening?: () => void,
  ): Server {
    const isAny = isRecord(wanted) && wanted.host === "::";
    if (!isAny) return listen.call(this, wanted, whenListening);
    process.nextTick(() => this.emit("error", Object.assign(new Error(code), { code })));
    return this;
  });
}

async function startOperatorsAdmin(address: Address, log: Log): Promise<Started> {
  return await startAdminServer({ address, pages: new Map(), log });
}

async function startControl(address: Address, log: Log): Promise<Started> {
  const parts = { clock: systemClock, timers: systemTimers, log, observer: new FakeObserver() };
  const publisher = createPublisher({
    ...parts,
    resources: new FakeTable(),
    programmed: new FakeSink(),
    stats: { reported: () => {} },
    operator: { name: "test", version: "0" },
  });
  const certificate = { leaf: null, subscribe: () => () => {} };
  const authenticate = () => Promise.reject(new Error("nobody comes"));
  const security = { certificate, authenticator: { authenticate } };
  const server = await startControlServer({ ...parts, publisher, address, security });
  const place = server.address;
  if ("path" in place) throw new Error("a port was asked for");
  const stop = (): Promise<void> => {
    publisher.stop();
    return server.close();
  };
  return { address: place, stop };
}

async function startReviews(address: Address, log: Log): Promise<Started> {
  const holder = new CertificateHolder({ taken: () => {}, refused: () => {} });
  const turnedAway = (): void => {};
  return await startReviewServer({ address, holder, handlers: new Map(), turnedAway, log });
}

async function startWebhooksAdmin(address: Address, log: Log): Promise<Started> {
  const metrics = new Metrics({ clock: systemClock });
  return await startWebhookAdmin({ address, metrics, problem: () => "", log });
}

const SERVERS = [
  ["the operator's admin port", startOperatorsAdmin],
  ["the control port", startControl],
  ["the webhook's port", startReviews],
  ["the webhook's admin port", startWebhooksAdmin],
] as const;

it.each(SERVERS)("%s is at all addresses of IPv4, and says so", async (_name, start) => {
  refuseIpv6();
  const told: string[] = [];
  const log = { ...silentLog, info: (message: string) => void told.push(message) };
  const server = await start(EVERYWHERE, log);
  ends.push(server.stop);
  expect(server.address.host).toBe("0.0.0.0");
  expect(server.address.port).toBeGreaterThan(0);
  expect(told).toEqual(["this machine has no IPv6: listening on IPv4 alone"]);
});

it.each(SERVERS)("%s is not moved for any other reason", async (_name, start) => {
  refuseIpv6("EACCES");
  await expect(start(EVERYWHERE, silentLog)).rejects.toThrow("EACCES");
});

it.each(SERVERS)("%s is at the addresses of both where there are both", async (_name, start) => {
  const server = await start(EVERYWHERE, silentLog);
  ends.push(server.stop);
  expect(server.address.host).toBe("::");
});
