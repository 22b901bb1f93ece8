/**
 * A whole proxy on its way out, without a kernel, configured as `bench/peers` has it: what our own
 * code takes for a request and its answer. Two in one process would be compiled for one another.
 */
import { silentLog } from "../../base/log.ts";
import { createSeededRandom } from "../../base/random.ts";
import { readManifests } from "../../crds/read-manifests.ts";
import { re2Regexes } from "../../mesh/re2-regex.ts";
import { compileService } from "../../operator/index/compile-service.ts";
import { nothingDirty, ObjectView } from "../../operator/index/object-view.ts";
import { objectId } from "../../operator/sources/object-source.ts";
import { ProxyApp } from "../../proxy/app.ts";
import { OpenSockets } from "../../proxy/net/open-sockets.ts";
import { ControlWorld } from "../../test/harness/control-world.ts";
import { endpoint } from "../../test/harness/fake-table.ts";
import { TEST_OPERATOR, testSettings, WITHOUT_PROCESS } from "../../test/harness/test-settings.ts";
import { contenderObjects } from "../peers/heddle.ts";
import type { Subject } from "./harness.ts";
import { MemoryNetwork, MemoryStream } from "./memory-network.ts";

const OUTBOUND_PORT = 1;
const REQUEST = Buffer.from(
  "GET /api/r7/item HTTP/1.1\r\nHost: web.bench\r\nUser-Agent: wrk\r\n\r\n",
);
const ANSWER = Buffer.from(
  "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 23 Nov 2026 03:00:00 GMT\r\n" +
    "Content-Type: text/plain\r\nContent-Length: 96\r\nConnection: keep-alive\r\n\r\n" +
    "x".repeat(96),
);
/** So many requests come in a millisecond, on as many connections. */
const CONNECTIONS = 64;

/** What the proxy would get of an operator that reads these objects. */
function fill(world: ControlWorld, everything: boolean): void {
  const view = new ObjectView();
  const text = contenderObjects([8001, 8002], everything)
    .map((one) => JSON.stringify(one))
    .join("\n---\n");
  for (const { object } of readManifests(text, "mesh.yaml").objects) {
    if (object !== null) view.replace(objectId(object.ref), object, nothingDirty());
  }
  for (const [index, name] of ["web", "web-v1", "web-v2"].entries()) {
    for (const { key, base } of compileService(view.inputs(`bench/${name}`)).ports) {
      world.table.put("destination", key, base.body);
      const endpoints = [endpoint(index, { address: "127.0.0.1", port: 8001 + (index % 2) })];
      const set = { service: key, source: "files", synced: true, endpoints };
      world.table.put("endpoints", key, set);
    }
  }
}

export async function requestThroughProxy(name: string, everything: boolean): Promise<Subject> {
  const world = new ControlWorld(1, 0);
  world.replica(TEST_OPERATOR);
  fill(world, everything);
  const { timers } = world;
  const network = new MemoryNetwork();
  const outbound = { host: "127.0.0.1", port: OUTBOUND_PORT };
  const app = new ProxyApp(testSettings({ namespace: "bench", outbound, accessLog: null }), {
    clock: timers.clock,
    timers,
    random: createSeededRandom(1),
    log: silentLog,
    network,
    sockets: new OpenSockets(null),
    connect: world.network.connector(),
    loadRegexes: () => Promise.resolve(re2Regexes),
    writeAccessLog: () => {},
    ...WITHOUT_PROCESS,
  });
  await app.start();
  const callers = Array.from({ length: CONNECTIONS }, () => {
    const caller = new MemoryStream(2, () => {});
    network.accepts.get(OUTBOUND_PORT)?.(caller);
    return caller;
  });
  let answered = 0;
  /** Everybody asks at once, and is answered in the same turn. */
  const turn = (): void => {
    for (const caller of callers) caller.handler.onRead(REQUEST, 0, REQUEST.length);
    for (let one = network.dialled.pop(); one !== undefined; one = network.dialled.pop()) {
      one.handler.onConnected();
    }
    for (let one = network.asked.pop(); one !== undefined; one = network.asked.pop()) {
      one.take();
      one.handler.onRead(ANSWER, 0, ANSWER.length);
    }
    for (const caller of callers) if (caller.take() > 0) answered += 1;
    timers.advance(1);
  };
  // Names are looked up, connections are opened.
  for (let warm = 0; warm < 1_000; warm += 1) turn();
  const before = answered;
  turn();
  if (answered - before !== CONNECTIONS) throw new Error(`${name}: answered ${answered - before}`);
  const run = (times: number): number => {
    for (let done = 0; done < times; done += CONNECTIONS) turn();
    return answered;
  };
  return { name, run };
}
