/**
 * What a request costs where there is much to choose from: a thousand routes against ten, and a
 * thousand endpoints against two. Heddle against itself, on real sockets.
 *
 * Both sides of the second pair have as many connections to servers: a bound for each endpoint, a
 * thousand callers, and servers that take their time. They are asked at one rate, far below what
 * either can do: as fast as each can, the side with one connection to each endpoint would also
 * be measured at letting requests wait for it. The third pair is as fast as each can be all the
 * same, with spare connections, so that nothing waits. There of two pools the connection used last
 * is used again, still in the processor's caches, and of a thousand pools each has one that was
 * not used for long.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "./child.ts";
import type { Contender, Place } from "./contender.ts";
import { ratioOf, type ScaleFigures } from "./figures.ts";
import { createHeddle, endpointSlice, service } from "./heddle.ts";
import { type LoadTools, loadAtRate, saturate } from "./load.ts";
import {
  measureAtRate,
  measureSaturation,
  type RoundSettings,
  startWarm,
  type Target,
} from "./rounds.ts";

const MANY = 1_000;
const ENDPOINTS_FEW = 2;
const ROUTES_FEW = 10;
/** To servers, all endpoints together; and from callers. */
const CONNECTIONS = 1_000;
/** Of a thousand, each takes two requests at a time now and then, and hardly ever more. */
const SPARE_CONNECTIONS = 2;
/** Under load, until all connections are open that will be. */
const COUNTED_AFTER_S = 2;
const RATE_FOUND_IN_S = 3;
/** Of what the slower side can do. Then about one connection in six is busy, and few wait. */
const RATE_SHARE = 0.25;

const SERVERS = fileURLToPath(new URL("slow-servers.ts", import.meta.url));

interface Side {
  readonly name: string;
  readonly objects: (place: Place) => readonly object[];
  readonly flags: readonly string[];
}

interface Pair {
  readonly what: string;
  readonly connections: number;
  /** Both sides at one rate; otherwise each as fast as it can. */
  readonly atOneRate: boolean;
  /** Of the servers that this bench starts for itself. */
  readonly takesMany: boolean;
  readonly few: Side;
  readonly many: Side;
}

const PAIRS: readonly Pair[] = [
  {
    what: `${MANY} routes against ${ROUTES_FEW}`,
    connections: 64,
    atOneRate: false,
    takesMany: false,
    few: routesSide(ROUTES_FEW),
    many: routesSide(MANY),
  },
  {
    what: `${MANY} endpoints against ${ENDPOINTS_FEW}, ${CONNECTIONS} connections each`,
    connections: CONNECTIONS,
    atOneRate: true,
    takesMany: true,
    few: endpointsSide(ENDPOINTS_FEW),
    many: endpointsSide(MANY),
  },
  {
    what: `${MANY} endpoints against ${ENDPOINTS_FEW}, ${CONNECTIONS} requests under way`,
    connections: CONNECTIONS,
    atOneRate: false,
    takesMany: true,
    few: endpointsSide(ENDPOINTS_FEW, SPARE_CONNECTIONS),
    many: endpointsSide(MANY, SPARE_CONNECTIONS),
  },
];

export interface ScaleOptions extends Omit<RoundSettings, "connections"> {
  /** The usual ones, fast, for what does not need many. */
  readonly backendPorts: readonly [number, number];
  readonly tools: LoadTools;
  /** With ports for backends that are free: this bench's own servers listen there. */
  readonly makePlace: (name: string) => Promise<Place>;
}

/** One pair after the other; both sides of it are up, and take turns. */
export async function measureScale(options: ScaleOptions): Promise<readonly ScaleFigures[]> {
  const place = await options.makePlace("many-servers");
  const servers = startServers(place);
  try {
    const figures: ScaleFigures[] = [];
    for (const pair of PAIRS) {
      options.tell(pair.what);
      const ports = pair.takesMany ? place.backendPorts : options.backendPorts;
      const measured = await measurePair(pair, ports, options);
      if (measured !== undefined) figures.push(measured);
    }
    return figures;
  } finally {
    await servers.stop();
  }
}

