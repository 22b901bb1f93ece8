/**
 * The failures of a run, from vitest's JSON report, for the end of a log: whoever opens a failed
 * run of CI looks there first, and the failures themselves may stand thousands of lines above.
 */
export interface TestFailure {
  /** The file, and the test's full name if it is one test that failed. */
  readonly name: string;
  /** The first lines of its error. */
  readonly lines: readonly string[];
}

/** Of one error: what was expected and what came, without the stack. */
const ERROR_LINES_MAX = 4;
/** A broken build fails everything; the first ones tell as much as all of them. */
const FAILURES_SHOWN_MAX = 50;

/** `root` is taken off the names of files. What is not as expected is left out. */
export function failuresOf(report: unknown, root: string): TestFailure[] {
  const failures: TestFailure[] = [];
  for (const file of listAt(report, "testResults")) {
    const path = textAt(file, "name").replace(`${root}/`, "");
    const failed = listAt(file, "assertionResults").filter(isFailed);
    for (const test of failed) {
      const message = listAt(test, "failureMessages").find((one) => typeof one === "string");
      const name = `${path} > ${textAt(test, "fullName")}`;
      failures.push({ name, lines: firstLines(typeof message === "string" ? message : "") });
    }
    // A file that does not load has no tests to fail.
    if (failed.length === 0 && isFailed(file)) {
      failures.push({ name: path, lines: firstLines(textAt(file, "message")) });
    }
  }
  return failures;
}

/** One line for each failure and some for its error; no text at all when nothing failed. */
export function formatFailures(failures: readonly TestFailure[]): string {
  if (failures.length === 0) return "";
  const shown = failures.slice(0, FAILURES_SHOWN_MAX);
  const lines = ["failed:"];
  for (const { name, lines: error } of shown) {
    lines.push(`  ${name}`, ...error.map((line) => `      ${line}`));
  }
  const rest = failures.length - shown.length;
  if (rest > 0) lines.push(`  and ${rest} more`);
  return `${lines.join("\n")}\n`;
}

function firstLines(message: string): readonly string[] {
  const lines = message.replaceAll(COLOURS, "").split("\n");
  const stack = lines.findIndex((line) => /^\s+at /.test(line));
  return lines
    .slice(0, stack < 0 ? lines.length : stack)
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .slice(0, ERROR_LINES_MAX);
}

/** What a terminal takes for colour, and a log for noise. */
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

function isFailed(result: unknown): boolean {
  return textAt(result, "status") === "failed";
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const found = fieldAt(value, key);
  return Array.isArray(found) ? found : [];
}

function textAt(value: unknown, key: string): string {
  const found = fieldAt(value, key);
  return typeof found === "string" ? found : "";
}

function fieldAt(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
