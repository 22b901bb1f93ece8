/** An operator without a cluster that serves other machines: proxies with tokens from a file. */
import { type ChildProcess, spawn } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ProxiesAnswer } from "../../mesh/operator-api.ts";
import { ProxyProcess } from "../harness/proxy-process.ts";
import { until } from "../harness/until.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "bin", "operator.ts");
const TOKEN = "t".repeat(40);

let folder: string;
let tokens: string;
let tokenFile: string;
const ends: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-join-"));
  tokens = join(folder, "tokens");
  tokenFile = join(folder, "token");
  mkdirSync(join(folder, "mesh"));
  writeFileSync(tokens, `${TOKEN} shop/web-1\n`);
  writeFileSync(tokenFile, TOKEN);
});

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly control: string;
  readonly admin: string;
}

async function startOperator(): Promise<Running> {
  const flags = ["--control", "127.0.0.1:0", "--operator-admin", "127.0.0.1:0", "--control-tls"];
  const kept = ["--state", join(folder, "state"), "--join-tokens", tokens];
  const child = spawn(process.execPath, [PROGRAM, join(folder, "mesh"), ...flags, ...kept]);
  let log = "";
  child.stderr.on("data", (bytes: Buffer) => {
    log += bytes.toString();
  });
  ends.push(() => stop(child));
  await until(
    () => log,
    () => / admin=\S+ from=/.test(log),
  );
  const [, control = ""] = / control=(\S+)/.exec(log) ?? [];
  const [, admin = ""] = / admin=(\S+)/.exec(log) ?? [];
  return { child, control, admin };
}

function stop(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.on("close", resolve);
    child.kill("SIGTERM");
  });
}

async function proxies({ admin }: Running): Promise<ProxiesAnswer["proxies"]> {
  const answer = (await (await fetch(`http://${admin}/proxies`)).json()) as ProxiesAnswer;
  return answer.proxies;
}

async function startProxy({ control }: Running): Promise<ProxyProcess> {
  const ca = join(folder, "state", "authority", "ca.crt");
  const proxy = await ProxyProcess.start([
    ...["--operator", `wss://${control}`, "--operator-ca", ca, "--operator-token", tokenFile],
    ...["--namespace", "bank", "--name", "vault"],
  ]);
  ends.push(() => proxy.close());
  return proxy;
}

describe("an operator of a folder that others can reach", () => {
  it("knows proxies by the tokens that it was given, and is the same after a restart", async () => {
    const operator = await startOperator();
    const ready = async () => (await fetch(`http://${operator.admin}/ready`)).status === 200;
    await until("ready", ready);
    await startProxy(operator);
    await until("joined", async () => (await proxies(operator)).length === 1);
    expect((await proxies(operator))[0]).toMatchObject({ namespace: "shop", name: "web-1" });
    const authority = join(folder, "state", "authority");
    expect(lstatSync(join(authority, "authority.pem")).mode & 0o777).toBe(0o600);
    const before = readFileSync(join(authority, "ca.crt"), "utf8");
    expect(before).not.toContain("KEY");
    await stop(operator.child);
    const again = await startOperator();
    expect(readFileSync(join(authority, "ca.crt"), "utf8")).toBe(before);
    await startProxy(again);
    await until("joined", async () => (await proxies(again)).length === 1);
  });

  it("turns away who has none of them", async () => {
    const operator = await startOperator();
    writeFileSync(tokenFile, "x".repeat(40));
    const proxy = await startProxy(operator);
    await until("refused", () => proxy.log.includes("does not take this proxy's token"));
    // Until the file says otherwise.
    writeFileSync(tokens, `${"x".repeat(40)} shop/web-2\n`);
    await until("joined", async () => (await proxies(operator)).length === 1);
  });
});

it("a proxy without an authority to know it by does not start", async () => {
  const started = ProxyProcess.start(["--operator", "wss://127.0.0.1:4190"]);
  await expect(started).rejects.toThrow(/--operator-ca FILE is missing/);
});
