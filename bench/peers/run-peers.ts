/** One whole run: finds the parts, starts the backends, measures in three phases, ends all. */
import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, ProgramError } from "../../base/program.ts";
import type { Part } from "../../tools/parts/part.ts";
import { findFreePort, waitUntilAnswers } from "./client.ts";
import type { Absence, Contender, Place } from "./contender.ts";
import { createEnvoy } from "./envoy.ts";
import type { Cost, Figures, FixedRate, Footprint, Results } from "./figures.ts";
import { createHaproxy } from "./haproxy.ts";
import { createHeddle, EVERYTHING, isHeddleBuilt, OWN_BUNDLES } from "./heddle.ts";
import type { LoadTools } from "./load.ts";
import { chooseCores, describeMachine, loadAverage } from "./machine.ts";
import { createNginx, startBackends } from "./nginx.ts";
import { findSystemPart, obtainEnvoy, obtainFortio } from "./parts.ts";
import {
  type Entry,
  measureAtRate,
  measureFootprint,
  measureSaturation,
  startWarm,
  type Target,
} from "./rounds.ts";
import { measureScale } from "./scale.ts";

const CONNECTIONS = 64;
const IDLE_CONNECTIONS = 1_000;
/** Where nginx was left out and nobody said another. */
const DEFAULT_RATE = 10_000;
/** Beyond this share of its best rate a contender's latency is that of its queue. */
const SLOWEST_SHARE_MAX = 0.6;
/** Other work on the machine beyond this makes the figures doubtful; the bench itself adds two. */
const QUIET_LOAD_MAX = { before: 0.7, after: 3.5 } as const;
const BACKEND_START_MS_MAX = 5_000;

/** Footprint: start, idle, many connections. Latency: at a fixed rate. Scale: many beside few. */
export const PHASES = ["footprint", "saturation", "latency", "scale"] as const;

export interface Choice {
  /** Names of contenders; empty for all. */
  readonly only: readonly string[];
  readonly rounds: number;
  readonly durationS: number;
  readonly idleS: number;
  /** 0 for what `chooseRate` finds. */
  readonly rate: number;
  readonly phases: readonly (typeof PHASES)[number][];
  /** Another checkout's `dist/`, which takes part as `before`. */
  readonly against?: string;
  readonly folder: string;
  readonly tell: (line: string) => void;
}

export async function runPeers(choice: Choice): Promise<Results> {
  const { tell } = choice;
  const notes: string[] = [];
  const machine = describeMachine();
  const cores = chooseCores(machine.coreCount);
  if (machine.coreCount < 2) notes.push("one core only: the load ran on the proxy's own core");
  noteLoad(notes, "before");

  const wrk = need(findSystemPart("wrk", "wrk"));
  const nginx = need(findSystemPart("nginx", "nginx-light"));
  const { contenders, absent } = await gather(choice, nginx);
  const fortio = await obtainFortio(tell);
  if ("missing" in fortio) absent.push({ name: "fortio", reason: fortio.missing });
  for (const one of absent) tell(`without ${one.name}: ${one.reason}`);
  const tools: LoadTools = {
    wrk,
    ...("file" in fortio ? { fortio: fortio.file } : {}),
    core: cores.load,
    folder: choice.folder,
  };

  const backendPorts = [await findFreePort(), await findFreePort()] as const;
  const makePlace = async (name: string): Promise<Place> => {
    const folder = join(choice.folder, name);
    await mkdir(folder, { recursive: true });
    const [port, adminPort] = [await findFreePort(), await findFreePort()];
    return { folder, port, adminPort, backendPorts, cores };
  };
  const makeOwnPlace = async (name: string): Promise<Place> => {
    const ports = [await findFreePort(), await findFreePort()] as const;
    return { ...(await makePlace(name)), backendPorts: ports };
  };
  const backends = await startBackends(nginx, await makePlace("backends"));
  const entries: Entry[] = [];
  const onFailure = (name: string, reason: string): void => {
    notes.push(`${name} failed: ${reason}`);
    tell(`${name} failed: ${reason}`);
  };
  try {
    await waitUntilAnswers(backendPorts[0], backends, BACKEND_START_MS_MAX);
    for (const contender of contenders) {
      const entry = { contender, place: await makePlace(contender.name) };
      entries.push(entry);
      await contender.prepare(entry.place);
    }
    const direct: Target = { name: "direct", port: backendPorts[0], child: backends };
    const measured = await measure(choice, entries, direct, tools, onFailure);
    const { rounds, durationS } = choice;
    const turns = { rounds, durationS, tell, onFailure };
    const scale = choice.phases.includes("scale")
      ? await measureScale({ ...turns, tools, backendPorts, makePlace: makeOwnPlace })
      : undefined;
    noteLoad(notes, "after");
    return {
      when: new Date().toISOString(),
      commit: describeCommit(),
      machine,
      notes,
      absent,
      ...measured,
      ...(scale === undefined ? {} : { scale }),
    };
  } finally {
    for (const entry of entries) await entry.contender.release();
    await backends.stop();
  }
}

