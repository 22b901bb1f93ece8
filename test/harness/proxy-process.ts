/** The proxy as its own process, from its sources, so that its memory is its own too. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { type AdminAnswer, askAdmin } from "../../proxy/lifecycle/ask-admin.ts";

/** A restart takes as long as the new process needs to begin. */
const PAGE_WITHIN_MS = 60_000;

const PROGRAM = new URL("../../bin/proxy.ts", import.meta.url).pathname;

export interface ProxyProcessOptions {
  /** The system's if absent. */
  readonly openFilesMax?: number;
  /** The file that is run; the proxy's own if absent. */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Descriptors of this process that it gets, from 3 on. */
  readonly descriptors?: readonly number[];
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class ProxyProcess {
  readonly #child: ChildProcess;
  readonly outboundPort: number;
  readonly inboundPort: number;
  readonly adminPort: number;
  readonly ended: Promise<ProcessEnd>;
  #log = "";

  private constructor(child: ChildProcess, log: string, ended: Promise<ProcessEnd>) {
    const portOf = (door: string): number =>
      Number(new RegExp(`${door}=\\S*?:(\\d+)`).exec(log)?.[1] ?? 0);
    this.#child = child;
    this.#log = log;
    this.outboundPort = portOf("outbound");
    this.inboundPort = portOf("inbound");
    this.adminPort = portOf("admin");
    this.ended = ended;
    child.stderr?.on("data", (bytes: Buffer) => {
      this.#log += bytes.toString();
    });
  }

  /** Lets everything out, so that it needs no operator. */
  static async start(
    flags: readonly string[] = [],
    options: ProxyProcessOptions = {},
  ): Promise<ProxyProcess> {
    const { openFilesMax, program = PROGRAM, env, descriptors = [] } = options;
    const free = ["--outbound", "--admin"].filter((door) => !flags.includes(door));
    const doors = free.flatMap((door) => [door, "127.0.0.1:0"]);
    const line = [process.execPath, program, "--egress", ...doors, ...flags];
    const limit = openFilesMax === undefined ? "" : `ulimit -n ${openFilesMax} && `;
    const child = spawn("sh", ["-c", `${limit}exec "$0" "$@"`, ...line], {
      stdio: ["pipe", "pipe", "pipe", ...descriptors],
      env: { ...process.env, ...env },
    });
    child.stdout?.resume();
    const ended = new Promise<ProcessEnd>((resolve) => {
      child.on("exit", (code, signal) => resolve({ code, signal }));
    });
    let said = "";
    const hear = (bytes: Buffer): void => {
      said += bytes.toString();
    };
    child.stderr?.on("data", hear);
    await new Promise<void>((resolve, reject) => {
      // Not when it exits: what it said last may not have been read by then.
      child.on("close", () => reject(new Error(`the proxy ended: ${said}`)));
      child.stderr?.on("data", () => {
        if (/proxy started .*admin=\S*?:\d+/.test(said)) resolve();
      });
    });
    child.stderr?.removeListener("data", hear);
    return new ProxyProcess(child, said, ended);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Asks one of its pages, on a connection of its own. */
  page(path: string, method: "GET" | "POST" = "GET"): Promise<AdminAnswer> {
    return askAdmin({ host: "127.0.0.1", port: this.adminPort }, method, path, PAGE_WITHIN_MS);
  }

  /** All that it has logged. */
  get log(): string {
    return this.#log;
  }

  /** One series as the metrics page has it; NaN where it is not there. */
  async figure(series: string): Promise<number> {
    const { text: page } = await this.page("/metrics");
    const line = page.split("\n").find((one) => one.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1));
  }

  /** Memory that is its own, not shared with files: what a host runs out of. */
  get privateBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? "0") * 1_024;
  }

  async close(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.ended;
  }
}

/** Watches a figure over time, and remembers the highest. */
export class Peak {
  readonly #read: () => number;
  readonly #timer: NodeJS.Timeout;
  highest: number;

  constructor(read: () => number) {
    this.#read = read;
    this.highest = read();
    this.#timer = setInterval(() => this.#look(), 50);
  }

  #look(): void {
    this.highest = Math.max(this.highest, this.#read());
  }

  close(): void {
    clearInterval(this.#timer);
    this.#look();
  }
}
