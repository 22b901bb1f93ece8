/** The way to an API server, with a tap that shows what is asked, and a switch that cuts it. */
import type { Transport, TransportRequest, TransportResponse } from "../../../kube/transport.ts";

export class TappedTransport implements Transport {
  /** Paths with their queries, in the order they were asked, and the status of each answer. */
  readonly asked: { readonly path: string; readonly status: number }[] = [];
  readonly #inner: Transport;
  readonly #open = new Set<AbortController>();
  #passage: Promise<void> = Promise.resolve();
  #mend: () => void = () => {};

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  async send(request: TransportRequest): Promise<TransportResponse> {
    await this.#passage;
    const cut = new AbortController();
    this.#open.add(cut);
    request.signal.addEventListener("abort", () => this.#open.delete(cut));
    const signal = AbortSignal.any([request.signal, cut.signal]);
    const response = await this.#inner.send({ ...request, signal });
    this.asked.push({ path: request.path, status: response.status });
    return response;
  }

  /** Breaks every exchange wherever it stands; the next waits until `mend`. */
  cut(): void {
    this.#passage = new Promise((resolve) => {
      this.#mend = resolve;
    });
    for (const one of this.#open) one.abort(new Error("broken off by the test"));
    this.#open.clear();
  }

  mend(): void {
    this.#mend();
  }

  close(): void {
    this.#inner.close();
  }
}
