/** Which versions an upgrade may lead from: the next minor one, or the next major one. */

interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Undefined where the step may be taken; otherwise why not, and what to do. */
export function refuseStep(from: string, to: string): string | undefined {
  const before = parseVersion(from);
  const after = parseVersion(to);
  // What does not say its version is taken to be older than any.
  if (before === undefined || after === undefined) return undefined;
  if (compare(before, after) > 0) {
    return (
      `version ${from} is installed, and this program is ${to}: going back is not supported; ` +
      `use heddle ${from}`
    );
  }
  const majors = after.major - before.major;
  const minors = after.minor - before.minor;
  if (majors > 1 || (majors === 0 && minors > 1)) {
    const next = majors > 1 ? `${before.major + 1}.0` : `${before.major}.${before.minor + 1}`;
    return (
      `version ${from} is installed, and this program is ${to}: programs and proxies understand ` +
      `those of the version before theirs; upgrade to ${next} first`
    );
  }
  return undefined;
}

function parseVersion(text: string): Version | undefined {
  const found = /^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:[-+].*)?$/.exec(text);
  if (found === null) return undefined;
  const [, major, minor, patch] = found.map(Number);
  return { major: major ?? 0, minor: minor ?? 0, patch: patch ?? 0 };
}

function compare(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}
