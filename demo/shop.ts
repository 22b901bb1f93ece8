/**
 * The shop: its services, a proxy beside each, an operator, and shoppers. Everything is a process
 * of its own, started as anybody could start it by hand.
 */
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type EndpointPlace, formatEndpoints } from "./endpoints-file.ts";
import { findPorts } from "./free-ports.ts";
import { ProcessGroup } from "./process-group.ts";

const DEMO_FOLDER = dirname(fileURLToPath(import.meta.url));
const LAUNCHER = join(DEMO_FOLDER, "..", "bin", "heddle.js");
const NAMESPACE = "shop";
const START_LIMIT_MS = 60_000;
const POLL_MS = 50;
/** How long the flaky payment process listens, and how long it does not. */
const FLAKY_MS = 700;

/** The standard ports come first, so that `heddle get` needs no flags where they are free. */
const MESH_PORTS = { outbound: 4140, admin: 4191, control: 4190, operatorAdmin: 4192 } as const;
const WEB_PORT = 4180;

interface ServiceProcess {
  readonly name: string;
  /** The service that it is an instance of. */
  readonly service: string;
  /** File in `services/`. */
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
}

const PROCESSES: readonly ServiceProcess[] = [
  { name: "web", service: "web", file: "web.ts" },
  { name: "catalog", service: "catalog", file: "catalog.ts" },
  { name: "cart", service: "cart", file: "cart.ts" },
  { name: "payment-1", service: "payment", file: "payment.ts" },
  {
    name: "payment-2",
    service: "payment",
    file: "payment.ts",
    env: { FLAKY_MS: String(FLAKY_MS) },
  },
  { name: "reviews-v1", service: "reviews-v1", file: "reviews.py", env: { VERSION: "v1" } },
  { name: "reviews-v2", service: "reviews-v2", file: "reviews.ts", env: { VERSION: "v2" } },
];

/** Sums since the shoppers came. */
export interface Seen {
  readonly pages: number;
  readonly pageFailures: number;
  readonly checkouts: number;
  readonly checkoutFailures: number;
  readonly reviews: Readonly<Record<string, number>>;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Shop {
  readonly #group: ProcessGroup;
  readonly #ports: ReadonlyMap<string, number>;
  readonly meshFolder: string;

  private constructor(group: ProcessGroup, ports: ReadonlyMap<string, number>, meshFolder: string) {
    this.#group = group;
    this.#ports = ports;
    this.meshFolder = meshFolder;
  }

  /** Starts it; resolves when shoppers are served. Logs and state go to `runFolder`. */
  static async open(meshFolder: string, runFolder: string): Promise<Shop> {
    const group = new ProcessGroup(runFolder);
    const ports = await choosePorts();
    const shop = new Shop(group, ports, meshFolder);
    try {
      shop.#writeEndpoints();
      shop.#startServices();
      shop.#startMesh(runFolder);
      await shop.#until("the operator", () => isOk(shop.url("operatorAdmin", "/ready")));
      shop.#startProxies();
      for (const { name } of PROCESSES) {
        await shop.#until(`the proxy of ${name}`, () => isOk(shop.url(`${name}.admin`, "/ready")));
      }
      shop.#startShoppers();
      await shop.#until("shoppers", async () => (await shop.seen()).pages > 20);
    } catch (error) {
      await group.stop();
      throw error;
    }
    return shop;
  }

  get failure(): Promise<never> {
    return this.#group.failure;
  }

  /** How many processes the shop has, the operator's and its supervisor's included. */
  get processCount(): number {
    return PROCESSES.length * 2 + 4;
  }

  port(name: string): number {
    const port = this.#ports.get(name);
    if (port === undefined) throw new Error(`no port is called ${name}`);
    return port;
  }

  url(name: string, path: string): string {
    return `http://127.0.0.1:${this.port(name)}${path}`;
  }

  /** What a command line needs to reach this mesh; empty where the usual ports were free. */
  flagFor(flag: "operator-admin" | "admin"): string {
    const name = flag === "admin" ? "admin" : "operatorAdmin";
    const port = this.port(name);
    return port === MESH_PORTS[name] ? "" : ` --${flag} 127.0.0.1:${port}`;
  }

  async seen(): Promise<Seen> {
    const answer = await fetch(this.url("shoppers", "/"));
    // Our own process says so.
    return (await answer.json()) as Seen;
  }

  /** Runs `heddle` as anybody would. */
  heddle(...args: string[]): Promise<CommandResult> {
    const flags = {
      HEDDLE_OPERATOR_ADMIN: `127.0.0.1:${this.port("operatorAdmin")}`,
      HEDDLE_ADMIN: `127.0.0.1:${this.port("web.admin")}`,
    };
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [LAUNCHER, ...args], {
        env: { ...process.env, ...flags },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let stdout = "";
      let stderr = "";
      child.stdout.on("data", (bytes: Buffer) => {
        stdout += bytes.toString("utf8");
      });
      child.stderr.on("data", (bytes: Buffer) => {
        stderr += bytes.toString("utf8");
      });
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
    });
  }

