/**
 * Mistakes that people make in manifests, drawn by a seed: what editors, templates, copied lines
 * and other tools do to YAML. Most of the results are broken; some mean something else.
 */
import type { Random } from "../../base/random.ts";

/** What stands where something else should. */
const VALUES = [
  ...["NaN", ".nan", ".inf", "-.inf", "1e400", "-1", "-0", "99999999999999999999", "0x10", "0o17"],
  ...["1_000", "012", "+1", ".5", "1:30", "2026-11-22", "2026-11-22T00:00:00Z", "~", "null"],
  ...["true", "yes", "[]", "{}", "[a, b]", "{a: b}", "''", '"\\u0000"', '"\\ud800"', "10s ", "5 s"],
  ...["1h1h", "-5s", "1e3s", "!!binary aGk=", "!!set {a}", "!foo bar", "&a x", "*a", "*nowhere"],
  ...[
    "<<",
    "|\n    text",
    "> x",
    "- a",
    "\0",
    "\ufeff",
    "\u2028",
    "\u202eweb",
    "рroutes",
    "web\u200b",
  ],
  ...["__proto__", "constructor", "hasOwnProperty", "@x", "`x", "%x", "?", "---", "...", "# c"],
  ...["[", "{", "{}}", "é".normalize("NFD"), "x".repeat(300), "9".repeat(400), "a: b: c"],
];
const KEYS = ["__proto__", "constructor", "toString", "<<", "a b", "", "1", "true", "null", "? x"];
const FIELDS = ["spec", "metadata", "items", "routes", " name", "Spec", "kind"];
const CHARACTERS = ["a", ":", " ", '"', "'", "{", "}", "[", "]", "#", "&a ", "*a", "!", "|", ">"];
const ODD_CHARACTERS = ["-", "\t", "\r", "\u00a0", "\0", "\u0085", "\ufeff", "%", "@", ","];
const MARKERS = ["---", "...", "--- !x", "%YAML 1.1\n---", "---\n---", "--- {}", "--- []", "--- a"];
/** Letters of another script that look the same. */
const CONFUSABLES = new Map([..."aeopcx"].map((latin, index) => [latin, "аеорсх"[index] ?? ""]));

type Mistake = (line: string, draw: Draw) => string | readonly string[];

class Draw {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  below(count: number): number {
    return Math.floor(this.#random.nextFloat() * count);
  }

  of<T>(some: readonly T[]): T {
    const one = some[this.below(some.length)];
    if (one === undefined) throw new Error("nothing to choose from");
    return one;
  }
}

const MISTAKES: readonly Mistake[] = [
  () => [],
  (line) => [line, line],
  (line, draw) => " ".repeat(1 + draw.below(4)) + line,
  (line) => line.replace(/^ {1,4}/, ""),
  (line) => line.replace(/^ */, (indent) => "\t".repeat(Math.ceil((indent.length + 1) / 2))),
  (line) => line.replace(/^( *)(- )?/, (_, indent, dash) => indent + (dash ? "" : "- ")),
  (line, draw) => line.replace(/:.*$/s, () => `: ${draw.of(VALUES)}`),
  (line, draw) => line.replace(/:.*$/s, () => `: ${draw.of(VALUES)}`),
  (line, draw) => renameKey(line, draw.of([...KEYS, ...FIELDS])),
  (line, draw) => splice(line, draw.below(line.length + 1), 1, ""),
  (line, draw) => splice(line, draw.below(line.length + 1), 0, draw.of(CHARACTERS)),
  (line, draw) => splice(line, draw.below(line.length + 1), 0, draw.of(ODD_CHARACTERS)),
  (line) => line.replace(/[aeopcx]/, (letter) => CONFUSABLES.get(letter) ?? letter),
  (line) => line.replace(/: (.*)$/s, (_, value) => `: [${value}]`),
  (line) => line.replace(/: (.*)$/s, (_, value) => `: { x: ${value} }`),
  (line) => line.replace(/: (.*)$/s, (_, value) => `: "${value}"`),
  (line) => line.replace(/: (.*)$/s, (_, value) => `: &q ${value}\n      z: *q`),
  (line, draw) => [draw.of(MARKERS), line],
];

function renameKey(line: string, key: string): string {
  return line.replace(/^( *(?:- )?)[^:]*:/, (_, before) => `${before}${key}:`);
}

function splice(line: string, at: number, count: number, put: string): string {
  return line.slice(0, at) + put + line.slice(at + count);
}

/** One to three mistakes in one of the texts. */
export function makeMistakes(texts: readonly string[], random: Random): string {
  const draw = new Draw(random);
  const lines = draw.of(texts).split("\n");
  for (let left = 1 + draw.below(3); left > 0; left--) {
    const at = draw.below(lines.length);
    const mistake = draw.of(MISTAKES)(lines[at] ?? "", draw);
    lines.splice(at, 1, ...(typeof mistake === "string" ? [mistake] : mistake));
  }
  return lines.join("\n");
}
