/**
 * Properties are tried with the same values each time, so that a run that failed can be had again,
 * and nobody's change is refused for what an older one left to be found. `SEED=7` tries others.
 * Loaded before each test file; only those that need it pay for the library.
 */
import { readFileSync } from "node:fs";
import { expect } from "vitest";

const { testPath = "" } = expect.getState();
if (readFileSync(testPath, "utf8").includes('from "fast-check"')) {
  const { configureGlobal, readConfigureGlobal } = await import("fast-check");
  configureGlobal({ ...readConfigureGlobal(), seed: Number(process.env.SEED ?? 1) });
}
