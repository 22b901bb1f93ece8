/** A TCP client that sends exactly what it is told, and keeps what comes back. */
import { connect, type Socket } from "node:net";
import { WAIT_MS_MAX } from "./until.ts";

export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("end", () => this.#wake());
    socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** `localAddress`: from where, as one of 127.0.0.0/8; as the kernel likes if absent. */
  static connect(port: number, localAddress?: string): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const place = {
        port,
        host: "127.0.0.1",
        ...(localAddress !== undefined && { localAddress }),
      };
      const socket = connect({ ...place, noDelay: true, allowHalfOpen: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.removeListener("error", reject);
        resolve(new RawClient(socket));
      });
    });
  }

  get text(): string {
    return this.#received.toString("latin1");
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** From now on reads only when it is resumed, and keeps no more than the count that it tells. */
  countOnly(): () => number {
    let count = 0;
    this.socket.removeAllListeners("data");
    this.socket.on("data", (bytes: Buffer) => {
      count += bytes.length;
    });
    this.socket.pause();
    return () => count;
  }

  send(text: string): this {
    this.socket.write(Buffer.from(text, "latin1"));
    return this;
  }

  /** Waits until what was received satisfies `done`. Fails with what there is. */
  async until(done: (text: string) => boolean): Promise<string> {
    const timer = setTimeout(() => this.#wake(), WAIT_MS_MAX + 50);
    const untilMs = performance.now() + WAIT_MS_MAX;
    try {
      while (!done(this.text)) {
        if (this.#closed || performance.now() >= untilMs) {
          const state = this.#closed ? "closed" : "open";
          throw new Error(`not received (${state}): ${JSON.stringify(this.text.slice(0, 2_000))}`);
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      return this.text;
    } finally {
      clearTimeout(timer);
    }
  }

  untilText(part: string): Promise<string> {
    return this.until((text) => text.includes(part));
  }

  /** Waits for the peer to close; what was received until then. */
  async untilClosed(): Promise<string> {
    await this.until(() => this.#closed || this.socket.readableEnded);
    return this.text;
  }

  /** Forgets what was received. */
  clear(): void {
    this.#received = Buffer.alloc(0);
  }

  close(): void {
    this.socket.destroy();
  }
}
