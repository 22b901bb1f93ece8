/** Counts from vitest's JSON report, which is taken for what it says and not for what it should. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * A run that ended badly without a failed test (a file that does not load, an error outside of any
 * test, no report at all) counts as one failure: a count must never look better than the run.
 */
export function countTests(report: unknown, exitCode: number): TestCounts {
  const passed = numberAt(report, "numPassedTests");
  const failed = numberAt(report, "numFailedTests");
  const skipped = numberAt(report, "numPendingTests") + numberAt(report, "numTodoTests");
  const hiddenFailure = failed === 0 && (exitCode !== 0 || report === undefined);
  return { passed, failed: hiddenFailure ? 1 : failed, skipped };
}

export function formatCounts({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function numberAt(report: unknown, key: string): number {
  if (typeof report !== "object" || report === null) return 0;
  const value: unknown = Reflect.get(report, key);
  return typeof value === "number" ? value : 0;
}
