/** `heddle operator --kubernetes` as its own process, beside a real API server. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SLOW_POLL_MS, until } from "../../harness/until.ts";

const PROGRAM = fileURLToPath(new URL("../../../bin/operator.ts", import.meta.url));
const START_MS_MAX = 90_000;

export interface OperatorProcessOptions {
  readonly kubeconfig: string;
  /** Where its Lease is. */
  readonly namespace: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The file that is run; the sources if absent. */
  readonly program?: string;
}

export class OperatorProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #log = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("exit", () => resolve()));
    const take = (chunk: unknown): void => {
      this.#log += String(chunk);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
  }

  /** Resolves when it has looked at all objects, or has found that it cannot. */
  static async start(options: OperatorProcessOptions): Promise<OperatorProcess> {
    const { kubeconfig, namespace, flags = [], env, program = PROGRAM } = options;
    const doors = ["--control", "127.0.0.1:0", "--operator-admin", "127.0.0.1:0"];
    const cluster = ["--kubernetes", "--kubeconfig", kubeconfig, "--namespace", namespace];
    const line = [program, ...cluster, ...doors, ...flags];
    const child = spawn(process.execPath, line, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    const running = new OperatorProcess(child);
    await running.#untilStarted();
    return running;
  }

  get log(): string {
    return this.#log;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** `127.0.0.1:4190` */
  get control(): string {
    return / control=(\S+)/.exec(this.#log)?.[1] ?? "";
  }

  async untilLogged(expected: RegExp): Promise<void> {
    const what = () => `the operator says ${expected}; it said:\n${this.#log}`;
    await until(what, () => expected.test(this.#log));
  }

  /** In a large cluster it reads for long. */
  async #untilStarted(): Promise<void> {
    const endMs = performance.now() + START_MS_MAX;
    while (!/ admin=\S+ from=kubernetes/.test(this.#log)) {
      if (this.hasEnded || performance.now() > endMs) {
        throw new Error(`the operator did not start:\n${this.#log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, SLOW_POLL_MS));
    }
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async get<T>(path: string): Promise<T> {
    // Tests name the type of the page that they ask for.
    return (await (await this.#ask(path)).json()) as T;
  }

  async text(path: string): Promise<string> {
    return await (await this.#ask(path)).text();
  }

  async isReady(): Promise<boolean> {
    return (await this.#ask("/ready")).status === 200;
  }

  async #ask(path: string): Promise<Response> {
    const [, admin = ""] = / admin=(\S+)/.exec(this.#log) ?? [];
    return await fetch(`http://${admin}${path}`);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.hasEnded) return;
    this.#child.kill(signal);
    await this.#ended;
  }
}
