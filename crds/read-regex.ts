/**
 * Regular expressions of manifests: compiled once here, so that what a proxy gets is known to be
 * right, and rewritten from the ways of anchoring that the kinds have to the mesh's one way,
 * which is to match the whole text.
 */
import type { Path } from "../base/shape.ts";
import { parsePathRegex } from "../mesh/path-regex.ts";
import { re2Regexes } from "../mesh/re2-regex.ts";
import { RegexError } from "../mesh/regex-engine.ts";
import type { ReadContext } from "./kind.ts";

/**
 * How an expression stands to the text it judges.
 * `whole`: all of it. `each-end`: Linkerd's, a `^` and a `$` are put at the two ends of the
 * expression when missing, and bind no closer than that. `start`: only the beginning, as SMI says
 * of paths.
 */
export type Anchoring = "whole" | "each-end" | "start";

/** Rust's dialect knows operators in classes that RE2 reads as plain characters. */
export type Dialect = "re2" | "rust";

/** The expression that matches whole texts, or undefined after reporting what is wrong. */
export function readRegex(
  regex: string,
  anchoring: Anchoring,
  dialect: Dialect,
  path: Path,
  context: ReadContext,
): string | undefined {
  const outline = outlineOf(regex);
  const operator = outline.classOperators.find((one) => one === "&&" || dialect === "rust");
  if (operator !== undefined) {
    const message = `uses ${operator} within a class, which RE2 reads as plain characters`;
    context.error(path, "bad-regex", message, "write the class out");
    return undefined;
  }
  // The user's own text is compiled first: messages then quote what was written.
  if (!compiles(regex, path, context)) return undefined;
  const whole = wholeRegex(regex, outline, anchoring);
  if (anchoring === "each-end" && outline.alternatives.length > 1) {
    const message =
      "its alternatives are anchored only at the outer ends, as Linkerd does: " +
      "the first at the beginning, the last at the end";
    context.warning(path, "loose-regex", message, "put the alternatives in brackets: (a|b)");
  }
  return whole === regex || compiles(whole, path, context) ? whole : undefined;
}

/** The same for a path, with a note when it has to be tried in order. */
export function readPathRegex(
  regex: string,
  anchoring: Anchoring,
  dialect: Dialect,
  path: Path,
  context: ReadContext,
): string | undefined {
  const whole = readRegex(regex, anchoring, dialect, path, context);
  if (whole !== undefined && parsePathRegex(whole) === undefined) {
    const message = "is tried by itself, one after the other; simpler paths are found at once";
    context.note(path, "ordered-regex", message, 'write variable parts as "[^/]*"');
  }
  return whole;
}

function compiles(regex: string, path: Path, context: ReadContext): boolean {
  try {
    re2Regexes.compile(regex);
    return true;
  } catch (error) {
    const reason = error instanceof RegexError ? error.message : String(error);
    const message = `does not compile as RE2: ${oneLine(reason)}`;
    const hint = /\(\?[=!<]/.test(regex)
      ? "RE2 has no lookaround"
      : /\\[1-9]/.test(regex)
        ? "RE2 has no backreferences"
        : "";
    context.error(path, "bad-regex", message, hint);
    return false;
  }
}

const REASON_LENGTH_MAX = 160;

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > REASON_LENGTH_MAX ? `${line.slice(0, REASON_LENGTH_MAX)}…` : line;
}

function wholeRegex(regex: string, outline: Outline, anchoring: Anchoring): string {
  if (outline.quoted) return anchoring === "start" ? `(?:${regex})(?s:.*)` : regex;
  const { alternatives } = outline;
  if (alternatives.length === 1) {
    const bare = withoutAnchors(regex);
    if (anchoring !== "start" || endsAnchored(regex) || bare.endsWith(".*")) return bare;
    return `${bare}.*`;
  }
  if (anchoring === "whole") return regex;
  const last = alternatives.length - 1;
  return alternatives
    .map((alternative, index) => {
      const openStart = index > 0 && anchoring === "each-end" && !alternative.startsWith("^");
      const isLastEnd = index === last && anchoring === "each-end";
      const openEnd = !isLastEnd && !endsAnchored(alternative);
      return `${openStart ? ".*" : ""}${withoutAnchors(alternative)}${openEnd ? ".*" : ""}`;
    })
    .join("|");
}

function withoutAnchors(regex: string): string {
  const start = regex.startsWith("^") ? regex.slice(1) : regex;
  return endsAnchored(start) ? start.slice(0, -1) : start;
}

/** Whether a `$` stands at the end that no backslash takes its meaning. */
function endsAnchored(regex: string): boolean {
  const found = /(\\*)\$$/.exec(regex);
  return found !== null && (found[1] ?? "").length % 2 === 0;
}

interface Outline {
  /** The parts between `|` outside of every bracket. */
  readonly alternatives: readonly string[];
  /** `&&`, `--`, `~~` and `[` within a class. */
  readonly classOperators: readonly string[];
  /** Holds `\Q`: then nothing about the rest is taken for granted. */
  readonly quoted: boolean;
}

/** One pass over the expression: no more of the syntax than is needed here. */
function outlineOf(regex: string): Outline {
  const alternatives: string[] = [];
  const classOperators: string[] = [];
  let start = 0;
  let depth = 0;
  let classStart = -1;
  for (let at = 0; at < regex.length; at += 1) {
    const character = regex[at];
    if (character === "\\") at += 1;
    else if (classStart >= 0) {
      if (character === "]" && at > classStart) classStart = -1;
      else classOperators.push(...operatorsAt(regex, at));
      if (regex.startsWith("[:", at)) at = Math.max(at, regex.indexOf(":]", at) + 1);
    } else if (character === "[") {
      if (regex[at + 1] === "^") at += 1;
      // A bracket right behind the opening one is a member, and does not close it.
      classStart = at + 1;
    } else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (character === "|" && depth === 0) {
      alternatives.push(regex.slice(start, at));
      start = at + 1;
    }
  }
  alternatives.push(regex.slice(start));
  return { alternatives, classOperators, quoted: regex.includes("\\Q") };
}

function operatorsAt(regex: string, at: number): readonly string[] {
  const two = regex.slice(at, at + 2);
  if (two === "&&" || two === "--" || two === "~~") return [two];
  return two.startsWith("[") && two !== "[:" ? ["["] : [];
}
