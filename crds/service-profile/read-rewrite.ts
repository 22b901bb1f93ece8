/** Where a route sends requests instead: rewrites, which the caller never sees, and redirects. */
import type { Static } from "typebox";
import type { Path } from "../../base/shape.ts";
import type { Match } from "../../mesh/match.ts";
import type { Redirect, Rewrite } from "../../mesh/route-behaviour.ts";
import type { ReadContext } from "../kind.ts";
import type { profileRoute } from "./route-schema.ts";

type Route = Static<typeof profileRoute>;

const DEFAULT_REDIRECT_STATUS = 302;

export function readRewrite(
  rewrite: Route["rewrite"],
  match: Match,
  path: Path,
  context: ReadContext,
): Rewrite | null {
  if (rewrite === undefined) return null;
  const { path: whole = "", pathPrefix = "", host = "" } = rewrite;
  const isContradictory = refuseBoth(rewrite, path, context);
  if (whole === "" && pathPrefix === "" && host === "") {
    context.error(path, "required", "rewrites nothing", "give it a path, a pathPrefix or a host");
  }
  checkPort(host, path, context);
  const needsPrefix = pathPrefix !== "" && !isContradictory;
  const matchedPrefix = needsPrefix ? readMatchedPrefix(match, path, context) : "";
  return { path: whole, pathPrefix, matchedPrefix, host };
}

export function readRedirect(
  { redirect, rewrite, mirror }: Pick<Route, "redirect" | "rewrite" | "mirror">,
  match: Match,
  path: Path,
  context: ReadContext,
): Redirect | null {
  if (redirect === undefined) return null;
  const { scheme = "", host = "", path: whole = "", pathPrefix = "" } = redirect;
  const isContradictory = refuseBoth(redirect, path, context);
  checkPort(host, path, context);
  for (const [name, other] of Object.entries({ rewrite, mirror })) {
    if (other === undefined) continue;
    const message = `a route that redirects sends nothing on, so that its ${name} has no effect`;
    context.error(path, "contradiction", message, `take the redirect or the ${name} away`);
  }
  const needsPrefix = pathPrefix !== "" && !isContradictory;
  const matchedPrefix = needsPrefix ? readMatchedPrefix(match, path, context) : "";
  const isSamePath = pathPrefix === matchedPrefix && (whole === "" || onlyPath(match) === whole);
  if (scheme === "" && host === "" && isSamePath) {
    const hint = "give it a scheme, a host, a path or a pathPrefix that is another";
    context.error(path, "required", "redirects to where the request came from", hint);
  }
  const status = redirect.status ?? DEFAULT_REDIRECT_STATUS;
  return { status, scheme, host, path: whole, pathPrefix, matchedPrefix };
}

function refuseBoth(
  fields: { readonly path?: string; readonly pathPrefix?: string },
  path: Path,
  context: ReadContext,
): boolean {
  if (fields.path === undefined || fields.pathPrefix === undefined) return false;
  context.error(path, "contradiction", "gives both path and pathPrefix", "keep one of them");
  return true;
}

/** What the pattern of hosts lets through. */
function checkPort(host: string, path: Path, context: ReadContext): void {
  const port = /:(\d+)$/.exec(host)?.[1];
  if (port === undefined || (Number(port) >= 1 && Number(port) <= 65_535)) return;
  context.error({ parent: path, key: "host" }, "out-of-range", `there is no port ${port}`);
}

/** The one path that a request of the route can have; empty where it may have another. */
function onlyPath(match: Match): string {
  if (match.kind === "path") return match.path;
  return match.kind === "all" ? (match.of.map(onlyPath).find((one) => one !== "") ?? "") : "";
}

/** The one prefix that every request of the route begins with: what the new one takes away. */
function readMatchedPrefix(match: Match, path: Path, context: ReadContext): string {
  const prefixes = requiredPrefixes(match);
  const [prefix] = prefixes;
  if (prefix !== undefined && prefixes.length === 1) return prefix;
  const at = { parent: path, key: "pathPrefix" };
  const message =
    prefix === undefined
      ? "the route's condition has no pathPrefix that this could take the place of"
      : `the route's condition has more than one pathPrefix: ${prefixes.join(", ")}`;
  context.error(at, "no-prefix", message, "give the condition one pathPrefix, or rewrite the path");
  return "";
}

/** Prefixes that hold whenever the match does; one that is only an alternative is none. */
function requiredPrefixes(match: Match): readonly string[] {
  if (match.kind === "pathPrefix") return [match.prefix];
  if (match.kind === "any" && match.of.length === 1) return match.of.flatMap(requiredPrefixes);
  return match.kind === "all" ? [...new Set(match.of.flatMap(requiredPrefixes))] : [];
}
