import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import type { ControlLink } from "../../mesh/control-link.ts";
import { CONTROL_SUBPROTOCOL } from "../../mesh/control-messages.ts";
import { until } from "../../test/harness/until.ts";
import { createReplicaDialer, type ReplicaCredentials } from "./dial-leader.ts";

let server: WebSocketServer;
let address: string;
let told: string[];

beforeEach(async () => {
  told = [];
  const handleProtocols = (): string => CONTROL_SUBPROTOCOL;
  server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/control", handleProtocols });
  server.on("connection", (socket) => {
    socket.on("message", (data) => socket.send(`heard ${data.toString()}`));
  });
  await once(server, "listening");
  const bound = server.address();
  address = typeof bound === "object" ? `127.0.0.1:${bound?.port}` : "";
});

afterEach(() => {
  for (const client of server.clients) client.terminate();
  server.close();
});

function dial(where: string, credentials?: ReplicaCredentials): ControlLink {
  return createReplicaDialer(credentials)(where, {
    onOpen: () => told.push("open"),
    onText: (text) => told.push(text),
    onDrain: () => {},
    onClose: (code, reason) => told.push(`closed ${code} ${reason}`),
  });
}

const untilTold = (expected: RegExp) =>
  until(
    () => `it is told ${expected}: ${told.join()}`,
    () => told.some((one) => expected.test(one)),
  );

describe("a link to the leader", () => {
  it("carries texts both ways, and ends in good order", async () => {
    const link = dial(address);
    await untilTold(/^open$/);
    link.send("a");
    await untilTold(/^heard a$/);
    link.close(1000, "done");
    await untilTold(/^closed 1000/);
    link.send("b");
    expect(told).toHaveLength(3);
  });

  it("is not made in plain text to another machine", async () => {
    dial("10.0.0.1:4190");
    await untilTold(/^closed 0 without a token 10\.0\.0\.1:4190 is not spoken to/);
    expect(told).toHaveLength(1);
  });

  it("waits for nobody where its token cannot be read", async () => {
    const serverName = "heddle-operator.heddle.svc";
    dial(address, { tokenFile: "/not/there", caFile: "/not/there", serverName });
    await untilTold(/^closed 0 ENOENT/);
  });

  it("can be given up before it is there, and tells once that it is over", async () => {
    const files = { tokenFile: "/not/there", caFile: "/not/there" };
    for (const link of [dial(address), dial(address, { ...files, serverName: "a" })]) {
      link.terminate();
    }
    const closed = () => told.filter((one) => one.startsWith("closed"));
    await until("both are over", () => closed().length === 2);
    expect(closed()).toContain("closed 0 given up");
    expect(told).toHaveLength(2);
  });
});
