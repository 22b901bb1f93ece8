/**
 * One network namespace as a pod: programs run in it as whatever user, are waited for by what they
 * print or where they listen, and are ended with it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { PodAgent } from "./pod-agent.ts";
import { until } from "./until.ts";

export const ROOT_FOLDER = join(import.meta.dirname, "..", "..");
const HEDDLE = join(ROOT_FOLDER, "bin", "heddle.ts");

/** As which the proxy runs, and which the redirect rules let out. */
export const PROXY_UID = 2_102;
/** As which applications run. */
export const APP_UID = 1_000;

export interface RunOptions {
  /** Root when absent. */
  readonly uid?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface PodResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface PodSettings {
  readonly name: string;
  readonly namespace: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

export class Pod {
  readonly name: string;
  readonly namespace: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly #processes: PodProcess[] = [];

  constructor({ name, namespace, ipv4, ipv6 }: PodSettings) {
    this.name = name;
    this.namespace = namespace;
    this.ipv4 = ipv4;
    this.ipv6 = ipv6;
  }

  /** Starts a program and leaves it running. */
  start(command: readonly string[], options: RunOptions = {}): PodProcess {
    const [file = "", ...args] = inNamespace(this.namespace, command, options.uid);
    const env = { ...process.env, HOME: "/tmp", ...options.env };
    // A group of its own: what it starts ends with it.
    const child = spawn(file, args, { env, stdio: "pipe", detached: true });
    const made = new PodProcess(child, command.join(" "));
    this.#processes.push(made);
    return made;
  }

  /** Runs a program to its end. */
  async run(command: readonly string[], options: RunOptions = {}): Promise<PodResult> {
    const started = this.start(command, options);
    started.child.stdin?.end();
    return await started.ended;
  }

  /** `heddle ARGS` to its end. */
  heddle(args: readonly string[], options: RunOptions = {}): Promise<PodResult> {
    return this.run([process.execPath, HEDDLE, ...args], options);
  }

  /** `heddle ARGS`, left running. */
  startHeddle(args: readonly string[], options: RunOptions = {}): PodProcess {
    return this.start([process.execPath, HEDDLE, ...args], options);
  }

  /** Somebody inside who listens and dials when told to. */
  startAgent(options: RunOptions = {}): PodAgent {
    const program = join(ROOT_FOLDER, "test", "netns", "agent.ts");
    return new PodAgent(this.start([process.execPath, program], options));
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.stop("SIGKILL")));
  }
}

export class PodProcess {
  readonly child: ChildProcess;
  /** Resolves when it and its output have ended. */
  readonly ended: Promise<PodResult>;
  readonly #command: string;
  stdout = "";
  stderr = "";
  #hasEnded = false;

  constructor(child: ChildProcess, command: string) {
    this.child = child;
    this.#command = command;
    child.stdout?.on("data", (bytes: Buffer) => {
      this.stdout += bytes.toString();
    });
    child.stderr?.on("data", (bytes: Buffer) => {
      this.stderr += bytes.toString();
    });
    child.stdin?.on("error", () => {});
    this.ended = new Promise((resolve) => {
      const end = (code: number | null): void => {
        this.#hasEnded = true;
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      };
      child.on("error", (error) => {
        this.stderr += error.message;
        end(null);
      });
      child.on("close", end);
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Waits until one of its outputs contains it; throws when it ends before. */
  async says(part: string | RegExp): Promise<void> {
    const isSaid = (text: string): boolean =>
      typeof part === "string" ? text.includes(part) : part.test(text);
    await until(
      () => `${this.#command} says ${part}: ${this.stdout}${this.stderr}`,
      () => {
        if (isSaid(this.stdout) || isSaid(this.stderr)) return true;
        this.#throwIfEnded(`before it said ${part}`);
        return false;
      },
    );
  }

  /** Waits until anybody in its namespace listens on that port, by either family. */
  async listens(port: number): Promise<void> {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    // Local address, remote address, state: 0A is LISTEN (proc_net_tcp.txt of the kernel).
    const row = new RegExp(`^\\s*\\d+: [0-9A-F]+:${hex} [0-9A-F]+:0000 0A `, "m");
    await until(
      () => `${this.#command} listens on ${port}: ${this.stderr}`,
      () => {
        this.#throwIfEnded(`before it listened on ${port}`);
        return ["tcp", "tcp6"].some((name) => row.test(this.#readNet(name)));
      },
    );
  }

  /** Resolves when it has ended. */
  async stop(signal: "SIGTERM" | "SIGKILL" | "SIGINT" = "SIGTERM"): Promise<PodResult> {
    const { pid } = this.child;
    if (!this.#hasEnded && pid !== undefined) {
      try {
        process.kill(-pid, signal);
      } catch {
        // It has just ended by itself.
      }
    }
    return await this.ended;
  }

  #readNet(name: string): string {
    try {
      return readFileSync(`/proc/${this.child.pid}/net/${name}`, "utf8");
    } catch {
      return "";
    }
  }

  #throwIfEnded(what: string): void {
    if (!this.#hasEnded) return;
    throw new Error(`${this.#command} ended ${what}: ${this.stdout}${this.stderr}`);
  }
}

function inNamespace(
  namespace: string,
  command: readonly string[],
  uid: number | undefined,
): readonly string[] {
  const inside = ["ip", "netns", "exec", namespace];
  if (uid === undefined) return [...inside, ...command];
  const user = ["--reuid", String(uid), "--regid", String(uid), "--clear-groups"];
  // A checkout that others may not read, as below /root, can then still be run from.
  const reading = mayEverybodyRead(ROOT_FOLDER)
    ? []
    : ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"];
  return [...inside, "setpriv", ...user, ...reading, "--", ...command];
}

function mayEverybodyRead(folder: string): boolean {
  if ((statSync(folder).mode & 0o005) !== 0o005) return false;
  const above = dirname(folder);
  return above === folder || mayEverybodyRead(above);
}
