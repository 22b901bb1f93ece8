/** The control connection over a socket in the file system, and between real processes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listenOnUnix } from "../../operator/publish/unix-socket.ts";
import { until } from "../harness/until.ts";

const HEDDLE = join(import.meta.dirname, "..", "..", "bin", "heddle.ts");

let folder: string;
let path: string;
const endings: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-unix-"));
  path = join(folder, "operator.sock");
});

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

async function listen(): Promise<{ server: Server; remove: () => Promise<void> }> {
  const server = createServer((socket) => socket.end());
  endings.push(() => server.close());
  return { server, remove: await listenOnUnix(server, { path }) };
}

describe("a listening socket", () => {
  it("is for the user and the group alone", async () => {
    const before = process.umask(0);
    const { remove } = await listen().finally(() => process.umask(before));
    expect((lstatSync(path).mode & 0o777).toString(8)).toBe("660");
    expect(readdirSync(folder)).toEqual(["operator.sock"]);
    await remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("takes the place of one that nobody listens on", async () => {
    const child = spawn(process.execPath, [
      "-e",
      `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log(1))`,
    ]);
    // The file is there before anybody listens.
    await once(child.stdout, "data");
    await expect(listen()).rejects.toMatchObject({ code: "EADDRINUSE" });
    await ended(child, "SIGKILL");
    expect(lstatSync(path).isSocket()).toBe(true);
    await listen();
  });

  it("leaves alone what is no socket, and what another put there", async () => {
    writeFileSync(path, "");
    await expect(listen()).rejects.toThrow("something else than a socket");
    rmSync(path);
    const { server, remove } = await listen();
    server.close();
    await listen();
    await remove();
    expect(lstatSync(path).isSocket()).toBe(true);
  });
});

/** A program of Heddle with its log. */
class Program {
  readonly child: ChildProcess;
  log = "";

  constructor(args: readonly string[]) {
    const free = ["--admin", "127.0.0.1:0", "--outbound", "127.0.0.1:0"];
    const more = args[0] === "proxy" ? free : ["--operator-admin", "127.0.0.1:0"];
    this.child = spawn(process.execPath, [HEDDLE, ...args, ...more], { stdio: "pipe" });
    endings.push(() => ended(this.child, "SIGKILL"));
    for (const output of [this.child.stdout, this.child.stderr]) {
      output?.on("data", (bytes: Buffer) => {
        this.log += bytes.toString();
      });
    }
  }

  /** What the first group of the pattern found. */
  async says(part: RegExp): Promise<string> {
    await until(
      () => `${part}: ${this.log}`,
      () => part.test(this.log),
    );
    return part.exec(this.log)?.[1] ?? "";
  }
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.on("close", resolve);
    child.kill(signal);
  });
}

describe("an operator on a socket", () => {
  it("serves proxies, and their next life after it was killed", async () => {
    const mesh = join(folder, "mesh");
    mkdirSync(mesh);
    const operatorArgs = ["operator", mesh, "--control", `unix:${path}`, "--state", folder];
    const first = new Program(operatorArgs);
    await first.says(/the operator is ready control=unix:\S+/);
    const proxy = new Program(["proxy", "--operator", `unix:${path}`]);
    const admin = await proxy.says(/admin=(\S+:\d+)/);
    const connection = async (): Promise<string> => {
      const { operator } = JSON.parse(await (await fetch(`http://${admin}/config`)).text());
      return `${operator.state} ${operator.address}`;
    };
    await until("it is ready", async () => (await fetch(`http://${admin}/ready`)).status === 200);
    expect(await connection()).toBe(`live unix:${path}`);
    await ended(first.child, "SIGKILL");
    await until("it has noticed", async () => !(await connection()).startsWith("live"));
    const second = new Program(operatorArgs);
    await second.says(/the operator is ready/);
    await until("it is connected anew", async () => (await connection()).startsWith("live"));
    await ended(second.child, "SIGTERM");
    expect(readdirSync(folder)).not.toContain("operator.sock");
  });

  it("says why it cannot be there", async () => {
    const file = new Program(["operator", folder, "--control", `unix:${join(folder, "no", "a")}`]);
    await file.says(/--control unix:\S+: the folder of the socket is not there/);
    const wrong = new Program(["operator", folder, "--control", "unix:here.sock"]);
    await wrong.says(/--control unix:here.sock: a socket is named by its absolute path/);
  });
});
