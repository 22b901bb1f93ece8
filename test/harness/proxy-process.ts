/** The proxy as its own process, from its sources, so that its memory is its own too. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const PROGRAM = new URL("../../bin/proxy.ts", import.meta.url).pathname;

export class ProxyProcess {
  readonly #child: ChildProcess;
  readonly outboundPort: number;
  readonly adminPort: number;
  #log = "";

  private constructor(child: ChildProcess, outboundPort: number, adminPort: number) {
    this.#child = child;
    this.outboundPort = outboundPort;
    this.adminPort = adminPort;
  }

  /** Lets everything out, so that it needs no operator. `openFilesMax`: the system's if absent. */
  static async start(flags: readonly string[] = [], openFilesMax?: number): Promise<ProxyProcess> {
    const free = ["--outbound", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--egress"];
    const line = [process.execPath, PROGRAM, ...free, ...flags];
    const limit = openFilesMax === undefined ? "" : `ulimit -n ${openFilesMax} && `;
    const child = spawn("sh", ["-c", `${limit}exec "$0" "$@"`, ...line], { stdio: "pipe" });
    let said = "";
    const started = await new Promise<RegExpExecArray>((resolve, reject) => {
      child.on("exit", () => reject(new Error(`the proxy ended: ${said}`)));
      child.stderr.on("data", (bytes: Buffer) => {
        said += bytes.toString();
        const found = /outbound=\S*?:(\d+).*admin=\S*?:(\d+)/.exec(said);
        if (found !== null) resolve(found);
      });
    });
    const made = new ProxyProcess(child, Number(started[1]), Number(started[2]));
    made.#log = said;
    child.stderr.on("data", (bytes: Buffer) => {
      made.#log += bytes.toString();
    });
    return made;
  }

  /** All that it has logged. */
  get log(): string {
    return this.#log;
  }

  /** One series as the metrics page has it; NaN where it is not there. */
  async figure(series: string): Promise<number> {
    const page = await (await fetch(`http://127.0.0.1:${this.adminPort}/metrics`)).text();
    const line = page.split("\n").find((one) => one.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1));
  }

  /** Memory that is its own, not shared with files: what a host runs out of. */
  get privateBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? "0") * 1_024;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.removeAllListeners("exit");
      this.#child.on("exit", () => resolve());
      this.#child.kill("SIGTERM");
    });
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
