import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, it } from "vitest";
import { closedPort } from "../../test/harness/origins.ts";
import { ownAddress } from "../../test/harness/own-address.ts";
import { hasMetItself } from "./has-met.ts";

it("knows a socket that is connected to itself", async () => {
  const host = ownAddress();
  // A port that nobody has at another address is free at this one.
  const port = await closedPort();
  const socket = connect({ port, host, localPort: port, localAddress: host });
  await once(socket, "connect");
  expect(hasMetItself(socket, port)).toBe(true);
  socket.destroy();
});

it("knows one that is connected to somebody at its own address or its own port", async () => {
  const [here, there] = [ownAddress(), ownAddress()];
  const server = createServer().listen(0, here);
  await once(server, "listening");
  const address = server.address();
  const port = address instanceof Object ? address.port : 0;
  for (const place of [{ localAddress: here }, { localAddress: there, localPort: port }]) {
    const socket = connect({ port, host: here, ...place });
    await once(socket, "connect");
    expect(hasMetItself(socket, port)).toBe(false);
    socket.destroy();
  }
  server.close();
});
