/**
 * What the steps of the tour share: the cluster, the command line, and what the shoppers have seen.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isRecord } from "../../base/shape.ts";
import type { Cluster, CommandOptions, CommandResult } from "./cluster.ts";

export const ROOT = join(import.meta.dirname, "..", "..");
export const SHOP = "shop";
export const SHOP_MANIFESTS = join(ROOT, "config", "samples", "shop");
/** A busy machine needs long for what an idle one does at once. */
export const WAIT = "--timeout=240s";

const POLL_MS = 500;
const UNTIL_MS_MAX = 180_000;

/** Sums since the shoppers came. */
export interface Seen {
  readonly pages: number;
  readonly checkouts: number;
  /** Of both, and pages on which the reviews were missing. */
  readonly failures: number;
  /** Pages by the version of the reviews on them. */
  readonly reviews: Readonly<Record<string, number>>;
  /** The last failures, in the shoppers' words. */
  readonly lastFailures: readonly string[];
}

export class Tour {
  readonly cluster: Cluster;
  readonly tell: (line: string) => void;

  constructor(cluster: Cluster, tell: (line: string) => void) {
    this.cluster = cluster;
    this.tell = tell;
  }

  /** Runs kubectl to a good end, and resolves to what it printed. */
  kubectl(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return this.cluster.kubectlOk(args, { limitMs: 300_000, ...options });
  }

  async kubectlJson(...args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.kubectl([...args, "-o", "json"]));
  }

  /** The command line as it is in this checkout. */
  async heddle(...args: readonly string[]): Promise<CommandResult> {
    const command = [process.execPath, join(ROOT, "bin", "heddle.ts"), ...args];
    return await this.cluster.run(command, { limitMs: 360_000 });
  }

  /** The same, to a good end. */
  async heddleOk(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.heddle(...args);
    if (code === 0) return stdout;
    throw new Error(`heddle ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  }

  /** A page of a pod, by the API server. */
  async page(pod: string, port: number, path: string): Promise<string> {
    const url = `/api/v1/namespaces/${SHOP}/pods/${pod}:${port}/proxy${path}`;
    return await this.kubectl(["get", "--raw", url]);
  }

  async podNames(selector: string, namespace = SHOP): Promise<readonly string[]> {
    const filter = ["-l", selector, "--field-selector=status.phase=Running"];
    const names = await this.kubectl(["get", "pods", "-n", namespace, ...filter, "-o", "name"]);
    return names
      .split("\n")
      .filter((name) => name !== "")
      .map((name) => name.replace(/^pod\//, ""));
  }

  async rolledOut(deployment: string, namespace = SHOP): Promise<void> {
    await this.kubectl(["rollout", "status", "-n", namespace, `deployment/${deployment}`, WAIT]);
  }

  async seen(): Promise<Seen> {
    const [pod = ""] = await this.podNames("app=shoppers");
    const told: unknown = JSON.parse(await this.page(pod, 8080, "/"));
    if (!isRecord(told) || !isRecord(told.reviews)) throw new Error("no shoppers to ask");
    const number = (value: unknown): number => (typeof value === "number" ? value : 0);
    const reviews = Object.entries(told.reviews).map(([version, count]) => [
      version,
      number(count),
    ]);
    const seen = Object.fromEntries(reviews) as Record<string, number>;
    const failed = number(told.pageFailures) + number(told.checkoutFailures);
    return {
      pages: number(told.pages),
      checkouts: number(told.checkouts),
      failures: failed + (seen.none ?? 0) + number(told.skipped),
      reviews: seen,
      lastFailures: Array.isArray(told.lastFailures) ? told.lastFailures.map(String) : [],
    };
  }

  /** What the shoppers see while something happens, and for as long again as `pages` take. */
  async during(work: () => Promise<void>, pages = 100): Promise<Seen> {
    const before = await this.seen();
    await work();
    const done = await this.seen();
    let after = done;
    await this.until(`${pages} more pages`, async () => {
      after = await this.seen();
      return after.pages >= done.pages + pages;
    });
    return difference(before, after);
  }

  /** Looks again until it is so; a look that fails counts as not yet. */
  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + UNTIL_MS_MAX;
    let problem: unknown = "";
    for (;;) {
      try {
        if (await isSo()) return;
        problem = "";
      } catch (error) {
        problem = error;
      }
      if (performance.now() > deadlineMs) throw new Error(`not in time: ${what}. ${problem}`);
      await sleep(POLL_MS);
    }
  }
}

function difference(before: Seen, after: Seen): Seen {
  const reviews = Object.entries(after.reviews).map(
    ([version, count]) => [version, count - (before.reviews[version] ?? 0)] as const,
  );
  return {
    pages: after.pages - before.pages,
    checkouts: after.checkouts - before.checkouts,
    failures: after.failures - before.failures,
    reviews: Object.fromEntries(reviews.filter(([, count]) => count > 0)),
    lastFailures: after.lastFailures.filter((one) => !before.lastFailures.includes(one)),
  };
}
