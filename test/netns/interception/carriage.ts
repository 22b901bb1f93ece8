/** Which way a proxy carried what was said: its own counters tell, before and after. */
import type { Pod } from "../../harness/pod.ts";
import type { PodMesh } from "../../harness/pod-mesh.ts";
import { sumSeries } from "../../harness/sum-series.ts";
import { SLOW_POLL_MS, until } from "../../harness/until.ts";
import type { Carriage } from "./spoken-protocol.ts";

export type Direction = "outbound" | "inbound";

interface Counts {
  readonly requests: number;
  readonly bytes: number;
  /** Nothing was heard in time about where they went, which on a busy machine is nobody's fault. */
  readonly unmanaged: number;
}

export class CarriageWatch {
  readonly #mesh: PodMesh;
  readonly #pod: Pod;
  readonly #direction: Direction;
  #before: Counts = { requests: 0, bytes: 0, unmanaged: 0 };
  #after = this.#before;

  constructor(mesh: PodMesh, pod: Pod, direction: Direction) {
    this.#mesh = mesh;
    this.#pod = pod;
    this.#direction = direction;
  }

  async begin(): Promise<void> {
    this.#before = await this.#read();
  }

  /** Waits until something has been counted. */
  async end(): Promise<void> {
    const { requests, bytes } = this.#before;
    await until(
      () => `${this.#pod.name} carried something ${this.#direction}`,
      async () => {
        this.#after = await this.#read();
        return this.#after.requests > requests || this.#after.bytes > bytes;
      },
      SLOW_POLL_MS,
    );
  }

  get wasUnmanaged(): boolean {
    return this.#after.unmanaged > this.#before.unmanaged;
  }

  get carriage(): Carriage | "both" {
    if (this.#after.bytes === this.#before.bytes) return "requests";
    return this.#after.requests === this.#before.requests ? "bytes" : "both";
  }

  async #read(): Promise<Counts> {
    const direction = `{direction="${this.#direction}",`;
    const page = await this.#mesh.page(this.#pod, "/metrics");
    return {
      requests: sumSeries(page, `request_total${direction}`),
      bytes: sumSeries(page, `tcp_read_bytes_total${direction}`),
      unmanaged: sumSeries(page, `heddle_redirect_connections_total${direction}kind="unmanaged"`),
    };
  }
}
