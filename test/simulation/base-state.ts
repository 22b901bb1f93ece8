/**
 * What a mesh looks like in which nothing goes wrong any more: nothing under way, nobody evicted,
 * no connection and no timer left over, and every request counted once.
 */
import type { ProxyApp } from "../../proxy/app.ts";
import { fail } from "./ledger.ts";
import type { World } from "./world.ts";

/** Timers that a proxy has when it does nothing: control protocol, reports, readiness, wheel. */
const TIMERS_PER_PROXY_MAX = 12;

/** While callers go on calling, long after the last fault. */
export function checkRecovered({ evictions, proxies, ledger }: World): void {
  if (evictions.isAnyEvicted) fail("somebody is still evicted long after the last fault");
  if (evictions.isAnyPenalised) fail("somebody is still penalised long after the last fault");
  for (const proxy of proxies) {
    for (const { key, trust } of proxy.outbound.table.backends) {
      const kept = [...trust.endpoints].filter((one) => one.kept !== null);
      if (kept.length > 0) fail(`${kept.length} of ${key} are kept that discovery lists`);
    }
  }
  const underWay = proxies.reduce((sum, proxy) => sum + pendingAt(proxy), 0);
  // Each open call has one try, one beside it, or one copy; more are leaked.
  const bearable = 3 * (ledger.openCount + 1);
  if (underWay > bearable + COPIES_BEARABLE) {
    fail(`${underWay} tries are under way for ${ledger.openCount} requests`);
  }
}

/** Copies may outlast their requests. */
const COPIES_BEARABLE = 20;

/** After the last request has ended. */
export function checkNothingPending({ proxies }: World): void {
  for (const { outbound } of proxies) {
    for (const { key, loads } of outbound.table.backends) {
      for (const { pending, endpoint } of loads) {
        if (pending !== 0) fail(`${pending} pending at ${endpoint.id} of ${key}`);
      }
    }
    for (const slot of outbound.table.slots) {
      const gate = slot.memory?.gate ?? null;
      if (gate === null) continue;
      if (gate.inFlight !== 0) fail(`${gate.inFlight} in flight at the gate of ${slot.key}`);
      if (gate.waiting !== 0) fail(`${gate.waiting} wait at the gate of ${slot.key}`);
    }
  }
}

/** After idle connections had time to be closed. */
export function checkNothingLeft(world: World): void {
  for (const { outbound } of world.proxies) {
    for (const backend of outbound.table.backends) {
      const { open } = backend.countConnections();
      if (open !== 0) fail(`${open} connections to ${backend.key} are left`);
    }
  }
  const { pendingCount } = world.control.timers;
  const bearable = TIMERS_PER_PROXY_MAX * world.proxies.length + world.clientCount;
  if (pendingCount > bearable) fail(`${pendingCount} timers are left, of ${bearable} at most`);
}

/** Every request has exactly one outcome in the metrics, the one that its caller saw. */
export async function checkMetrics(world: World): Promise<void> {
  const { ledger } = world;
  let requests = 0;
  let responses = 0;
  const byStatus = new Map<string, number>();
  for (const [index] of world.proxies.entries()) {
    for (const { name, labels, value } of samplesOf(await world.scrape(index))) {
      if (!labels.includes('direction="outbound"')) continue;
      if (name === "request_total") requests += value;
      if (name !== "response_total") continue;
      responses += value;
      const status = /status_code="([^"]*)"/.exec(labels)?.[1] ?? "";
      byStatus.set(status, (byStatus.get(status) ?? 0) + value);
    }
  }
  if (requests !== responses) fail(`${requests} requests were counted and ${responses} answers`);
  const most = ledger.results.length + ledger.abandonedCount;
  if (requests < ledger.results.length || requests > most) {
    fail(`${requests} requests were counted, of ${ledger.results.length} to ${most}`);
  }
  for (const [status, seen] of countByStatus(world)) {
    const counted = byStatus.get(status) ?? 0;
    if (counted < seen || counted > seen + ledger.abandonedCount) {
      fail(`${seen} answers had status ${status}, and ${counted} were counted`);
    }
  }
}

function countByStatus({ ledger }: World): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of ledger.results) {
    if (status > 0) counts.set(String(status), (counts.get(String(status)) ?? 0) + 1);
  }
  return counts;
}

interface Sample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

function samplesOf(text: string): readonly Sample[] {
  return [...text.matchAll(/^([a-z_]+)\{(.*)\} (\S+)$/gm)].map(
    ([, name = "", labels = "", value = "0"]) => ({ name, labels, value: Number(value) }),
  );
}

function pendingAt({ outbound }: ProxyApp): number {
  let pending = 0;
  for (const { loads } of outbound.table.backends) {
    for (const load of loads) pending += load.pending;
  }
  return pending;
}
