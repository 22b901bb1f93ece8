/**
 * A network that exists in memory and in virtual time. Streams deliver bytes in order after a
 * latency, know backpressure, half-close and reset, and addresses can be made to refuse, to
 * swallow connections, or to fall silent with nobody told: whatever a real network does to a mesh.
 */
import type { Random } from "../../base/random.ts";
import type { ManualTimers } from "../../base/timers.ts";
import type {
  Listener,
  ListenOptions,
  Network,
  Stream,
  StreamHandler,
} from "../../proxy/net/stream.ts";
import { VirtualStream } from "./virtual-stream.ts";

/**
 * `up` works; `refusing` answers every connection with a reset; `swallowing` never answers one,
 * and delivers nothing more on those that are open.
 */
export type AddressState = "up" | "refusing" | "swallowing";

export interface VirtualNetworkOptions {
  readonly timers: ManualTimers;
  readonly random: Random;
  readonly latencyMinMs: number;
  readonly latencyMaxMs: number;
}

type Accept = (stream: Stream) => void;

interface Place {
  accept: Accept;
  state: AddressState;
  readonly streams: Set<VirtualStream>;
}

const FIRST_PORT = 20_000;
/** An attempt that nobody answers is given up by the dialler, not by the network. */
export class VirtualNetwork implements Network {
  readonly #options: VirtualNetworkOptions;
  readonly #places = new Map<string, Place>();
  #nextPort = FIRST_PORT;

  constructor(options: VirtualNetworkOptions) {
    this.#options = options;
  }

  listen(options: ListenOptions): Promise<Listener> {
    const port = options.port === 0 ? this.#nextPort++ : options.port;
    const { host } = options;
    this.serve(host, port, options.accept);
    return Promise.resolve({ host, port, fd: -1, close: () => this.abandon(host, port) });
  }

  /** From now on connections to the address go to `accept`, whoever was there before. */
  serve(host: string, port: number, accept: Accept): void {
    this.#places.set(placeName(host, port), { accept, state: "up", streams: new Set() });
  }

  /** Nobody listens there any more. Open streams live on. */
  abandon(host: string, port: number): void {
    this.#places.delete(placeName(host, port));
  }

  /** The machine behind the address dies: its streams are reset, and nobody listens. */
  crash(host: string, port: number): void {
    const place = this.#places.get(placeName(host, port));
    this.abandon(host, port);
    for (const stream of place?.streams ?? []) stream.reset();
  }

  setState(host: string, port: number, state: AddressState): void {
    const place = this.#places.get(placeName(host, port));
    if (place === undefined) return;
    place.state = state;
    for (const stream of place.streams) stream.isSilent = state === "swallowing";
  }

  dial(host: string, port: number, handler: StreamHandler): Stream {
    const { timers } = this.#options;
    const latencyMs = this.#latencyMs();
    const near = new VirtualStream(timers, latencyMs, host, port);
    near.handler = handler;
    timers.set(latencyMs, () => this.#arrive(near, host, port, latencyMs));
    return near;
  }

  #arrive(near: VirtualStream, host: string, port: number, latencyMs: number): void {
    if (near.closed) return;
    const { timers } = this.#options;
    const place = this.#places.get(placeName(host, port));
    if (place === undefined || place.state === "refusing") {
      timers.set(latencyMs, () => near.fail("refused"));
      return;
    }
    if (place.state === "swallowing") return;
    const far = new VirtualStream(timers, latencyMs, "10.255.0.1", 1);
    near.connect(far);
    far.connect(near);
    place.streams.add(far);
    far.gone = () => place.streams.delete(far);
    place.accept(far);
    timers.set(latencyMs, () => near.open());
  }

  #latencyMs(): number {
    const { random, latencyMinMs, latencyMaxMs } = this.#options;
    return latencyMinMs + random.nextFloat() * (latencyMaxMs - latencyMinMs);
  }
}

function placeName(host: string, port: number): string {
  return `${host} ${port}`;
}
