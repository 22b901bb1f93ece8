import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { notifySupervisor } from "./notify-supervisor.ts";

const [AF_UNIX, SOCK_DGRAM, MSG_DONTWAIT] = [1, 2, 0x40];

let folder: string;
let close: () => void = () => {};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-notify-"));
});

afterEach(() => {
  close();
  rmSync(folder, { recursive: true });
});

/** A supervisor's socket; what it has received. */
function listen(name: Buffer): () => string {
  const library = koffi.load(null);
  const socket = library.func("int socket(int family, int type, int protocol)");
  const bind = library.func("int bind(int fd, void *address, uint32_t length)");
  const recv = library.func("long recv(int fd, void *bytes, size_t count, int flags)");
  const end = library.func("int close(int fd)");
  const fd = Number(socket(AF_UNIX, SOCK_DGRAM, 0));
  close = () => void end(fd);
  const address = Buffer.concat([Buffer.from(new Uint16Array([AF_UNIX]).buffer), name]);
  expect(bind(fd, address, address.length)).toBe(0);
  const bytes = Buffer.alloc(100);
  return () => bytes.toString("utf8", 0, Number(recv(fd, bytes, bytes.length, MSG_DONTWAIT)));
}

describe.skipIf(process.platform !== "linux")("notifySupervisor", () => {
  it("sends one datagram to a path", async () => {
    const path = join(folder, "notify");
    const received = listen(Buffer.from(`${path}\0`));
    await notifySupervisor(path, "READY=1");
    expect(received()).toBe("READY=1");
  });

  it("sends to a place that is no file", async () => {
    const name = `heddle-notify-${process.pid}`;
    const received = listen(Buffer.from(`\0${name}`));
    await notifySupervisor(`@${name}`, "READY=1");
    expect(received()).toBe("READY=1");
  });

  it("says when nobody is there", async () => {
    const path = join(folder, "nobody");
    await expect(notifySupervisor(path, "READY=1")).rejects.toThrow("was not reached");
    await expect(notifySupervisor(`/${"x".repeat(200)}`, "")).rejects.toThrow("is no place");
  });
});
