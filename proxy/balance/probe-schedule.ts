/**
 * Which evicted endpoint may be probed first: a binary heap by the time it is due. Looking costs
 * nothing, and to enter or leave a few steps, however many are evicted.
 */
import type { EndpointLoad } from "./peak-ewma.ts";

export class ProbeSchedule {
  readonly #heap: EndpointLoad[] = [];

  get length(): number {
    return this.#heap.length;
  }

  /** The next to be probed, or null. */
  get first(): EndpointLoad | null {
    return this.#heap[0] ?? null;
  }

  /** When it is due; infinite when nobody waits. */
  get dueMs(): number {
    return this.#heap[0]?.breaker?.probeDueMs ?? Number.POSITIVE_INFINITY;
  }

  add(load: EndpointLoad): void {
    this.#heap.push(load);
    this.#rise(this.#heap.length - 1, load);
  }

  remove(load: EndpointLoad): void {
    const index = load.breaker?.scheduleIndex ?? -1;
    if (this.#heap[index] !== load) return;
    this.#mark(load, -1);
    const last = this.#heap.pop() as EndpointLoad;
    if (last === load) return;
    this.#rise(index, last);
    this.#sink(last.breaker?.scheduleIndex ?? index, last);
  }

  clear(): void {
    for (const load of this.#heap) this.#mark(load, -1);
    this.#heap.length = 0;
  }

  #rise(from: number, load: EndpointLoad): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#heap[above] as EndpointLoad;
      if (due(parent) <= due(load)) break;
      this.#put(index, parent);
      index = above;
    }
    this.#put(index, load);
  }

  #sink(from: number, load: EndpointLoad): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      if (left >= this.#heap.length) break;
      const leftLoad = this.#heap[left] as EndpointLoad;
      const rightLoad = this.#heap[right];
      const isRight = rightLoad !== undefined && due(rightLoad) < due(leftLoad);
      const child = isRight ? rightLoad : leftLoad;
      if (due(child) >= due(load)) break;
      this.#put(index, child);
      index = isRight ? right : left;
    }
    this.#put(index, load);
  }

  #put(index: number, load: EndpointLoad): void {
    this.#heap[index] = load;
    this.#mark(load, index);
  }

  #mark(load: EndpointLoad, index: number): void {
    if (load.breaker !== null) load.breaker.scheduleIndex = index;
  }
}

function due(load: EndpointLoad): number {
  return load.breaker?.probeDueMs ?? Number.POSITIVE_INFINITY;
}
