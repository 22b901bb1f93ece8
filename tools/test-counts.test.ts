import { describe, expect, it } from "vitest";
import { countTests, formatCounts } from "./test-counts.ts";

describe("countTests", () => {
  const report = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 2, numTodoTests: 1 };

  it("counts what was left out, whatever the reason, as skipped", () => {
    expect(formatCounts(countTests(report, 0))).toBe("5 passed, 0 failed, 3 skipped");
  });

  it("counts failures as they are", () => {
    expect(countTests({ ...report, numFailedTests: 4 }, 1).failed).toBe(4);
  });

  it("never looks better than the run was", () => {
    expect(countTests(report, 1).failed).toBe(1);
    expect(countTests(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(countTests({ numPassedTests: "many" }, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});
