/**
 * OpenAPI 2.0 (Swagger), 3.0, 3.1 and later: each operation is a route. References within the
 * document are followed where a path stands behind one; what stands in other documents is named
 * and left out.
 */
import { parseDuration } from "../../base/duration.ts";
import { isRecord } from "../../base/shape.ts";
import type { DescribedApi, DescribedRoute, PathTemplate, StatusRange } from "./described-api.ts";
import { compareTemplates, formatTemplate, joinTemplates, parseTemplate } from "./path-template.ts";
import type { SourcePath, SourceText } from "./source-text.ts";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];

/** A chain of references that is longer leads in a circle. */
const REFERENCES_MAX = 16;

type Fields = Readonly<Record<string, unknown>>;

export function readOpenApi(source: SourceText): DescribedApi {
  const { value } = source;
  const version = isRecord(value) ? (value.swagger ?? value.openapi) : undefined;
  if (!isRecord(value) || !/^[23](\.|$)/.test(String(version ?? ""))) {
    const hint = "it says openapi: 3.x, or swagger: 2.0, at its top";
    source.report("error", [], "is no OpenAPI document", hint);
    return { routes: [], problems: source.problems };
  }
  const { paths } = value;
  if (paths !== undefined && !isRecord(paths)) {
    source.report("error", ["paths"], "should be a map of paths");
    return { routes: [], problems: source.problems };
  }
  const base = value.swagger === undefined ? baseOfServers(source, []) : baseOfSwagger(source);
  const routes = Object.keys(paths ?? {})
    .filter((path) => !path.startsWith("x-"))
    .flatMap((path) => readPath(path, base ?? [], source));
  return { routes: routes.toSorted(compareRoutes), problems: source.problems };
}

function compareRoutes(a: DescribedRoute, b: DescribedRoute): number {
  return compareTemplates(a.path, b.path) || (a.method < b.method ? -1 : 1);
}

