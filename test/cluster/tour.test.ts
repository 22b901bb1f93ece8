/**
 * Heddle on a real cluster, from installation to uninstallation, as its users meet it: one step
 * after the other in one cluster, which is made for it and leaves nothing. `make test-cluster` runs
 * it, and so does CI; what a machine lacks for it is said where it is skipped.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from "vitest";
import { Cluster } from "./cluster.ts";
import { writeImages } from "./images.ts";
import { findClusterProblem, listTraces } from "./machine.ts";
import { obtainParts } from "./obtain-parts.ts";
import { HIGH_AVAILABILITY_STEPS } from "./steps/high-availability.ts";
import { INSTALL_STEPS } from "./steps/install.ts";
import { POD_STEPS } from "./steps/pods.ts";
import { SHOP_STEPS } from "./steps/shop.ts";
import { TROUBLE_STEPS } from "./steps/trouble.ts";
import { UNINSTALL_STEPS } from "./steps/uninstall.ts";
import { Tour } from "./tour.ts";
import { whatMatters } from "./what-matters.ts";

/** Most of it is building what is not there yet. */
const START_MS_MAX = 40 * 60_000;
const STEP_MS_MAX = 600_000;

const isWanted = process.env.HEDDLE_CLUSTER === "1" || /^(1|true)$/.test(process.env.CI ?? "");
const problem = isWanted ? findClusterProblem() : 'run "make test-cluster"';
const startMs = performance.now();

function tell(text: string): void {
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1).padStart(6);
  for (const line of text.split("\n")) process.stderr.write(`${seconds} s  ${line}\n`);
}

if (problem !== null) console.log(`test/cluster is skipped: ${problem}`);
const title = problem === null ? "a real cluster" : `a real cluster (${problem})`;

describe.skipIf(problem !== null)(title, () => {
  let tour: Tour;
  let before: readonly string[];
  let brokenBy = "";
  /** What could not be had, though all that makes it is there: without a network, for instance. */
  let lacking = "";

  beforeAll(async () => {
    const paths = await obtainParts(tell).catch((error: unknown) => {
      lacking = error instanceof Error ? error.message : String(error);
      console.log(`test/cluster is skipped: ${lacking}`);
    });
    if (paths === undefined) return;
    const archives = mkdtempSync(join(tmpdir(), "heddle-images-"));
    before = listTraces([process.pid]);
    try {
      const images = await writeImages(archives, tell);
      tour = new Tour(await Cluster.start({ paths, images, tell }), tell);
    } finally {
      rmSync(archives, { recursive: true, force: true });
    }
    tell("the cluster is there");
  }, START_MS_MAX);

  afterAll(async () => {
    await tour?.cluster.stop();
  }, STEP_MS_MAX);

  const steps = [
    ...[INSTALL_STEPS, SHOP_STEPS, TROUBLE_STEPS, POD_STEPS].flat(),
    ...[HIGH_AVAILABILITY_STEPS, UNINSTALL_STEPS].flat(),
  ];
  for (const step of steps) {
    it(step.title, { timeout: STEP_MS_MAX }, async ({ skip }) => {
      skip(lacking !== "", lacking);
      skip(brokenBy !== "", `needs: ${brokenBy}`);
      tell(`--- ${step.title}`);
      onTestFailed(async () => {
        if (step.isNeeded === true) brokenBy = step.title;
        tell(await whatMatters(tour));
      }, STEP_MS_MAX);
      await step.run(tour);
    });
  }

  it("the cluster ends and leaves nothing on the machine", { timeout: STEP_MS_MAX }, async ({
    skip,
  }) => {
    skip(lacking !== "", lacking);
    await tour.cluster.stop();
    expect(tracesSince(before, process.pid)).toEqual([]);
  });

  it("a cluster whose owner is killed ends as well", { timeout: STEP_MS_MAX }, async ({ skip }) => {
    skip(lacking !== "", lacking);
    const owner = join(import.meta.dirname, "main.ts");
    const stdio = ["ignore", "pipe", "inherit"] as const;
    const child = spawn(process.execPath, [owner, "--bare"], { stdio: [...stdio] });
    await new Promise<void>((resolve, reject) => {
      let said = "";
      child.stdout.on("data", (bytes: Buffer) => {
        said += bytes.toString();
        if (/there; enter it/.test(said)) resolve();
      });
      child.once("close", () => reject(new Error(`no cluster: ${said}`)));
    });
    const owned = (): readonly string[] => tracesSince(before, child.pid ?? 0);
    expect(owned()).not.toEqual([]);
    child.kill("SIGKILL");
    await tour.until("all of it is gone", async () => owned().length === 0);
  });
});

function tracesSince(before: readonly string[], owner: number): readonly string[] {
  return listTraces([owner]).filter((line) => !before.includes(line));
}
