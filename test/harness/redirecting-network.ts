/**
 * A network of real sockets, with the part of the kernel in it that tests cannot have without
 * namespaces: connections from certain addresses of this machine were meant to go elsewhere, and
 * addresses of the mesh are ports of this machine. The rest is as it is.
 */
import { type Address, formatAddress } from "../../base/address.ts";
import { INTERCEPTION_PROBE } from "../../proxy/init/interception-probe.ts";
import type {
  Listener,
  ListenOptions,
  Network,
  Stream,
  StreamHandler,
} from "../../proxy/net/stream.ts";

const LOOPBACK = "127.0.0.1";
const OTHERS_MAX = 250;

export class RedirectingNetwork implements Network {
  readonly #network: Network;
  /** Knows of no doors, and so dials the proxy's own. */
  readonly #outside: Network;
  /** By the caller's address. */
  readonly #meant = new Map<string, Address>();
  /** By address and port. */
  readonly #places = new Map<string, number>();
  /** What was dialled there, ever: `10.0.0.1:80`. */
  readonly dialled: string[] = [];
  #outboundPort = 0;
  /** Dialled, and not accepted yet. */
  #probeCount = 0;

  constructor(network: Network, outside: Network) {
    this.#network = network;
    this.#outside = outside;
  }

  /** From where to connect, so that the connection was meant to go there. */
  callerTo(meant: Address): string {
    if (this.#meant.size >= OTHERS_MAX) throw new Error("too many redirections for one test");
    const from = `127.0.1.${this.#meant.size + 1}`;
    this.#meant.set(from, meant);
    return from;
  }

  /** That address is this port of the machine; without a port, nobody is there. */
  place(address: string, port: number): void {
    this.#places.set(address, port);
  }

  async listen(options: ListenOptions): Promise<Listener> {
    const listener = await this.#network.listen({
      ...options,
      accept: (stream) => {
        const meant = this.#takeProbe(stream) ?? this.#meant.get(stream.remoteAddress) ?? null;
        stream.originalDestination = () => meant;
        options.accept(stream);
      },
    });
    // The admin's door is the first, the outbound one the second.
    if (options.refusesOwn) this.#outboundPort = listener.port;
    return listener;
  }

  dial(host: string, port: number, handler: StreamHandler): Stream {
    if (host === INTERCEPTION_PROBE.ipv4) return this.#dialProbe(port, handler);
    const address = formatAddress({ host, port });
    this.dialled.push(address);
    const place = this.#places.get(address);
    return this.#network.dial(place === undefined ? host : LOOPBACK, place ?? port, handler);
  }

  /** What is dialled beside the probe's port is not redirected, and refused. */
  #dialProbe(port: number, handler: StreamHandler): Stream {
    if (port !== INTERCEPTION_PROBE.port) return this.#network.dial("127.0.0.0", 1, handler);
    this.#probeCount += 1;
    return this.#outside.dial(LOOPBACK, this.#outboundPort, handler);
  }

  /** Probes come before callers do: a test starts when the proxy is ready. */
  #takeProbe({ remoteAddress }: Stream): Address | null {
    if (this.#probeCount === 0 || remoteAddress !== LOOPBACK) return null;
    this.#probeCount -= 1;
    return { host: INTERCEPTION_PROBE.ipv4, port: INTERCEPTION_PROBE.port };
  }
}
