/**
 * Splits that are bound to matches multiply with the routes of the service's profile. What comes
 * out too large for a proxy is left out by the operator, and told here before it gets there.
 */
import { type Path, ROOT } from "../base/shape.ts";
import type { IntentObject, ProfileIntent, RouteGroupIntent } from "../mesh/intent.ts";
import type { Match } from "../mesh/match.ts";
import { rank } from "../mesh/precedence.ts";
import { RuleSize } from "../mesh/rule-size.ts";
import type { CrossFinding } from "./cross-finding.ts";
import { objectLabel } from "./read-object.ts";

const MATCHES: Path = { parent: { parent: ROOT, key: "spec" }, key: "matches" };

interface Speakers {
  readonly profiles: { readonly object: IntentObject; readonly intent: ProfileIntent }[];
  /** Those that are bound to matches. */
  readonly splits: IntentObject[];
}

export function sizeFindings(objects: readonly IntentObject[]): readonly CrossFinding[] {
  const services = new Map<string, Speakers>();
  const groups = new Map<string, RouteGroupIntent>();
  for (const object of objects) {
    const { ref, intent } = object;
    if (intent.type === "route-group") groups.set(`${ref.namespace}/${ref.name}`, intent);
    if (intent.type !== "profile" && intent.type !== "split") continue;
    const key = `${intent.service.namespace}/${intent.service.name}`;
    const speakers = services.get(key) ?? { profiles: [], splits: [] };
    services.set(key, speakers);
    if (intent.type === "profile") speakers.profiles.push({ object, intent });
    else if (intent.matches.length > 0) speakers.splits.push(object);
  }
  return [...services.values()].flatMap((speakers) => excesses(speakers, groups));
}

function excesses(
  { profiles, splits }: Speakers,
  groups: ReadonlyMap<string, RouteGroupIntent>,
): readonly CrossFinding[] {
  const found = new Map<IntentObject, CrossFinding>();
  for (const profile of profiles.length === 0 ? [undefined] : profiles) {
    const size = new RuleSize(profile?.intent.routes ?? []);
    for (const object of rank(splits, "")) {
      const excess = size.add(claimed(object, groups));
      if (excess === "") continue;
      const by =
        profile === undefined ? "" : ` with the routes of ${objectLabel(profile.object.ref)}`;
      found.set(object, {
        object,
        severity: "error",
        code: "too-large",
        path: MATCHES,
        message: `would make${by} ${excess}: the split takes no traffic`,
        hint: "write alternatives as one expression, or split by fewer of them",
      });
    }
  }
  return [...found.values()];
}

/** What a split takes, as the operator will write it. */
function claimed(
  { ref, intent }: IntentObject,
  groups: ReadonlyMap<string, RouteGroupIntent>,
): Match {
  const matches = intent.type === "split" ? intent.matches : [];
  const of = matches.flatMap((wanted): readonly Match[] => {
    if (wanted.kind === "match") return [wanted.match];
    const group = groups.get(`${ref.namespace}/${wanted.group}`);
    const isNamed = (name: string) => wanted.names.length === 0 || wanted.names.includes(name);
    return (group?.matches ?? []).filter(({ name }) => isNamed(name)).map(({ match }) => match);
  });
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { kind: "any", of };
}
