/** The socket on which systemd hears that a service is ready: Node has no such sockets. */
import koffi from "koffi";
import { expect } from "vitest";

const [AF_UNIX, SOCK_DGRAM, MSG_DONTWAIT] = [1, 2, 0x40];
const MESSAGE_BYTES_MAX = 1_000;

export class SupervisorSocket {
  readonly #bytes = Buffer.alloc(MESSAGE_BYTES_MAX);
  readonly #receive: (bytes: Buffer) => number;
  readonly #close: () => void;

  /** A path, or a name with @ before it that is no file. */
  constructor(place: string) {
    const library = koffi.load(null);
    const socket = library.func("int socket(int family, int type, int protocol)");
    const bind = library.func("int bind(int fd, void *address, uint32_t length)");
    const recv = library.func("long recv(int fd, void *bytes, size_t count, int flags)");
    const close = library.func("int close(int fd)");
    const fd = Number(socket(AF_UNIX, SOCK_DGRAM, 0));
    const name = place.startsWith("@") ? `\0${place.slice(1)}` : `${place}\0`;
    const family = Buffer.from(new Uint16Array([AF_UNIX]).buffer);
    const address = Buffer.concat([family, Buffer.from(name)]);
    expect(bind(fd, address, address.length)).toBe(0);
    this.#receive = (bytes) => Number(recv(fd, bytes, bytes.length, MSG_DONTWAIT));
    this.#close = () => void close(fd);
  }

  /** The next message; empty where there is none. */
  take(): string {
    const count = this.#receive(this.#bytes);
    return this.#bytes.toString("utf8", 0, Math.max(0, count));
  }

  close(): void {
    this.#close();
  }
}
