import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeNow } from "./write-now.ts";

const HELLO = Buffer.from("--hello--");

let server: Server;
let near: Socket;
let far: Socket;

beforeEach(async () => {
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection");
  near = dial();
  await once(near, "connect");
  [far] = await accepted;
  far.on("error", () => {});
  near.on("error", () => {});
});

afterEach(() => {
  near.destroy();
  far.destroy();
  server.close();
});

function dial(): Socket {
  const address = server.address();
  return connect(address instanceof Object ? address.port : 0, "127.0.0.1");
}

describe("writing at once", () => {
  it("gives the kernel the bytes that were meant", async () => {
    expect(writeNow(near, HELLO, 2, 7)).toBe(5);
    const [bytes] = await once(far, "data");
    expect(String(bytes)).toBe("hello");
  });

  it("tells how many it took, where that is not all", () => {
    const many = new Uint8Array(64 * 1024 * 1024);
    let taken = writeNow(near, many, 0, many.length);
    expect(taken).toBeGreaterThan(0);
    // It may pass some on meanwhile, and take more. In the end it takes nothing at all.
    for (let more = taken; more > 0; taken += more) {
      more = writeNow(near, many, taken, many.length);
    }
    expect(taken).toBeLessThan(many.length);
  });

  it("takes nothing before what waits", () => {
    const many = new Uint8Array(64 * 1024 * 1024);
    near.write(many);
    expect(near.writableLength).toBeGreaterThan(0);
    expect(writeNow(near, HELLO, 0, HELLO.length)).toBe(0);
  });

  it.each<[string, () => void]>([
    ["ended", () => near.end()],
    ["destroyed", () => near.destroy()],
  ])("takes nothing once it is %s", (_, close) => {
    close();
    expect(writeNow(near, HELLO, 0, HELLO.length)).toBe(0);
  });

  it("takes nothing after it was closed, when the number may be another's", async () => {
    near.destroy();
    await once(near, "close");
    const other = dial();
    await once(other, "connect");
    expect(writeNow(near, HELLO, 0, HELLO.length)).toBe(0);
    other.destroy();
  });

  it("takes nothing before it is connected", () => {
    const young = dial();
    young.on("error", () => {});
    expect(writeNow(young, HELLO, 0, HELLO.length)).toBe(0);
    young.destroy();
  });

  it("leaves it to the usual way to say that the peer is gone", async () => {
    const closed = new Promise((resolve) => near.once("close", resolve));
    far.resetAndDestroy();
    await closed;
    expect(writeNow(near, HELLO, 0, HELLO.length)).toBe(0);
  });
});
