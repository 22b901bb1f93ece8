/** A proxy as systemd runs it: sockets that were opened before, readiness, and the units. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { descriptorOf } from "../../proxy/net/descriptor.ts";
import { closedPort } from "../harness/origins.ts";
import { ownAddress } from "../harness/own-address.ts";
import { ProxyProcess } from "../harness/proxy-process.ts";
import { ProxyScene } from "../harness/proxy-scene.ts";
import { SupervisorSocket } from "../harness/supervisor-socket.ts";
import { until } from "../harness/until.ts";

const PROXY = new URL("../../bin/proxy.ts", import.meta.url).pathname;

let scene: ProxyScene;
let folder: string;

beforeEach(() => {
  scene = new ProxyScene();
  folder = mkdtempSync(join(tmpdir(), "heddle-systemd-"));
});

afterEach(async () => {
  await scene.end();
  rmSync(folder, { recursive: true });
});

describe("sockets that were opened before the proxy", () => {
  async function listening(): Promise<{ readonly port: number; readonly fd: number }> {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    scene.closing({ close: () => server.close() });
    const address = server.address();
    return { port: address instanceof Object ? address.port : 0, fd: descriptorOf(server) };
  }

  it("are taken by their names, and handed on", async () => {
    const { port, fd } = await listening();
    const env = { LISTEN_FDS: "1", LISTEN_FDNAMES: "outbound" };
    const proxy = scene.closing(await ProxyProcess.start([], { env, descriptors: [fd] }));
    expect(proxy.outboundPort).toBe(port);
    expect((await proxy.page("/restart", "POST")).status).toBe(200);
    expect((await proxy.page("/ready")).status).toBe(200);
    const said = () => proxy.log.match(/outbound=127\S+/g) ?? [];
    // The new one serves as soon as it has said so, which is read a little later.
    await until("both have said where they listen", () => said().length > 1);
    expect(said()).toEqual([`outbound=127.0.0.1:${port}`, `outbound=127.0.0.1:${port}`]);
  });

  it("are refused under a name that no door has", async () => {
    const { fd } = await listening();
    const env = { LISTEN_FDS: "1", LISTEN_FDNAMES: "web" };
    const started = ProxyProcess.start([], { env, descriptors: [fd] });
    await expect(started).rejects.toThrow("the socket web is none of admin, outbound, inbound");
  });
});

describe("a proxy that systemd starts", () => {
  it("says when it is ready, and not before", async () => {
    const place = join(folder, "notify");
    const supervisor = scene.closing(new SupervisorSocket(place));
    const nobody = await closedPort();
    const late = ["--operator", `ws://127.0.0.1:${nobody}`, "--start-without-operator-after", "1s"];
    const env = { NOTIFY_SOCKET: place };
    const proxy = scene.closing(await ProxyProcess.start(late, { env }));
    let said = "";
    await until("it says something", async () => {
      said = supervisor.take();
      const { status } = await proxy.page("/ready");
      expect([said, status]).not.toEqual(["READY=1", 503]);
      return said !== "";
    });
    expect(said).toBe("READY=1");
  });

  const activate = isInstalled("systemd-socket-activate");

  it.skipIf(!activate)("takes the sockets that systemd has opened, when it is needed", async () => {
    const echo = await scene.echo();
    // An address of its own, so that nobody else has the port.
    const host = ownAddress();
    const opened = ["-l", `${host}:4140`, "--fdname=outbound", "-E", "PATH"];
    const line = [process.execPath, PROXY, "--egress", "--admin", "127.0.0.1:0"];
    const child = spawn("systemd-socket-activate", [...opened, ...line], { stdio: "pipe" });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    scene.closing({
      close: async () => {
        child.kill("SIGTERM");
        await ended;
      },
    });
    let said = "";
    child.stderr.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    await until(
      () => `it listens: ${said}`,
      () => said.includes("Listening on"),
    );
    const answer = await new Promise<string>((resolve, reject) => {
      const headers = { host: `127.0.0.1:${echo.port}` };
      const sent = request({ host, port: 4_140, path: "/activated", headers }, (response) => {
        response.setEncoding("utf8").on("data", resolve);
      });
      sent.on("error", reject);
      sent.end();
    });
    expect(answer).toContain("GET /activated");
    await until(
      () => `it says where it listens: ${said}`,
      () => said.includes(`outbound=${host}:4140`),
    );
  });
});

describe("the units for systemd", () => {
  const units = ["heddle-proxy.service", "heddle-proxy.socket", "heddle-operator.service"];
  const analyze = isInstalled("systemd-analyze");

  it.skipIf(!analyze).each(units)("%s is one that systemd understands", async (unit) => {
    const path = new URL(`../../config/systemd/${unit}`, import.meta.url).pathname;
    // What it starts is not installed here.
    const text = readFileSync(path, "utf8").replaceAll("/usr/bin/node", process.execPath);
    writeFileSync(join(folder, unit), text);
    if (unit.endsWith(".socket")) {
      writeFileSync(join(folder, "heddle-proxy.service"), "[Service]\nExecStart=/bin/true\n");
    }
    const child: ChildProcess = spawn("systemd-analyze", ["verify", join(folder, unit)]);
    let said = "";
    child.stderr?.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, said]).toEqual([0, ""]);
  });
});

function isInstalled(program: string): boolean {
  const paths = (process.env.PATH ?? "").split(":");
  return paths.some((path) => {
    try {
      readFileSync(join(path, program));
      return true;
    } catch {
      return false;
    }
  });
}