async function measure(
  choice: Choice,
  entries: readonly Entry[],
  direct: Target,
  tools: LoadTools,
  onFailure: (name: string, reason: string) => void,
): Promise<Pick<Results, "settings" | "contenders" | "direct">> {
  const { tell, rounds, durationS, phases } = choice;
  const rest = { rounds, durationS, connections: CONNECTIONS, tell, onFailure };
  const footprints = phases.includes("footprint")
    ? await measureFootprints(choice, entries, onFailure)
    : new Map<string, Footprint>();
  const targets: Target[] = [];
  let saturations: ReadonlyMap<string, Cost> = new Map();
  let fixed: ReadonlyMap<string, FixedRate> = new Map();
  let rate = choice.rate;
  try {
    if (phases.includes("saturation") || phases.includes("latency")) {
      for (const entry of entries) {
        tell(`${entry.contender.name}: warming up`);
        await startWarm(entry, tools, CONNECTIONS).then(
          (target) => targets.push(target),
          (error: Error) => onFailure(entry.contender.name, error.message),
        );
      }
    }
    if (phases.includes("saturation")) {
      tell(`saturation, ${CONNECTIONS} connections`);
      saturations = await measureSaturation(targets, tools, rest);
    }
    if (rate === 0) rate = chooseRate(saturations);
    if (phases.includes("latency") && tools.fortio !== undefined) {
      tell(`fixed rate, ${rate} requests a second`);
      fixed = await measureAtRate([...targets, direct], tools, rate, rest);
    }
  } finally {
    for (const target of targets) await target.child.stop();
  }
  const settings = { rounds, durationS, connections: CONNECTIONS, rate };
  const base = fixed.get(direct.name);
  return {
    settings: { ...settings, idleConnections: IDLE_CONNECTIONS },
    contenders: entries.map((entry) => collect(entry.contender, saturations, fixed, footprints)),
    ...(base === undefined ? {} : { direct: base }),
  };
}

async function measureFootprints(
  choice: Choice,
  entries: readonly Entry[],
  onFailure: (name: string, reason: string) => void,
): Promise<ReadonlyMap<string, Footprint>> {
  const footprints = new Map<string, Footprint>();
  for (const entry of entries) {
    const { name } = entry.contender;
    choice.tell(`${name}: start, idle, ${IDLE_CONNECTIONS} connections`);
    await measureFootprint(entry, choice.idleS, IDLE_CONNECTIONS).then(
      (footprint) => footprints.set(name, footprint),
      (error: Error) => onFailure(name, error.message),
    );
  }
  return footprints;
}

/** Half of nginx's best, but a rate that the slowest can serve with ease: a round number. */
function chooseRate(saturations: ReadonlyMap<string, Cost>): number {
  const nginx = saturations.get("nginx")?.requestsPerSecond;
  if (nginx === undefined) return DEFAULT_RATE;
  const rates = [...saturations.values()].map((cost) => cost.requestsPerSecond);
  const rate = Math.min(nginx / 2, Math.min(...rates) * SLOWEST_SHARE_MAX);
  return Math.round(rate / 100) * 100;
}

function collect(
  contender: Contender,
  saturations: ReadonlyMap<string, Cost>,
  fixed: ReadonlyMap<string, FixedRate>,
  footprints: ReadonlyMap<string, Footprint>,
): Figures {
  const { name, version } = contender;
  const saturation = saturations.get(name);
  const fixedRate = fixed.get(name);
  const footprint = footprints.get(name);
  return {
    name,
    version,
    ...(saturation === undefined ? {} : { saturation }),
    ...(fixedRate === undefined ? {} : { fixedRate }),
    ...(footprint === undefined ? {} : { footprint }),
  };
}

async function gather(
  choice: Choice,
  nginx: string,
): Promise<{ readonly contenders: Contender[]; readonly absent: Absence[] }> {
  const contenders: Contender[] = [];
  const absent: Absence[] = [];
  const wanted = (name: string) => choice.only.length === 0 || choice.only.includes(name);
  const add = async (name: string, part: Part, create: (file: string) => Promise<Contender>) => {
    if ("file" in part) contenders.push(await create(part.file));
    else absent.push({ name, reason: part.missing });
  };
  const bundles = (dist: string): Part =>
    isHeddleBuilt(dist) ? { file: dist } : { missing: `${dist} has no bundles: run make build` };
  const heddle = (name: string, dist: string, everything = false): Promise<void> =>
    add(name, bundles(dist), async () => createHeddle({ name, dist, everything }));
  if (wanted("heddle")) await heddle("heddle", OWN_BUNDLES);
  if (wanted(EVERYTHING)) await heddle(EVERYTHING, OWN_BUNDLES, true);
  if (choice.against !== undefined) await heddle("before", choice.against);
  if (wanted("nginx")) contenders.push(await createNginx(nginx));
  if (wanted("haproxy")) await add("haproxy", findSystemPart("haproxy", "haproxy"), createHaproxy);
  if (wanted("envoy")) await add("envoy", await obtainEnvoy(choice.tell), createEnvoy);
  return { contenders, absent };
}

function need(part: Part): string {
  if ("file" in part) return part.file;
  throw new ProgramError(part.missing, EXIT.unavailable);
}

function noteLoad(notes: string[], when: keyof typeof QUIET_LOAD_MAX): void {
  const load = loadAverage();
  const busy = `the machine was busy ${when} the run (load ${load.toFixed(2)})`;
  if (load > QUIET_LOAD_MAX[when]) notes.push(busy);
}

function describeCommit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "unknown";
  }
}