  async close(): Promise<void> {
    await this.#group.stop();
  }

  #writeEndpoints(): void {
    const places: EndpointPlace[] = PROCESSES.map(({ name, service }) => ({
      name,
      service,
      port: this.port(`${name}.inbound`),
    }));
    writeFileSync(join(this.meshFolder, "endpoints.yaml"), formatEndpoints(NAMESPACE, places));
  }

  #startServices(): void {
    const python = findPython();
    for (const { name, file, env } of PROCESSES) {
      const usesPython = file.endsWith(".py") && python !== undefined;
      const path = join(DEMO_FOLDER, "services", file);
      this.#group.start({
        name,
        command: usesPython ? [python, path] : [process.execPath, path.replace(/\.py$/, ".ts")],
        env: {
          ...env,
          NAME: name,
          PORT: String(this.port(`${name}.app`)),
          OUTBOUND: `127.0.0.1:${this.port(`${name}.outbound`)}`,
        },
      });
    }
  }

  /** The operator and the shoppers' proxy, as `heddle run` starts them. */
  #startMesh(runFolder: string): void {
    const address = (name: string): string => `127.0.0.1:${this.port(name)}`;
    this.#group.start({
      name: "heddle-run",
      command: [
        process.execPath,
        LAUNCHER,
        "run",
        this.meshFolder,
        ...["--namespace", NAMESPACE, "--state", join(runFolder, "state")],
        ...["--outbound", address("outbound"), "--admin", address("admin")],
        ...["--control", address("control"), "--operator-admin", address("operatorAdmin")],
      ],
    });
  }

  #startProxies(): void {
    for (const { name, service } of PROCESSES) {
      const address = (part: string): string => `127.0.0.1:${this.port(`${name}.${part}`)}`;
      this.#group.start({
        name: `${name}-proxy`,
        command: [
          process.execPath,
          LAUNCHER,
          "proxy",
          ...["--operator", `ws://127.0.0.1:${this.port("control")}`, "--namespace", NAMESPACE],
          ...["--name", name, "--outbound", address("outbound"), "--admin", address("admin")],
          ...["--inbound", address("inbound"), "--app", `${service}=${address("app")}`],
        ],
      });
    }
  }

  #startShoppers(): void {
    this.#group.start({
      name: "shoppers",
      command: [process.execPath, join(DEMO_FOLDER, "services", "shoppers.ts")],
      env: {
        PORT: String(this.port("shoppers")),
        OUTBOUND: `127.0.0.1:${this.port("outbound")}`,
      },
    });
  }

  async #until(what: string, isDone: () => Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + START_LIMIT_MS;
    const poll = async (): Promise<void> => {
      while (!(await isDone().catch(() => false))) {
        if (performance.now() > deadlineMs) throw new Error(`${what} did not come up in time`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    };
    await Promise.race([poll(), this.failure]);
  }
}

async function choosePorts(): Promise<ReadonlyMap<string, number>> {
  const wanted = new Map<string, number>(Object.entries(MESH_PORTS));
  wanted.set("shoppers", 0);
  for (const { name } of PROCESSES) {
    for (const part of ["app", "outbound", "inbound", "admin"]) wanted.set(`${name}.${part}`, 0);
  }
  wanted.set("web.inbound", WEB_PORT);
  const ports = await findPorts([...wanted.values()]);
  return new Map([...wanted.keys()].map((name, index) => [name, ports[index] ?? 0]));
}

/** Undefined where there is none; then the Node twin of the service takes its place. */
export function findPython(): string | undefined {
  return ["python3", "python"].find(
    (name) => spawnSync(name, ["-c", "import http.server"], { stdio: "ignore" }).status === 0,
  );
}

async function isOk(url: string): Promise<boolean> {
  return (await fetch(url)).ok;
}
