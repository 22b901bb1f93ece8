/** A webhook's process, as it is seen from outside: its pages, its memory, its processor time. */
import { readCost } from "../peers/process-cost.ts";

/** Of one review. */
export interface ReviewCost {
  /** Processor time of the whole process. */
  readonly cpuUs: number;
  /** Time within the decision, as its metrics say. */
  readonly decisionUs: number;
}

export class MeasuredWebhook {
  readonly #pid: number;
  readonly #adminPort: number;

  constructor(pid: number, adminPort: number) {
    this.#pid = pid;
    this.#adminPort = adminPort;
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
