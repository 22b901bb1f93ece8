/** Paths of API descriptions, with their parameters, as conditions of a route. */
import type { PathPiece, PathTemplate } from "./described-api.ts";

/** What may stand in a path as it is (RFC 3986, section 3.3), and what is escaped already. */
const ON_THE_WIRE = /%[0-9A-Fa-f]{2}|[A-Za-z0-9\-._~!$&'()*+,;=:@/]+/y;

/** `{name}` is one segment or a part of it; `{name+}` and `{name*}` may have slashes. */
const PARAMETER = /\{([^{}/]*)\}/g;

/** Undefined where it does not begin with a slash. A query or fragment is no part of a path. */
export function parseTemplate(text: string): PathTemplate | undefined {
  if (!text.startsWith("/")) return undefined;
  const path = text.replace(/[?#].*$/s, "");
  const pieces: PathPiece[] = [];
  let from = 0;
  for (const found of path.matchAll(PARAMETER)) {
    if (found.index > from) pieces.push({ text: encode(path.slice(from, found.index)) });
    const parameter = found[1] ?? "";
    pieces.push({ parameter, hasSlashes: /[+*]$/.test(parameter) });
    from = found.index + found[0].length;
  }
  if (from < path.length) pieces.push({ text: encode(path.slice(from)) });
  return pieces;
}

/** Without the slash at the end that would stand twice. */
export function joinTemplates(base: PathTemplate, path: PathTemplate): PathTemplate {
  const last = base.at(-1);
  if (last === undefined || "parameter" in last) return [...base, ...path];
  const text = last.text.replace(/\/+$/, "");
  const front = base.slice(0, -1);
  return text === "" ? [...front, ...path] : [...front, { text }, ...path];
}

/** For people: with the names of its parameters. */
export function formatTemplate(template: PathTemplate): string {
  return template.map((piece) => ("text" in piece ? piece.text : `{${piece.parameter}}`)).join("");
}

/** `path` where it has no parameter, which is found fastest. */
export function conditionOf(template: PathTemplate): Readonly<Record<string, string>> {
  const isLiteral = template.every((piece) => "text" in piece);
  if (isLiteral) return { path: formatTemplate(template) };
  return { pathRegex: template.map(expression).join("") };
}

/** Literals before parameters, segment by segment: the first route that matches is taken. */
export function compareTemplates(a: PathTemplate, b: PathTemplate): number {
  const [one, other] = [sortKey(a), sortKey(b)];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function sortKey(template: PathTemplate): string {
  const key = template.map((piece) => {
    if ("text" in piece) return piece.text;
    return piece.hasSlashes ? "\uffff" : "\ufffe";
  });
  return key.join("");
}

function expression(piece: PathPiece): string {
  if ("text" in piece) return piece.text.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
  return piece.hasSlashes ? ".*" : "[^/]*";
}

/** As a client would send it. */
function encode(text: string): string {
  let encoded = "";
  let at = 0;
  while (at < text.length) {
    ON_THE_WIRE.lastIndex = at;
    const plain = ON_THE_WIRE.exec(text)?.[0];
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    encoded += plain ?? percent(character);
    at += plain?.length ?? character.length;
  }
  return encoded;
}

function percent(character: string): string {
  const bytes = new TextEncoder().encode(character);
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
