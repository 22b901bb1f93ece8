/** What a pod's proxy counts of the connections that were redirected to it. */
import type { Pod } from "./pod.ts";
import type { PodMesh } from "./pod-mesh.ts";
import { sumSeries } from "./sum-series.ts";

/** A busy operator tells what an address is too late for the first connections to it. */
const TRIES_MAX = 20;

export class RedirectCounts {
  readonly #mesh: PodMesh;
  readonly #pod: Pod;

  constructor(mesh: PodMesh, pod: Pod) {
    this.#mesh = mesh;
    this.#pod = pod;
  }

  async of(kind: string): Promise<number> {
    const series = `heddle_redirect_connections_total{direction="outbound",kind="${kind}"}`;
    return sumSeries(await this.#mesh.page(this.#pod, "/metrics"), series);
  }

  /** What came of a connection that was counted so; it is opened again until one was. */
  async as<T>(kind: string, open: () => Promise<T>): Promise<T> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const before = await this.of(kind);
      const result = await open();
      if ((await this.of(kind)) === before + 1) return result;
    }
    throw new Error(`no connection of ${this.#pod.name} was counted as ${kind}`);
  }
}
