/** A webhook's process, as it is seen from outside: its pages, its memory, its processor time. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { readCost } from "../peers/process-cost.ts";

interface Ports {
  readonly port: number;
  readonly adminPort: number;
}

/** Of one review. */
export interface ReviewCost {
  /** Processor time of the whole process. */
  readonly cpuUs: number;
  /** Time within the decision, as its metrics say. */
  readonly decisionUs: number;
}

export class MeasuredWebhook {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #pid: number;
  readonly port: number;
  readonly #adminPort: number;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, ports: Ports) {
    this.#child = child;
    this.#lines = lines;
    this.#pid = child.pid ?? 0;
    this.port = ports.port;
    this.#adminPort = ports.adminPort;
  }

  /** Of `bare-webhook.ts`, whose standard output is a pipe. */
  static async of(child: ChildProcess): Promise<MeasuredWebhook> {
    if (child.stdout === null) throw new Error("nobody hears what the webhook says");
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ports: Ports = JSON.parse(await nextOf(lines));
    return new MeasuredWebhook(child, lines, ports);
  }

  async page(name: string): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${this.#adminPort}/${name}`)).text();
  }

  async hasRead(services: number): Promise<boolean> {
    const series = 'heddle_webhook_kube_objects{resource="services"}';
    return (await this.#value(series)) >= services;
  }

  get privateMb(): number {
    return readCost(this.#pid).privateKb / 1024;
  }

  /** Of the heap and what hangs on it, with all garbage collected: that happens here. */
  async liveMb(): Promise<number> {
    this.#child.kill("SIGUSR2");
    const { liveBytes }: { liveBytes: number } = JSON.parse(await nextOf(this.#lines));
    return liveBytes / 2 ** 20;
  }

  /** What `count` reviews cost that `ask` asks. */
  async costOf(
    kind: "injection" | "validation",
    ask: () => Promise<void>,
    count: number,
  ): Promise<ReviewCost> {
    const sum = `heddle_webhook_${kind}_duration_seconds_sum`;
    const [cpuNs, seconds] = [readCost(this.#pid).cpuNs, await this.#value(sum)];
    await ask();
    const cpuUs = (readCost(this.#pid).cpuNs - cpuNs) / 1000 / count;
    return { cpuUs, decisionUs: (((await this.#value(sum)) - seconds) * 1e6) / count };
  }

  async #value(series: string): Promise<number> {
    const lines = (await this.page("metrics")).split("\n");
    const line = lines.find((one) => one.startsWith(`${series} `)) ?? "";
    return Number(line.slice(series.length + 1));
  }
}

async function nextOf(lines: AsyncIterator<string>): Promise<string> {
  const { done, value } = await lines.next();
  if (done === true) throw new Error("the webhook has ended");
  return value;
}
