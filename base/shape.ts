/**
 * What generated validators stand on: walking a value of unknown shape, and saying precisely what
 * is wrong with it. A path is a linked list, because one is made per container on the way down
 * and turned into text only when there is something to report.
 */
import { nearest } from "./nearest.ts";

export interface Path {
  readonly parent: Path | null;
  readonly key: string | number;
}

/** The value itself. Its own key is never shown. */
export const ROOT: Path = { parent: null, key: "" };

/** Takes one finding. `code` is a stable word, `hint` may be empty. */
export type Report = (path: Path, code: string, message: string, hint: string) => void;

/** Keys longer than this are cut in messages: they come from whoever wrote the file. */
const SHOWN_TEXT_MAX = 64;

/** Of the unknown keys of one map: each is compared with all that are known. */
export const UNKNOWN_KEYS_MAX = 100;

/** `spec.routes[2].timeout`; keys that are no identifiers as `["x.y"]`. Empty for the root. */
export function formatPath(path: Path): string {
  let text = "";
  for (const key of pathKeys(path)) {
    if (typeof key === "number") text += `[${key}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(key)) text += text === "" ? shown(key) : `.${shown(key)}`;
    else text += `[${quote(key)}]`;
  }
  return text;
}

/** From the outermost to the innermost, without the root. */
export function pathKeys(path: Path): readonly (string | number)[] {
  const keys: (string | number)[] = [];
  for (let at: Path = path; at.parent !== null; at = at.parent) keys.push(at.key);
  return keys.reverse();
}

/** A piece of someone's text, cut and escaped so that it can stand in one line of a message. */
export function quote(text: string): string {
  return JSON.stringify(shown(text));
}

/** A piece of someone's text, cut. */
export function shown(text: string): string {
  return text.length > SHOWN_TEXT_MAX ? `${text.slice(0, SHOWN_TEXT_MAX)}…` : text;
}

/** Whether maps and lists stand within one another on more than so many levels. */
export function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(value)) if (nestsDeeper(inner, levels - 1)) return true;
  return false;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `a list`, `text` …: JSON's kinds in the words of someone who writes YAML. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return `the text ${quote(value)}`;
    case "number":
      return `the number ${value}`;
    case "boolean":
      return `the word ${value}`;
    default:
      return "a map";
  }
}

/** Always false, so that a validator can return it. */
export function wrongType(path: Path, value: unknown, wanted: string, report: Report): false {
  let hint = "";
  if (value === null) hint = "give it a value, or take the key away";
  else if (wanted.startsWith("text") && typeof value !== "object") hint = `quote it: "${value}"`;
  else if (wanted.includes("number") && typeof value === "string" && isNumeric(value)) {
    hint = "take the quotes away";
  } else if (wanted.includes("number") && typeof value === "string" && /^\d+%$/.test(value)) {
    const digits = value.slice(0, -1);
    hint = wanted.includes("whole") ? `write ${digits}` : `write ${Number(digits) / 100}`;
  }
  report(path, "wrong-type", `must be ${wanted}, not ${kindOf(value)}`, hint);
  return false;
}

function isNumeric(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text);
}

/** Always false. `deep` are keys that are known one level further up, and not here any more. */
export function unknownKey(
  parent: Path,
  key: string,
  known: readonly string[],
  deep: readonly string[],
  report: Report,
): false {
  const path = { parent, key };
  if (deep.includes(key)) {
    report(path, "too-deep", `${quote(key)} nests too deeply here`, "flatten the condition");
    return false;
  }
  const lower = key.toLowerCase();
  const near = nearest(key, known) ?? known.find((name) => containsWord(name, lower));
  const hint = near === undefined ? knownHint(known) : `did you mean ${quote(near)}?`;
  report(path, "unknown-field", `unknown field ${quote(key)}`, hint);
  return false;
}

function containsWord(name: string, lower: string): boolean {
  if (lower.length < 4) return false;
  const known = name.toLowerCase();
  return known.includes(lower) || (known.length >= 4 && lower.includes(known));
}

/** Too many keys to list help nobody. */
const LISTED_KEYS_MAX = 12;

function knownHint(known: readonly string[]): string {
  if (known.length === 0) return "no fields are known here";
  return known.length > LISTED_KEYS_MAX ? "" : `known here: ${known.join(", ")}`;
}

/** Always false. The finding stands at the container, since the key is nowhere. */
export function missingKey(path: Path, key: string, report: Report): false {
  report({ parent: path, key }, "required", `${quote(key)} is required`, `add ${quote(key)}`);
  return false;
}

export interface TextBounds {
  readonly min: number;
  readonly max: number;
  readonly pattern: RegExp | null;
  /** What the pattern means, for people: `a duration such as "300ms"`. */
  readonly meaning: string;
}

export function checkText(
  value: unknown,
  parent: Path,
  key: string | number,
  bounds: TextBounds,
  report: Report,
): boolean {
  if (typeof value !== "string") return wrongText({ parent, key }, value, bounds, report);
  if (value.length > bounds.max && codePoints(value) > bounds.max) {
    const message = `is too long: ${codePoints(value)} characters, at most ${bounds.max} fit`;
    report({ parent, key }, "too-long", message, "");
    return false;
  }
  if (value.length < bounds.min) {
    const message = value === "" ? "must not be empty" : `needs ${bounds.min} characters or more`;
    report({ parent, key }, "too-short", message, bounds.meaning);
    return false;
  }
  if (bounds.pattern === null || bounds.pattern.test(value)) return true;
  const wanted = bounds.meaning === "" ? `match ${bounds.pattern.source}` : `be ${bounds.meaning}`;
  report({ parent, key }, "bad-value", `must ${wanted}, not ${quote(value)}`, "");
  return false;
}

function wrongText(path: Path, value: unknown, bounds: TextBounds, report: Report): false {
  if (bounds.meaning.startsWith("a duration") && typeof value === "number") {
    const hint = `add a unit: "${value}s" or "${value}ms"`;
    report(path, "wrong-type", `must be ${bounds.meaning}, not the number ${value}`, hint);
    return false;
  }
  return wrongType(path, value, "text", report);
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

export interface NumberBounds {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

export function checkNumber(
  value: unknown,
  parent: Path,
  key: string | number,
  bounds: NumberBounds,
  report: Report,
): boolean {
  const wanted = bounds.whole ? "a whole number" : "a number";
  if (typeof value !== "number" || !Number.isFinite(value)) {
    return wrongType({ parent, key }, value, wanted, report);
  }
  if (bounds.whole && !Number.isInteger(value)) {
    return wrongType({ parent, key }, value, wanted, report);
  }
  if (value >= bounds.min && value <= bounds.max) return true;
  const side =
    value < bounds.min ? `must be ${bounds.min} or more` : `must be ${bounds.max} or less`;
  report({ parent, key }, "out-of-range", `${side}, not ${value}`, "");
  return false;
}

export function checkWord(
  value: unknown,
  parent: Path,
  key: string | number,
  words: readonly (string | number | boolean)[],
  report: Report,
): boolean {
  for (const word of words) if (word === value) return true;
  const path = { parent, key };
  const texts = words.map(String);
  const list = texts.map((text) => (text === "" ? quote(text) : text)).join(", ");
  if (!words.some((word) => typeof word === typeof value)) {
    return wrongType(path, value, `one of ${list}`, report);
  }
  if (typeof value !== "string") {
    report(path, "bad-value", `must be one of ${list}, not ${value}`, "");
    return false;
  }
  const near = nearest(value, texts);
  const hint = near === undefined ? "" : `did you mean ${quote(near)}?`;
  report(path, "bad-value", `must be one of ${list}, not ${quote(value)}`, hint);
  return false;
}

/** Words that other readers of YAML take for a boolean, and this one for text. */
const BOOLEAN_WORDS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["no", false],
  ["off", false],
]);

export function checkBoolean(
  value: unknown,
  parent: Path,
  key: string | number,
  report: Report,
): boolean {
  if (typeof value === "boolean") return true;
  const path = { parent, key };
  const word = typeof value === "string" ? BOOLEAN_WORDS.get(value.toLowerCase()) : undefined;
  if (word === undefined) return wrongType(path, value, "true or false", report);
  report(path, "wrong-type", `must be true or false, not ${kindOf(value)}`, `write ${word}`);
  return false;
}

/** The size alone; its items are the generated code's. */
export function checkSize(
  size: number,
  min: number,
  max: number,
  what: string,
  path: Path,
  report: Report,
): boolean {
  if (size >= min && size <= max) return true;
  if (size < min) report(path, "too-few", `needs ${min} ${what} or more, has ${size}`, "");
  else report(path, "too-many", `has ${size} ${what}, at most ${max} fit`, "");
  return false;
}

/** Generated code for recursive shapes stops here, whatever the data says. */
export function tooDeep(path: Path, max: number, report: Report): false {
  report(path, "too-deep", `nests deeper than ${max} levels`, "flatten it");
  return false;
}
