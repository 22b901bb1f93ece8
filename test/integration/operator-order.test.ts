/** In which order an operator over a cluster starts and stops, as the API server sees it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatAddress } from "../../base/address.ts";
import { silentLog } from "../../base/log.ts";
import { createSeededRandom } from "../../base/random.ts";
import { isRecord } from "../../base/shape.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { TransportRequest } from "../../kube/transport.ts";
import {
  type KubernetesOrigin,
  type RunningOperator,
  startOperator,
} from "../../operator/start-operator.ts";
import { fillCluster, PATHS, split } from "../harness/cluster-objects.ts";
import { FakeApiServer } from "../harness/fake-api-server.ts";
import { until, untilInTime } from "../harness/until.ts";
import { LooseProxy } from "../kubernetes/harness/loose-proxy.ts";

const ANY = { host: "127.0.0.1", port: 0 };
/** A quarter of it is without farewells: more looks, of a millisecond each, than a test takes. */
const HAND_OVER_MS = 60_000;
const LEASES = "/apis/coordination.k8s.io/v1/leases";
const CONFIG_MAPS = "/api/v1/configmaps";
const KEPT = [
  ...["/api/v1/secrets", CONFIG_MAPS, "/apis/events.k8s.io/v1/events"],
  ...["mutatingwebhookconfigurations", "validatingwebhookconfigurations"].map(
    (plural) => `/apis/admissionregistration.k8s.io/v1/${plural}`,
  ),
];

let timers: ManualTimers;
let server: FakeApiServer;
/** What was asked of the API server, and what of it ended before it was answered. */
let order: string[];
let stop: AbortController;
let ends: (() => Promise<void>)[];
/** Until then nobody hears that the Lease was given back. */
let givenBack: Promise<void>;

beforeEach(() => {
  timers = new ManualTimers();
  server = new FakeApiServer(timers);
  fillCluster(server);
  for (const path of KEPT) server.serve(path);
  order = [];
  stop = new AbortController();
  ends = [];
  givenBack = Promise.resolve();
});

afterEach(async () => {
  server.interfere = () => undefined;
  for (const end of ends.reverse()) await end();
});

/** What only the one that leads does, and what is said at the very end. */
function nameOf({ method, path, body }: TransportRequest): string {
  const [place = ""] = path.split("?");
  if (place.includes("/leases")) {
    const isGivenBack = method === "PUT" && body.includes('"holderIdentity":""');
    return isGivenBack ? "lease given back" : method === "GET" ? "lease read" : "lease";
  }
  if (method === "GET") return path.includes("watch=true") ? "watch" : "";
  if (place.endsWith("/status")) return "status";
  if (place.includes("/configmaps/")) return "config map";
  return "";
}

const transport = {
  send: async (request: TransportRequest) => {
    const name = nameOf(request);
    if (name !== "" && name !== "watch") order.push(name);
    const ended = (): void => void order.push(`${name} ended`);
    if (name === "lease given back") await givenBack;
    const answer = server.send(request);
    if (name === "watch") request.signal.addEventListener("abort", ended, { once: true });
    else if (name !== "") answer.catch(ended);
    return await answer;
  },
  close: () => void order.push("transport closed"),
};

function start(origin: Partial<KubernetesOrigin> = {}): Promise<RunningOperator> {
  return startOperator({
    from: {
      ...{ type: "kubernetes", transport, random: createSeededRandom(1) },
      ...{ namespace: "heddle", identity: "one", ...origin },
    },
    ...{ stop: stop.signal, control: ANY, admin: ANY, clusterDomain: "cluster.local" },
    ...{ clock: timers.clock, timers, log: silentLog },
  });
}

async function readiness({ admin }: RunningOperator): Promise<string> {
  const response = await fetch(`http://${formatAddress(admin)}/ready`);
  return `${response.status} ${await response.text()}`;
}

const inTime = (what: string, isSo: () => boolean | Promise<boolean>) =>
  untilInTime(timers, 50, () => `${what}: ${order.slice(-20).join(", ")}`, isSo);

function holder(): unknown {
  const [lease] = server.objects(LEASES);
  return isRecord(lease?.spec) ? lease.spec.holderIdentity : undefined;
}

/** Resolves while time passes. */
async function passes<T>(what: string, happening: Promise<T>): Promise<T> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  happening.then(over, over);
  await inTime(what, () => isOver);
  return await happening;
}