async function measurePair(
  pair: Pair,
  backendPorts: readonly [number, number],
  options: ScaleOptions,
): Promise<ScaleFigures | undefined> {
  const { connections } = pair;
  const started: { readonly contender: Contender; readonly place: Place; target: Target }[] = [];
  try {
    for (const { name, objects, flags } of [pair.few, pair.many]) {
      const place = { ...(await options.makePlace(name)), backendPorts };
      const contender = createHeddle({ name, objects: objects(place), flags });
      await contender.prepare(place);
      const target = await startWarm({ contender, place }, options.tools, connections);
      started.push({ contender, place, target });
    }
    const targets = started.map(({ target }) => target);
    const settings = { ...options, connections };
    const rate = pair.atOneRate ? await findRate(targets, options.tools, connections) : 0;
    const costs =
      rate > 0
        ? await measureAtRate(targets, options.tools, rate, settings)
        : await measureSaturation(targets, options.tools, settings);
    const [few, many] = [costs.get(pair.few.name), costs.get(pair.many.name)];
    const ratio = ratioOf(many, few);
    if (few === undefined || many === undefined || ratio === undefined) return undefined;
    const open: number[] = [];
    for (const { place } of started) {
      open.push(await countConnections(place, options.tools, connections, rate));
    }
    return {
      what: pair.what,
      fewUsPerRequest: few.cpuUsPerRequest,
      manyUsPerRequest: many.cpuUsPerRequest,
      ratio,
      fewPerSecond: few.requestsPerSecond,
      manyPerSecond: many.requestsPerSecond,
      fewConnections: open[0] ?? 0,
      manyConnections: open[1] ?? 0,
    };
  } finally {
    for (const { contender, target } of started) {
      await target.child.stop();
      await contender.release();
    }
  }
}

/** A round number of requests a second. */
async function findRate(
  targets: readonly Target[],
  tools: LoadTools,
  connections: number,
): Promise<number> {
  const rates: number[] = [];
  for (const { port } of targets) {
    rates.push((await saturate(tools, port, connections, RATE_FOUND_IN_S)).requestsPerSecond);
  }
  return Math.ceil((Math.min(...rates) * RATE_SHARE) / 100) * 100;
}

/** Those to servers under load: when it ends, callers go, and what was under way goes with them. */
async function countConnections(
  place: Place,
  tools: LoadTools,
  connections: number,
  rate: number,
): Promise<number> {
  const durationS = COUNTED_AFTER_S + 1;
  const load =
    rate > 0
      ? loadAtRate(tools, place.port, connections, rate, durationS)
      : saturate(tools, place.port, connections, durationS);
  await sleep(COUNTED_AFTER_S * 1_000);
  const answer = await fetch(`http://127.0.0.1:${place.adminPort}/metrics`);
  await load;
  const lines = (await answer.text()).match(/^heddle_pool_connections\{.*$/gm) ?? [];
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

function routesSide(count: number): Side {
  return {
    name: `${count}-routes`,
    flags: [],
    objects: (place) => [
      service("web"),
      endpointSlice("web", "a", place.backendPorts[0]),
      {
        apiVersion: "heddle.mesh/v1alpha1",
        kind: "ServiceProfile",
        metadata: { namespace: "bench", name: "web.bench.svc.cluster.local" },
        spec: {
          // The default one is a route too.
          routes: Array.from({ length: count - 1 }, (_, index) => ({
            name: `r${index}`,
            condition: { pathPrefix: `/api/r${index}/` },
          })),
        },
      },
    ],
  };
}

function endpointsSide(count: number, spare = 0): Side {
  const connectionsMax = CONNECTIONS / count + spare;
  return {
    name: spare === 0 ? `${count}-endpoints` : `${count}-endpoints-spare`,
    flags: ["--limit", `endpointConnectionsMax=${connectionsMax}`],
    objects: (place) => [
      service("web"),
      endpointSlice("web", "a", place.backendPorts[0], ADDRESSES.slice(0, count)),
    ],
  };
}

/** All of them this machine's own. */
const ADDRESSES = Array.from(
  { length: MANY },
  (_, index) => `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`,
);

/** At the first of the place's ports for backends. */
function startServers(place: Place): Child {
  return startChild({
    name: "many-servers",
    core: place.cores.backend,
    command: [process.execPath, SERVERS, String(place.backendPorts[0]), ...ADDRESSES],
    logFile: join(place.folder, "log"),
  });
}
