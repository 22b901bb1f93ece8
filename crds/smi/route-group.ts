/** `HTTPRouteGroup` of the Service Mesh Interface, all four versions. */
import { type Path, ROOT } from "../../base/shape.ts";
import type { RouteGroupIntent } from "../../mesh/intent.ts";
import type { Match } from "../../mesh/match.ts";
import { type Kind, type Manifest, type ReadContext, SPEC_KEYS } from "../kind.ts";
import { readPathRegex, readRegex } from "../read-regex.ts";
import { validateListedMatches, validateRouteGroupSpec } from "./validate.gen.ts";

type HeaderRegexes = Readonly<Record<string, string>>;

interface MatchFields {
  readonly name: string;
  readonly pathRegex?: string;
  readonly methods?: readonly string[];
  readonly headers?: HeaderRegexes | readonly HeaderRegexes[];
}

/** These versions put their matches beside `metadata`. */
const WITHOUT_SPEC = ["v1alpha1", "v1alpha2"];

export const routeGroupKind: Kind = {
  group: "specs.smi-spec.io",
  kind: "HTTPRouteGroup",
  versions: ["v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"],
  keys: (version) => (WITHOUT_SPEC.includes(version) ? ["matches", "status"] : SPEC_KEYS),
  read(manifest, context): RouteGroupIntent | null {
    const found = validMatches(manifest, context);
    if (found === undefined) return null;
    const places = new Map<string, number>();
    return {
      type: "route-group",
      matches: found.matches.map((match, index) => {
        const at = { parent: found.path, key: index };
        const first = places.get(match.name);
        if (first !== undefined) {
          const message = `${JSON.stringify(match.name)} is the name of matches[${first}] already`;
          context.error({ parent: at, key: "name" }, "duplicate", message, "rename one of them");
        } else places.set(match.name, index);
        return { name: match.name, match: readMatch(match, at, context) };
      }),
    };
  },
};

function validMatches(
  manifest: Manifest,
  context: ReadContext,
): { readonly matches: readonly MatchFields[]; readonly path: Path } | undefined {
  if (WITHOUT_SPEC.includes(manifest.version)) {
    const { matches } = manifest.body;
    const path = { parent: ROOT, key: "matches" };
    if (matches === undefined) {
      context.error(path, "required", '"matches" is required', 'add "matches"');
      return undefined;
    }
    return validateListedMatches(matches, context.error, path) ? { matches, path } : undefined;
  }
  const { spec } = manifest.body;
  const path = { parent: ROOT, key: "spec" };
  if (!validateRouteGroupSpec(spec, context.error, path)) return undefined;
  return { matches: spec.matches, path: { parent: path, key: "matches" } };
}

/** A path, methods and headers that all must match; what is absent matches anything. */
function readMatch(match: MatchFields, path: Path, context: ReadContext): Match {
  const parts: Match[] = [];
  if (match.pathRegex !== undefined) {
    const at = { parent: path, key: "pathRegex" };
    const regex = readPathRegex(match.pathRegex, "start", "re2", at, context);
    if (regex !== undefined) parts.push({ kind: "pathRegex", regex });
  }
  const methods = match.methods ?? [];
  if (methods.length > 0 && !methods.includes("*")) {
    const of = methods.map((method): Match => ({ kind: "method", method: method.toUpperCase() }));
    parts.push({ kind: "any", of });
  }
  const headers = { parent: path, key: "headers" };
  if (isListed(match.headers)) {
    for (const [index, one] of match.headers.entries()) {
      parts.push(...readHeaders(one, { parent: headers, key: index }, context));
    }
  } else if (match.headers !== undefined) {
    parts.push(...readHeaders(match.headers, headers, context));
  }
  return { kind: "all", of: parts };
}

function isListed(headers: MatchFields["headers"]): headers is readonly HeaderRegexes[] {
  return Array.isArray(headers);
}

/** The whole value of each header must match its expression. */
function readHeaders(headers: HeaderRegexes, path: Path, context: ReadContext): readonly Match[] {
  return Object.entries(headers).flatMap(([name, text]): Match[] => {
    const at = { parent: path, key: name };
    if (!TOKEN.test(name)) {
      context.error(at, "bad-value", `${JSON.stringify(name)} is not the name of a header`);
      return [];
    }
    const regex = readRegex(text, "whole", "re2", at, context);
    if (regex === undefined) return [];
    return [{ kind: "header", name: name.toLowerCase(), value: { kind: "regex", regex } }];
  });
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