function readPath(path: string, base: PathTemplate, source: SourceText): DescribedRoute[] {
  const own = ["paths", path];
  const template = parseTemplate(path);
  if (template === undefined) {
    source.report("error", own, "is no path", "paths begin with a slash");
    return [];
  }
  const place = follow(source, own);
  if (place === undefined) return [];
  const item = source.at(place);
  if (!isRecord(item)) {
    source.report("error", own, "should be a map of operations");
    return [];
  }
  if (/[?#]/.test(path)) {
    const message = "has a query or fragment, by which no route can be told";
    source.report("warning", own, message, "requests of all of them take the first");
  }
  const under = baseOfServers(source, place) ?? base;
  const others = isRecord(item.additionalOperations) ? item.additionalOperations : {};
  return [
    ...METHODS.filter((method) => item[method] !== undefined).map((method) => ({
      method,
      at: [...place, method],
    })),
    ...Object.keys(others).map((method) => ({
      method,
      at: [...place, "additionalOperations", method],
    })),
  ].flatMap(({ method, at }) => {
    const operation = source.at(at);
    if (!isRecord(operation)) {
      source.report("error", at, "should be an operation");
      return [];
    }
    const from = baseOfServers(source, at) ?? under;
    return [readOperation(method.toUpperCase(), joinTemplates(from, template), at, source)];
  });
}

function readOperation(
  method: string,
  path: PathTemplate,
  at: SourcePath,
  source: SourceText,
): DescribedRoute {
  return {
    name: `${method} ${formatTemplate(path)}`,
    method,
    path,
    isRetryable: readRetryable(at, source),
    timeout: readTimeout(at, source),
    statuses: readStatuses([...at, "responses"], source),
  };
}

function readRetryable(at: SourcePath, source: SourceText): boolean | undefined {
  const found = extension("retryable", at, source);
  if (found === undefined) return undefined;
  const { value, path } = found;
  if (value === "true" || value === "false") return value === "true";
  if (typeof value === "boolean") return value;
  source.report("error", path, "should be true or false");
  return undefined;
}

function readTimeout(at: SourcePath, source: SourceText): string {
  const found = extension("timeout", at, source);
  if (found === undefined) return "";
  const { value, path } = found;
  if (typeof value === "string" && parseDuration(value) !== undefined) return value;
  source.report("error", path, "should be a duration", 'write for instance "300ms" or "1m30s"');
  return "";
}

/** Ours goes over Linkerd's; the operation's over that of its path. */
function extension(name: string, at: SourcePath, source: SourceText) {
  for (const place of [at, at.slice(0, -1)]) {
    for (const prefix of ["x-heddle", "x-linkerd"]) {
      const path = [...place, `${prefix}-${name}`];
      const value = source.at(path);
      if (value !== undefined) return { value, path };
    }
  }
  return undefined;
}

function readStatuses(at: SourcePath, source: SourceText): readonly StatusRange[] {
  const responses = source.at(at);
  if (!isRecord(responses)) return [];
  const ranges: StatusRange[] = [];
  for (const code of Object.keys(responses)) {
    if (code === "default" || code.startsWith("x-")) continue;
    const range = parseStatus(code);
    if (range !== undefined) ranges.push(range);
    else source.report("warning", [...at, code], "is no status", "write 404, or 4XX");
  }
  return ranges.toSorted((a, b) => a.min - b.min || a.max - b.max);
}

function parseStatus(code: string): StatusRange | undefined {
  if (/^[1-5]\d\d$/.test(code)) return { min: Number(code), max: Number(code) };
  if (!/^[1-5][xX]{2}$/.test(code)) return undefined;
  const min = Number(code[0]) * 100;
  return { min, max: min + 99 };
}

/** Where the reference, if it is one, leads; undefined where it leads nowhere, which is told. */
function follow(source: SourceText, path: SourcePath): SourcePath | undefined {
  let at = path;
  for (let step = 0; step < REFERENCES_MAX; step += 1) {
    const value = source.at(at);
    const reference = isRecord(value) ? value.$ref : undefined;
    if (typeof reference !== "string") return at;
    if (!reference.startsWith("#/")) {
      const hint = "join the documents into one first";
      source.report("error", [...at, "$ref"], "stands in another document", hint);
      return undefined;
    }
    const keys = reference.slice(2).split("/").map(unescapeKey);
    if (source.at(keys) === undefined) {
      source.report("error", [...at, "$ref"], `leads to nothing: ${reference}`);
      return undefined;
    }
    at = keys;
  }
  source.report("error", path, "leads in a circle");
  return undefined;
}

/** RFC 6901, within a URI fragment. */
function unescapeKey(key: string): string {
  const text = /%[0-9A-Fa-f]{2}/.test(key) ? safeDecode(key) : key;
  return text.replaceAll("~1", "/").replaceAll("~0", "~");
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function baseOfSwagger(source: SourceText): PathTemplate | undefined {
  const base = source.at(["basePath"]);
  if (base === undefined || base === "") return undefined;
  const template = typeof base === "string" ? parseTemplate(base) : undefined;
  if (template === undefined) source.report("error", ["basePath"], "should begin with a slash");
  return template;
}

/** Of the servers that stand at `at`; undefined where none do. */
function baseOfServers(source: SourceText, at: SourcePath): PathTemplate | undefined {
  const path = [...at, "servers"];
  const servers = source.at(path);
  if (!Array.isArray(servers) || servers.length === 0) return undefined;
  const bases = servers.map((server: unknown) => basePathOf(isRecord(server) ? server : {}));
  const [first = "/"] = bases;
  const others = [...new Set(bases)].filter((base) => base !== first);
  if (others.length > 0) {
    const message = `the paths begin with ${first}; other servers have ${others.join(", ")}`;
    source.report("note", path, message);
  }
  return parseTemplate(first) ?? [];
}

/** The path of a server's URL, which may be relative, with its variables at their defaults. */
function basePathOf(server: Fields): string {
  const variables = isRecord(server.variables) ? server.variables : {};
  const url = String(server.url ?? "/").replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    const variable = variables[name];
    return String(isRecord(variable) ? (variable.default ?? "") : "");
  });
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
  return path.startsWith("/") ? path : `/${path}`;
}
