import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { closedPort } from "../../test/harness/origins.ts";
import { httpGet } from "./http.ts";

const servers: Server[] = [];

async function listen(server: Server): Promise<{ host: string; port: number }> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A TCP server that listens has an address of this kind.
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

const serve = (listener: RequestListener) => listen(createHttpServer(listener));

afterEach(async () => {
  for (const server of servers.splice(0)) {
    await new Promise((resolve) => server.close(resolve));
  }
});

describe("httpGet", () => {
  it("gets the status and the whole text", async () => {
    const address = await serve((request, response) => {
      response.writeHead(202);
      response.write("Grü");
      response.end(`ße von ${request.url}`);
    });
    expect(await httpGet(address, "/objects?kind=A")).toEqual({
      status: 202,
      text: "Grüße von /objects?kind=A",
    });
  });

  it("knows that nothing listens", async () => {
    const address = { host: "127.0.0.1", port: await closedPort() };
    await expect(httpGet(address, "/")).rejects.toMatchObject({ failure: "refused" });
  });

  it("knows what is not HTTP", async () => {
    const address = await listen(
      createServer((socket) =>
        socket
          .on("error", () => {})
          .resume()
          .end("220 ready\r\n"),
      ),
    );
    await expect(httpGet(address, "/")).rejects.toMatchObject({ failure: "not-http" });
  });

  it("fails when the connection dies in the middle of the answer", async () => {
    const address = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    });
    await expect(httpGet(address, "/")).rejects.toMatchObject({ failure: "unreachable" });
  });
});
