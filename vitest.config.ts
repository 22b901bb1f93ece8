/**
 * Where tests live and how they may run: files side by side, no globals, and limits that only what
 * hangs ever reaches.
 */
import { defineConfig } from "vitest/config";

const WHOLE_PROGRAMS = ["test/**/*.test.ts"];
const WITH_API_SERVER = ["test/kubernetes/**/*.test.ts"];
const WITH_CLUSTER = ["test/cluster/**/*.test.ts"];
const PROPERTY_SEED = ["test/harness/property-seed.ts"];
/** A poll gives up as late as `until` does: a busy machine is slow, and that is no failure. */
const expect = { poll: { timeout: 60_000 } };

export default defineConfig({
  test: {
    reporters: ["default"],
    projects: [
      {
        test: {
          name: "unit",
          setupFiles: PROPERTY_SEED,
          include: ["**/*.test.ts"],
          exclude: [...WHOLE_PROGRAMS, "node_modules/**", "dist/**"],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          expect,
        },
      },
      {
        test: {
          name: "whole",
          setupFiles: PROPERTY_SEED,
          include: WHOLE_PROGRAMS,
          exclude: [...WITH_API_SERVER, ...WITH_CLUSTER, "node_modules/**"],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          expect,
        },
      },
      {
        test: {
          name: "kubernetes",
          include: WITH_API_SERVER,
          exclude: ["node_modules/**"],
          globalSetup: ["test/kubernetes/harness/global-setup.ts"],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          expect,
        },
      },
      {
        test: {
          name: "cluster",
          include: WITH_CLUSTER,
          exclude: ["node_modules/**"],
          // A whole cluster beside all the other tests would make both slow: it comes last.
          sequence: { groupOrder: 1 },
          expect,
        },
      },
    ],
  },
});
