/** Where tests live and how they may run: files side by side, no globals, short limits. */
import { defineConfig } from "vitest/config";

const WHOLE_PROGRAMS = ["test/**/*.test.ts"];

export default defineConfig({
  test: {
    reporters: ["default"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [...WHOLE_PROGRAMS, "node_modules/**", "dist/**"],
          testTimeout: 10_000,
        },
      },
      {
        test: {
          name: "whole",
          include: WHOLE_PROGRAMS,
          exclude: ["node_modules/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
