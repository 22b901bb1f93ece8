import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { MemoryIo } from "../base/memory-io.ts";
import { runProgram } from "../base/program.ts";
import { CONTROL_PATH, CONTROL_SUBPROTOCOL } from "../mesh/control-messages.ts";
import type { ObjectsAnswer, ProxiesAnswer, ServicesAnswer } from "../mesh/operator-api.ts";
import { FEATURES } from "../mesh/snapshot.ts";
import { operator } from "./main.ts";

const MESH = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web-v1, namespace: shop }
spec: { ports: [{ name: http, port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: web-v1
  namespace: shop
  labels: { kubernetes.io/service-name: web-v1 }
addressType: IPv4
ports: [{ name: http, port: 8080 }]
endpoints: [{ addresses: ["10.0.0.1"] }]
`;

const split = (weight: string): string => `
apiVersion: heddle.mesh/v1alpha1
kind: TrafficSplit
metadata: { name: web, namespace: shop }
spec:
  service: web
  backends:
    - { service: web-v1, weight: ${weight} }
    - { service: web, weight: 10 }
`;

let base: string;
let folder: string;
let io: MemoryIo;
let running: Promise<number>[];
let proxies: TestProxy[];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "heddle-operator-"));
  folder = join(base, "mesh");
  mkdirSync(folder);
  writeFileSync(join(folder, "mesh.yaml"), MESH);
  writeFileSync(join(folder, "split.yaml"), split("90"));
  running = [];
  proxies = [];
});

afterEach(async () => {
  for (const proxy of proxies) proxy.close();
  io.raise("SIGTERM");
  await Promise.all(running);
  rmSync(base, { recursive: true, force: true });
});

async function run(...flags: readonly string[]): Promise<number> {
  io = new MemoryIo({ workingFolder: base, env: { XDG_STATE_HOME: join(base, "state") } });
  return await runProgram(operator, flags, io);
}

async function start(...flags: readonly string[]) {
  const ports = ["--control", "127.0.0.1:0", "--operator-admin", "127.0.0.1:0"];
  running.push(run("mesh", ...ports, ...flags));
  await io.stderr.until(/operator is ready/);
  const found = /control=(\S+) admin=(\S+)/.exec(io.stderr.text);
  const [, control = "", admin = ""] = found ?? [];
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`http://${admin}${path}`);
    return (await response.json()) as T;
  };
  return { control, admin, get };
}

interface Message {
  readonly message: string;
  readonly type: string;
  readonly key: string;
  readonly revision: string;
  readonly body: { readonly rules?: readonly unknown[]; readonly endpoints?: readonly unknown[] };
}

/** Subscribes to one destination and takes whatever it is sent. */
class TestProxy {
  readonly socket: WebSocket;
  readonly received: Message[] = [];
  #watchers: (() => void)[] = [];

  constructor(control: string, key: string) {
    proxies.push(this);
    this.socket = new WebSocket(`ws://${control}${CONTROL_PATH}`, CONTROL_SUBPROTOCOL);
    this.socket.on("open", () => {
      const proxy = { name: "test", version: "1" };
      const features = FEATURES;
      const hello = { message: "hello", protocol: 1, proxy, namespace: "shop", features };
      this.#send({ ...hello, holds: [] });
      this.#send({ message: "subscribe", type: "destination", key, revision: "" });
    });
    this.socket.on("message", (data) => this.#take(JSON.parse(String(data)) as Message));
  }

  async until(done: (received: readonly Message[]) => boolean): Promise<void> {
    while (!done(this.received)) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  close(): void {
    this.socket.terminate();
  }

  #take(message: Message): void {
    this.received.push(message);
    if (message.message === "snapshot") {
      const { type, key, revision } = message;
      this.#send({ message: "ack", type, key, revision });
    }
    for (const watcher of this.#watchers.splice(0)) watcher();
  }

  #send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }
}

const snapshots = (received: readonly Message[], type: string): readonly Message[] =>
  received.filter((one) => one.message === "snapshot" && one.type === type);

describe("heddle operator", () => {
  it("brings a folder to a proxy, and edits of it while it runs", async () => {
    const { control, get } = await start();
    const proxy = new TestProxy(control, "svc/shop/web:80");
    await proxy.until((all) => snapshots(all, "endpoints").length === 2);
    const [first] = snapshots(proxy.received, "destination");
    expect(first?.body.rules).toHaveLength(1);

    await untilProgrammed(get, "1/1", 1);
    writeFileSync(join(folder, "split.yaml"), split("50"));
    await proxy.until((all) => snapshots(all, "destination").length === 2);
    await untilProgrammed(get, "1/1", 2);
    expect((await get<ProxiesAnswer>("/proxies")).proxies).toMatchObject([
      { name: "test", namespace: "shop", refused: [] },
    ]);
    await io.stderr.until("TrafficSplit shop/web: generation 2 is live");
  });

  it("keeps the last good version after a bad edit, and over a restart", async () => {
    const first = await start();
    writeFileSync(join(folder, "split.yaml"), split("ninety"));
    await io.stderr.until(/split\.yaml:8:\d+: error: TrafficSplit shop\/web: spec\.backends\[0\]/);
    await untilAccepted(first.get, /generation 1 stays live/);
    io.raise("SIGTERM");
    expect(await running[0]).toBe(0);
    expect(readdirSync(join(base, "state", "heddle"))).toHaveLength(1);

    const second = await start();
    await untilAccepted(second.get, /generation 1 stays live/);
    const { services } = await second.get<ServicesAnswer>("/services?namespace=shop");
    expect(services[0]?.ports[0]?.backends).toHaveLength(2);
  });

  it("answers every page", async () => {
    const { admin } = await start();
    const paths = ["live", "ready", "metrics", "objects", "problems", "services", "proxies"];
    for (const path of [...paths, "stats?window=60&by=backend", "version"]) {
      const response = await fetch(`http://${admin}/${path}`);
      expect([path, response.status]).toEqual([path, 200]);
      expect((await response.text()).length).toBeGreaterThan(1);
    }
    for (const path of ["stats?window=0", "stats?window=x", "stats?by=colour"]) {
      expect((await fetch(`http://${admin}/${path}`)).status).toBe(400);
    }
  });
});

async function untilProgrammed(
  get: <T>(path: string) => Promise<T>,
  proxies: string,
  generation: number,
): Promise<void> {
  for (;;) {
    const { objects } = await get<ObjectsAnswer>("/objects?kind=trafficsplit");
    const [entry] = objects;
    const programmed = entry?.conditions.find(({ type }) => type === "Programmed");
    if (entry?.proxies === proxies && programmed?.observedGeneration === generation) return;
  }
}

async function untilAccepted(get: <T>(path: string) => Promise<T>, message: RegExp): Promise<void> {
  for (;;) {
    const { objects } = await get<ObjectsAnswer>("/objects?kind=TrafficSplit&namespace=shop");
    if (message.test(objects[0]?.conditions[0]?.message ?? "")) return;
  }
}

describe("a command line that cannot work", () => {
  it.each([
    [[], 2, /DIR is missing: .*--kubernetes/],
    [["mesh", "extra"], 2, /extra/],
    [["nowhere"], 1, /the folder nowhere cannot be read/],
    [["mesh/mesh.yaml"], 2, /mesh\/mesh\.yaml is not a folder/],
    [["mesh", "--control", "0.0.0.0:4190"], 2, /--control 0\.0\.0\.0:4190: .*loopback/],
    [["mesh", "--contrl", "x"], 2, /--control/],
    [["--kubernetes", "--state", "kept"], 2, /--state and --kubernetes do not go together/],
    [["--kubernetes", "--join-tokens", "f"], 2, /--join-tokens and --kubernetes do not go/],
    [["mesh", "--join-tokens", "f"], 2, /--join-tokens: .* 127\.0\.0\.1:4190.*--control-tls/],
    [["mesh", "--kubeconfig", "f"], 2, /--kubeconfig needs --kubernetes/],
    [["mesh", "--namespace", "mesh"], 2, /--namespace needs --kubernetes/],
    [["mesh", "--certificates", "external"], 2, /--certificates needs --kubernetes/],
    [["mesh", "--hand-over", "1s"], 2, /--hand-over needs --kubernetes/],
    [["mesh", "--replica-token", "f"], 2, /--replica-token needs --kubernetes/],
    [["mesh", "--replica-ca", "f"], 2, /--replica-ca needs --kubernetes/],
    [["mesh", "--inject-unasked"], 2, /--inject-unasked needs --kubernetes/],
    [["mesh", "--accept-linkerd-annotations"], 2, /--accept-linkerd.* needs --kubernetes/],
  ])("%j ends with %i", async (args, code, message) => {
    expect(await run(...args)).toBe(code);
    expect(io.stderr.text).toMatch(message);
  });

  it.each(["--control", "--operator-admin"])("says that the port of %s is in use", async (flag) => {
    const server = await listen();
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const other = flag === "--control" ? "--operator-admin" : "--control";
    const args = ["mesh", flag, `127.0.0.1:${port}`, other, "127.0.0.1:0"];
    expect(await run(...args)).toBe(1);
    expect(io.stderr.text).toContain(`${flag} 127.0.0.1:${port}: the port is in use`);
    await new Promise((resolve) => server.close(resolve));
  });

  it("shows help", async () => {
    expect(await run("--help")).toBe(0);
    expect(io.stdout.text).toContain("heddle operator [DIR]");
  });
});

function listen(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}
