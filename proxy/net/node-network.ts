/** Listening and dialling with Node's sockets. */
import { createServer, type Server } from "node:net";
import type { Address } from "../../base/address.ts";
import { unmapIpv4 } from "../../base/ip-address.ts";
import { descriptorOf } from "./descriptor.ts";
import { NodeStream, Turn } from "./node-stream.ts";
import { OpenSockets } from "./open-sockets.ts";
import { OriginalDestinations } from "./original-destination.ts";
import type { SocketCalls } from "./socket-calls.ts";
import type { Listener, ListenOptions, Network, Stream, StreamHandler } from "./stream.ts";

export interface NodeNetworkOptions {
  /** Null: no stream knows an original destination. */
  readonly calls: SocketCalls | null;
  readonly sockets: OpenSockets;
  /** Listeners of this proxy that another thread has: dialling them from here would never end. */
  readonly closedDoors: readonly Address[];
}

/** Without options it neither asks for original destinations nor heeds a limit of open files. */
export function createNodeNetwork(options: Partial<NodeNetworkOptions> = {}): Network {
  const { calls = null, sockets = new OpenSockets(null), closedDoors = [] } = options;
  return new NodeNetwork({ calls, sockets, closedDoors });
}

class NodeNetwork implements Network {
  readonly #turn: Turn;
  readonly #sockets: OpenSockets;
  /** Listeners that must not be dialled from here: the addresses that they have, by port. */
  readonly #closedDoors = new Map<number, string[]>();

  constructor({ calls, sockets, closedDoors }: NodeNetworkOptions) {
    const originals = calls === null ? null : new OriginalDestinations(calls);
    this.#turn = new Turn(originals, sockets);
    this.#sockets = sockets;
    for (const { host, port } of closedDoors) this.#closeDoor(host, port);
  }

  listen(options: ListenOptions): Promise<Listener> {
    const turn = this.#turn;
    const server = createServer(
      { allowHalfOpen: true, pauseOnConnect: true, noDelay: true },
      (accepted) => {
        if (this.#sockets.isFull && options.mayUseReserve !== true) {
          this.#sockets.refuse();
          accepted.resetAndDestroy();
          return;
        }
        const stream = NodeStream.adopt(accepted, turn);
        if (stream === null) return;
        turn.enter();
        options.accept(stream);
        turn.leave();
      },
    );
    const { host, port, backlog, fd, isShared: reusePort = false } = options;
    const place = { host, port, backlog, reusePort };
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(fd === undefined ? place : { fd, backlog }, () => {
        server.removeListener("error", reject);
        // An accept that fails must not end the process.
        server.on("error", () => {});
        resolve(this.#opened(server, options));
      });
    });
  }

  dial(host: string, port: number, handler: StreamHandler): Stream {
    return NodeStream.dial(host, port, handler, this.#turn, this.#closedDoors.get(port));
  }

  #closeDoor(host: string, port: number): void {
    const closed = this.#closedDoors.get(port);
    if (closed === undefined) this.#closedDoors.set(port, [host]);
    else closed.push(host);
  }

  #opened(server: Server, options: ListenOptions): Listener {
    const bound = server.address();
    const { host, port } =
      bound instanceof Object ? { host: unmapIpv4(bound.address), port: bound.port } : options;
    if (options.refusesOwn) this.#closeDoor(host, port);
    return {
      host: options.fd === undefined ? options.host : host,
      port,
      fd: descriptorOf(server),
      close: () => void server.close(),
    };
  }
}
