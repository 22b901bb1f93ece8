/**
 * What a process and all its children cost, as Linux accounts for it: processor time over all
 * threads, private memory, and how often they were woken.
 */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessCost {
  /** Time on a processor, user and kernel, of every thread. */
  readonly cpuNs: number;
  /** Memory that nothing else shares: RssAnon. */
  readonly privateKb: number;
  /** All that it has in memory, what it shares included: VmRSS. */
  readonly residentKb: number;
  /** Times that a thread went to sleep by itself, which is how often it had been woken. */
  readonly wakeCount: number;
}

export function readCost(pid: number): ProcessCost {
  let cpuNs = 0;
  let privateKb = 0;
  let residentKb = 0;
  let wakeCount = 0;
  for (const member of family(pid)) {
    const status = read(`/proc/${member}/status`);
    privateKb += statusNumber(status, "RssAnon");
    residentKb += statusNumber(status, "VmRSS");
    for (const thread of list(`/proc/${member}/task`)) {
      cpuNs += parseSchedstat(read(`/proc/${member}/task/${thread}/schedstat`));
      wakeCount += statusNumber(
        read(`/proc/${member}/task/${thread}/status`),
        "voluntary_ctxt_switches",
      );
    }
  }
  return { cpuNs, privateKb, residentKb, wakeCount };
}

/** The first of the three numbers: nanoseconds spent on a processor. */
export function parseSchedstat(text: string): number {
  const ns = Number.parseInt(text, 10);
  return Number.isFinite(ns) ? ns : 0;
}

/** The number behind `name:` in a status file of /proc; 0 when it is not there. */
export function statusNumber(text: string, name: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${name}:`));
  const value = Number.parseInt(line?.slice(name.length + 1).trim() ?? "", 10);
  return Number.isFinite(value) ? value : 0;
}

/** The process and everything below it. */
export function family(pid: number): readonly number[] {
  const found = [pid];
  for (const thread of list(`/proc/${pid}/task`)) {
    const children = read(`/proc/${pid}/task/${thread}/children`).trim();
    for (const child of children === "" ? [] : children.split(" ")) {
      found.push(...family(Number(child)));
    }
  }
  return found;
}

// A thread may end between being listed and being read: then it costs nothing more.
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