const writes = () => order.filter((name) => name !== "watch ended" && name !== "lease read");
const firstOf = (...names: readonly string[]) => names.map((name) => order.indexOf(name));

describe("an operator that starts", () => {
  it("reads everything before it wants to lead, and leads before it writes", async () => {
    server.interfere = ({ path }) => (path === PATHS.splits ? { silent: true } : undefined);
    let hasStarted = false;
    const starting = start().then((running) => {
      hasStarted = true;
      ends.push(() => passes("it has stopped", running.stop()));
      return running;
    });
    await inTime("others are followed", () => server.watchCount(PATHS.services) === 1);
    expect([hasStarted, order.filter((name) => name !== "watch ended")]).toEqual([false, []]);
    server.interfere = () => undefined;
    const running = await passes("it has started", starting);
    expect(await readiness(running)).toMatch(/^200 ready/);
    await inTime("status is written", () => order.includes("status"));
    const [lease = -1, status = -1] = firstOf("lease", "status");
    expect(lease).toBeGreaterThanOrEqual(0);
    expect(status).toBeGreaterThan(lease);
  });

  it("never leads when it is told to stop before it has read everything", async () => {
    server.interfere = ({ path }) => (path === PATHS.splits ? { silent: true } : undefined);
    const starting = start();
    await inTime("others are followed", () => server.watchCount(PATHS.services) === 1);
    stop.abort("SIGTERM");
    const running = await passes("it has started", starting);
    expect(await readiness(running)).toMatch(/^503 /);
    await passes("it has stopped", running.stop());
    const others = order.filter((name) => name !== "watch ended");
    expect(others).toEqual(["transport closed"]);
    expect(server.watchCount(PATHS.services)).toBe(0);
    expect(server.objects(LEASES)).toEqual([]);
  });
});

describe("an operator that stops", () => {
  it("is not ready, ends its writes, gives the Lease back, and ends its watches last", async () => {
    const running = await start({ secure: { host: "127.0.0.1", ownsWebhook: true } });
    await inTime("it keeps what it leads for", () => {
      return order.includes("status") && server.objects(CONFIG_MAPS).length > 0;
    });
    // Both writes are under way, and get no answer.
    server.interfere = ({ method, path }) =>
      method === "PATCH" && /status$|configmaps/.test(path) ? { silent: true } : undefined;
    order.length = 0;
    server.put(PATHS.splits, split(50, 2));
    server.remove(CONFIG_MAPS, "heddle-ca");
    await inTime("it writes", () => order.includes("status") && order.includes("config map"));
    expect(holder()).toBe("one");
    const goOn = Promise.withResolvers<void>();
    givenBack = goOn.promise;
    order.length = 0;
    const stopping = running.stop();
    await until("it gives the Lease back", () => order.includes("lease given back"));
    expect(writes()).toEqual(["config map ended", "status ended", "lease given back"]);
    expect(await readiness(running)).toBe("503 about to stop\n");
    expect(server.watchCount(PATHS.services)).toBe(1);
    goOn.resolve();
    await passes("it has stopped", stopping);
    const afterwards = order.slice(order.indexOf("lease given back") + 1, -1);
    expect(afterwards).toContain("watch ended");
    expect(afterwards.filter((name) => !/^(watch ended|lease read)/.test(name))).toEqual([]);
    expect(order.at(-1)).toBe("transport closed");
    expect(holder()).toBe("");
  });

  it("serves its proxies on when another one may lead already", async () => {
    const running = await start({ replicas: { handOverMs: HAND_OVER_MS } });
    await inTime("it leads", () => holder() === "one");
    if ("path" in running.control) throw new Error("it listens at a path");
    const proxy = new LooseProxy("web-1", "shop", [formatAddress(running.control)]);
    ends.push(async () => proxy.stop());
    await until("the proxy has what it wants", () => proxy.revision !== "");
    const before = proxy.revision;
    let isOver = false;
    const stopping = running.stop().then(() => {
      isOver = true;
    });
    await until("the Lease is given back", () => holder() === "");
    expect(await readiness(running)).toBe("503 about to stop\n");
    server.put(PATHS.splits, split(50, 2));
    await until("the proxy has the edit", () => {
      timers.advance(1);
      return proxy.revision !== before;
    });
    expect(isOver).toBe(false);
    await passes("it has stopped", stopping);
    await until("the proxy has left", () => proxy.operator === "");
    expect(server.watchCount(PATHS.services)).toBe(0);
  });
});
