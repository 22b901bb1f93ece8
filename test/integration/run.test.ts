/** `heddle run` as a person starts it: real processes, real sockets, a folder of YAML. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ownAddress } from "../harness/own-address.ts";
import { until } from "../harness/until.ts";

const LAUNCHER = join(import.meta.dirname, "..", "..", "bin", "heddle.js");
/** Ports are given back for a moment before the programs take them. */
const ANY = `${ownAddress()}:0`;

const folders: string[] = [];
const servers: Server[] = [];
const meshes: ChildProcess[] = [];

afterEach(async () => {
  for (const child of meshes.splice(0)) child.kill("SIGKILL");
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function startApplication(answer: string): Promise<number> {
  const server = createServer((_request, response) => response.end(answer));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function service(name: string, ports: readonly number[]): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { ports: [{ name: http, port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ name: http, port: ${ports[0]} }]
endpoints: [{ addresses: [127.0.0.1] }]
---
`;
}

function folderWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "heddle-run-"));
  folders.push(folder);
  writeFileSync(join(folder, "mesh.yaml"), text);
  return folder;
}

interface Run {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<number | string>;
  readonly addressOf: (part: "outbound" | "operatorAdmin" | "admin") => string;
}

function heddle(args: readonly string[]): Run {
  const child = spawn(process.execPath, [LAUNCHER, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  meshes.push(child);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const ended = new Promise<number | string>((resolve) => {
    child.on("close", (code, signal) => resolve(signal ?? code ?? "unknown"));
  });
  const patterns = {
    outbound: /^ready: .*http:\/\/([\d.:]+)/m,
    admin: /--admin ([\d.:]+)/,
    operatorAdmin: /--operator-admin ([\d.:]+)/,
  };
  const addressOf = (part: keyof typeof patterns): string => patterns[part].exec(stdout)?.[1] ?? "";
  return { child, stdout: () => stdout, stderr: () => stderr, ended, addressOf };
}

async function startMesh(folder: string, ...more: string[]): Promise<Run> {
  const run = heddle([
    ...["run", folder, "--state", join(folder, ".state"), "--outbound", ANY, "--admin", ANY],
    ...["--control", ANY, "--operator-admin", ANY, ...more],
  ]);
  await until(run.stderr, () => /^ready/m.test(run.stdout()));
  return run;
}

function get(address: string, host: string, path = "/") {
  const [name = "", port = ""] = address.split(":");
  return new Promise<{ status: number; error: string; text: string }>((resolve, reject) => {
    const sent = request({ host: name, port, path, headers: { host }, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (bytes: Buffer) => {
        text += bytes.toString();
      });
      answer.on("end", () => {
        const error = String(answer.headers["heddle-error"] ?? "");
        resolve({ status: answer.statusCode ?? 0, error, text });
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** Children of a process that runs now, by what they were asked to be. */
function childOf(pid: number | undefined, program: string): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  const found = children.find((child) =>
    readFileSync(`/proc/${child}/cmdline`, "utf8").split("\0").includes(program),
  );
  return Number(found ?? 0);
}

const hasProc = existsSync("/proc/self/task");
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe("heddle run", () => {
  it("serves a folder, follows its changes, and stops in good order", async () => {
    const one = await startApplication("one");
    const two = await startApplication("two");
    const folder = folderWith(service("web", [one]) + service("web-v2", [two]));
    const run = await startMesh(folder);
    const outbound = run.addressOf("outbound");
    expect(await get(outbound, "web")).toMatchObject({ status: 200, text: "one" });
    expect(await get(outbound, "wbe")).toMatchObject({ status: 404, error: "unknown-service" });

    writeFileSync(
      join(folder, "split.yaml"),
      `apiVersion: heddle.mesh/v1alpha1
kind: TrafficSplit
metadata: { name: web }
spec: { service: web, backends: [{ service: web-v2, weight: 1 }] }
`,
    );
    await until(run.stderr, async () => (await get(outbound, "web")).text === "two");
    const admin = ["--operator-admin", run.addressOf("operatorAdmin")];
    const waited = heddle(["wait", "split/web", "--timeout", "60s", ...admin]);
    expect(await waited.ended).toBe(0);

    const splits = heddle(["get", "splits", ...admin]);
    expect(await splits.ended).toBe(0);
    expect(splits.stdout()).toMatch(/default +web +heddle\.mesh +default\/web .* True .* 1\/1/);
    const explain = heddle(["explain", "GET", "http://web/", "--admin", run.addressOf("admin")]);
    expect(await explain.ended).toBe(0);
    expect(explain.stdout()).toContain("TrafficSplit default/web");
    expect(explain.stdout()).toContain("It would be sent to web-v2.default:80.");

    run.child.kill("SIGTERM");
    expect(await run.ended).toBe(0);
    expect(run.stderr()).toMatch(/^operator \| /m);
    expect(run.stderr()).toMatch(/^proxy {4}\| /m);
  });

  it("stands in front of an application", async () => {
    const port = await startApplication("the application");
    const folder = folderWith(service("web", [port]));
    const run = await startMesh(folder, "--inbound", ANY, "--app", `web=127.0.0.1:${port}`);
    const inbound = /^ {2}in {4}([\d.:]+) for /m.exec(run.stdout())?.[1] ?? "";
    expect(await get(inbound, "web")).toMatchObject({ status: 200, text: "the application" });
    run.child.kill("SIGINT");
    expect(await run.ended).toBe(0);
  });

  it.skipIf(!hasProc)("serves with as many threads as it is told to", async () => {
    const folder = folderWith(service("web", [await startApplication("one")]));
    const run = await startMesh(folder, "--workers", "2");
    const proxy = childOf(run.child.pid, "proxy");
    const commandLine = readFileSync(`/proc/${proxy}/cmdline`, "utf8").split("\0");
    expect(commandLine.join(" ")).toContain("--workers 2");
    expect(await get(run.addressOf("outbound"), "web")).toMatchObject({ text: "one" });
    run.child.kill("SIGTERM");
    expect(await run.ended).toBe(0);
  });

  it.skipIf(!hasProc)("goes on while the operator is dead, and starts it again", async () => {
    const port = await startApplication("one");
    const run = await startMesh(folderWith(service("web", [port])));
    const outbound = run.addressOf("outbound");
    expect((await get(outbound, "web")).text).toBe("one");
    const operator = childOf(run.child.pid, "operator");
    process.kill(operator, "SIGKILL");
    expect((await get(outbound, "web")).text).toBe("one");
    await until(run.stderr, () => run.stderr().includes("operator is ready again"));
    expect(run.stderr()).toContain("operator ended by itself and is started again how=SIGKILL");
    expect((await get(outbound, "web")).text).toBe("one");
    run.child.kill("SIGTERM");
    expect(await run.ended).toBe(0);
  });

  it.skipIf(!hasProc)("leaves nothing behind when it is killed", async () => {
    const run = await startMesh(folderWith(service("web", [await startApplication("one")])));
    const children = ["operator", "proxy"].map((name) => childOf(run.child.pid, name));
    expect(children.every(isAlive)).toBe(true);
    run.child.kill("SIGKILL");
    await until(run.stderr, () => !children.some(isAlive));
  });

  it("names the flag of a port that is in use", async () => {
    const taken = createTcpServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    const others = ["--admin", ANY, "--control", ANY, "--operator-admin", ANY];
    const line = ["run", folderWith(""), "--outbound", `127.0.0.1:${port}`, ...others];
    const run = heddle(line);
    expect(await run.ended).toBe(1);
    expect(run.stderr()).toContain(`127.0.0.1:${port} is in use by another program`);
    expect(run.stderr()).toContain("--outbound");
    await new Promise((resolve) => taken.close(resolve));
  });
});
