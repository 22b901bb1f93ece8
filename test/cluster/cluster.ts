/**
 * A Kubernetes cluster of one real node, from outside: started as one process, entered by commands,
 * and gone without a trace. Everything in it is private to its namespaces, its network included.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { isRecord } from "../../base/shape.ts";
import { listCgroups, removeCgroup } from "./cgroup-tree.ts";
import { adminKubeconfig, type ClusterFolders, clusterFolders } from "./node/folders.ts";
import type { NodeSettings } from "./node/node-settings.ts";
import type { PartPaths } from "./node/part-paths.ts";

export const CLUSTER_PREFIX = "heddle-cluster-";

export interface ClusterOptions {
  readonly paths: PartPaths;
  readonly images: readonly string[];
  readonly tell: (line: string) => void;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Then it is ended, and the code is 124, as `timeout` has it. */
  readonly limitMs?: number;
}

const COMMAND_MS_MAX = 120_000;

export class Cluster {
  readonly folders: ClusterFolders;
  readonly paths: PartPaths;
  readonly #launcher: ChildProcess;
  readonly #ended: Promise<void>;
  /** Of the first process in the namespaces, as seen from outside. */
  #pid = 0;
  #brokeDown: string | null = null;

  private constructor(folders: ClusterFolders, paths: PartPaths, launcher: ChildProcess) {
    this.folders = folders;
    this.paths = paths;
    this.#launcher = launcher;
    this.#ended = new Promise((resolve) => {
      launcher.once("close", () => resolve());
    });
  }

  /** Resolves when pods can run in it. */
  static async start({ paths, images, tell }: ClusterOptions): Promise<Cluster> {
    removeStale();
    const folder = mkdtempSync(join(tmpdir(), `${CLUSTER_PREFIX}${process.pid}-`));
    const cgroup = basename(folder);
    const settings: NodeSettings = { folder, cgroup, paths, snapshotter: "overlayfs", images };
    const launcher = spawn(
      process.execPath,
      [join(import.meta.dirname, "launcher.ts"), folder, cgroup, JSON.stringify(settings)],
      { stdio: ["pipe", "pipe", "inherit"], detached: true },
    );
    const cluster = new Cluster(clusterFolders(folder), paths, launcher);
    try {
      await cluster.#comesUp(tell);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** A command line that enters the cluster: its processes, its mounts, its network. */
  entering(command: readonly string[]): readonly string[] {
    const into = ["--target", String(this.#pid), "--mount", "--net", "--pid", "--ipc", "--uts"];
    return ["nsenter", ...into, "--", ...command];
  }

  environment(): Readonly<Record<string, string>> {
    return { KUBECONFIG: adminKubeconfig(this.folders), HOME: this.folders.root };
  }

  /** Runs a program in the cluster's namespaces, as its administrator. */
  run(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const { input = "", env = {}, limitMs = COMMAND_MS_MAX } = options;
    // The limit is kept in there: whoever is killed out here leaves its command behind.
    const limited = ["timeout", "--kill-after=5", String(limitMs / 1000), ...command];
    const [file = "", ...args] = this.entering(limited);
    const child = spawn(file, args, { env: { ...process.env, ...this.environment(), ...env } });
    return new Promise((resolve, reject) => {
      let stdout = "";
      let stderr = "";
      child.stdout.on("data", (bytes: Buffer) => {
        stdout += bytes.toString();
      });
      child.stderr.on("data", (bytes: Buffer) => {
        stderr += bytes.toString();
      });
      child.stdin.on("error", () => {});
      child.stdin.end(input);
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
    });
  }

  kubectl(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return this.run([this.paths.kubectl, ...args], options);
  }

  /** What it prints; throws with all of it unless it ends well. */
  async kubectlOk(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args, options);
    if (code === 0) return stdout;
    throw new Error(`kubectl ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  }

  /** What ended by itself and why; null while all runs. */
  get brokeDown(): string | null {
    return this.#brokeDown;
  }

  /** Ends it, and resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#launcher.stdin?.end();
    await this.#ended;
  }

  #comesUp(tell: (line: string) => void): Promise<void> {
    const { stdout, pid = 0 } = this.#launcher;
    if (stdout === null) throw new Error("the launcher has no output");
    return new Promise((resolve, reject) => {
      createInterface({ input: stdout }).on("line", (text) => {
        const line: unknown = JSON.parse(text);
        if (!isRecord(line)) return;
        if (line.kind === "progress") tell(String(line.text));
        if (line.kind === "ready") {
          this.#pid = firstChildOf(firstChildOf(pid));
          resolve();
        }
        if (line.kind !== "failed") return;
        this.#brokeDown = String(line.text);
        tell(`the cluster broke down: ${line.text}`);
        reject(new Error(String(line.text)));
      });
      this.#launcher.once("close", () => reject(new Error("the cluster ended early")));
    });
  }
}

function firstChildOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  const first = Number(children.trim().split(" ")[0]);
  if (!(first > 0)) throw new Error(`process ${pid} has no child`);
  return first;
}

/** What is left of clusters whose launcher was killed: their names say who asked for them. */
function removeStale(): void {
  const isStale = (name: string): boolean => {
    const [pid] = name.slice(CLUSTER_PREFIX.length).split("-");
    return name.startsWith(CLUSTER_PREFIX) && !existsSync(`/proc/${pid}`);
  };
  for (const name of listCgroups(CLUSTER_PREFIX).filter(isStale)) removeCgroup(name);
  for (const name of readdirSync(tmpdir()).filter(isStale)) {
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
