/**
 * Whether this machine lets tests make network namespaces, and the few commands that make and
 * remove them. Names carry our process id, so that what a killed run left behind can be told from
 * what is in use, and is removed by the next.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe } from "vitest";

/** Where `ip netns` keeps the names. */
const NAMES_FOLDER = "/run/netns";
const PREFIX = "heddle-test";
const NAME = new RegExp(`^${PREFIX}-(\\d+)-`);

const made = new Set<string>();
let madeCount = 0;

/** Why there can be no namespaces here; null when there can. */
function findProblem(): string | null {
  if (process.platform !== "linux") return "not Linux";
  if (process.getuid?.() !== 0) return "not root";
  for (const program of ["ip", "nft", "setpriv", "curl"]) {
    const { error } = spawnSync(program, ["--version"]);
    if (error !== undefined) return `${program} is not installed`;
  }
  const name = `${PREFIX}-${process.pid}-try`;
  const { status, stderr } = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" });
  spawnSync("ip", ["netns", "del", name]);
  return status === 0 ? null : `not permitted: ${stderr.trim()}`;
}

const problem = findProblem();

/** Like `describe`; where there can be no namespaces it says why and is skipped. */
export function describeInNamespaces(name: string, tests: () => void): void {
  if (problem === null) {
    describe(name, tests);
    return;
  }
  console.warn(`skipped, network namespaces: ${problem}: ${name}`);
  describe.skip(`${name} (no network namespaces: ${problem})`, tests);
}

/** A new namespace with its loopback up; `word` is for people who look at `ip netns`. */
export function makeNamespace(word: string): string {
  if (madeCount === 0) {
    removeStale();
    process.once("exit", () => {
      for (const name of made) spawnSync("ip", ["netns", "del", name]);
    });
  }
  madeCount += 1;
  const name = `${PREFIX}-${process.pid}-${madeCount}-${word}`;
  made.add(name);
  runOrThrow(["ip", "netns", "add", name]);
  runOrThrow(["ip", "-n", name, "link", "set", "lo", "up"]);
  return name;
}

export function removeNamespace(name: string): void {
  spawnSync("ip", ["netns", "del", name]);
  made.delete(name);
}

/** Throws with what it printed unless it ends well. */
export function runOrThrow(command: readonly string[], input = ""): string {
  const [file = "", ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(file, args, { input, encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}\n${input}`);
  return stdout;
}

function removeStale(): void {
  for (const name of readNames()) {
    const pid = Number(NAME.exec(name)?.[1] ?? "0");
    if (pid > 0 && !isAlive(pid)) spawnSync("ip", ["netns", "del", name]);
  }
}

function readNames(): readonly string[] {
  try {
    return readdirSync(NAMES_FOLDER);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
