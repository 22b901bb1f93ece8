/** Lint warns by `contests`, the operator compiles by `decide`: they must tell the same story. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import {
  DEFAULT_BALANCER,
  DEFAULT_BREAKER,
  DEFAULT_DISCOVERY,
} from "../../mesh/backend-settings.ts";
import type { IntentObject } from "../../mesh/intent.ts";
import { contests } from "../../mesh/precedence.ts";
import { DEFAULT_CONCURRENCY } from "../../mesh/route-behaviour.ts";
import { type ObjectId, objectId } from "../sources/object-source.ts";
import { compileService } from "./compile-service.ts";
import { nothingDirty, ObjectView } from "./object-view.ts";
import { backend, pathIs, policy, profile, route, service, split } from "./sample-objects.ts";

const place = fc.record({
  namespace: fc.constantFrom("shop", "shop", "team"),
  file: fc.constantFrom("a.yaml", "b.yaml"),
  line: fc.integer({ min: 1, max: 9 }),
});
const path = fc.constantFrom("/a", "/b");
const backends = fc.array(
  fc.nat(3).map((weight) => backend("web", weight)),
  { maxLength: 2 },
);
const matches = fc.array(
  path.map((text) => ({ kind: "match", match: pathIs(text) }) as const),
  { maxLength: 2 },
);
const routes = fc
  .uniqueArray(path, { maxLength: 2 })
  .map((paths) => paths.map((text) => route(`r${text}`, pathIs(text))));
const budget = fc.option(
  fc.constantFrom(1, 0.5).map((ratio) => ({ ratio, minRetriesPerSecond: 1, ttlMs: 1000 })),
);
const name = fc.constantFrom("x", "y", "z");
const perhaps = <T>(value: T) => fc.constantFrom(null, value);
const settings = {
  balancer: perhaps(DEFAULT_BALANCER),
  breaker: perhaps(DEFAULT_BREAKER),
  discovery: perhaps(DEFAULT_DISCOVERY),
  concurrency: perhaps(DEFAULT_CONCURRENCY),
};
const object: fc.Arbitrary<IntentObject> = fc.oneof(
  fc.tuple(name, fc.constant("web"), backends, matches, place).map((args) => split(...args)),
  fc
    .tuple(
      fc.record({ routes, overrides: backends, budget, ...settings }),
      place,
      fc.constantFrom("heddle.mesh", "linkerd.io"),
    )
    .map(([fields, where, group]) => profile("web", fields, { ...where, group })),
  fc
    .tuple(name, fc.record({ routes: fc.subarray(["r/a", "r/b"]), budget }), place)
    .map(([own, fields, where]) => policy(own, "web", fields, where)),
);
const mesh = fc.uniqueArray(object, { maxLength: 6, selector: ({ ref }) => objectId(ref) });

interface Story {
  readonly lost: readonly ObjectId[];
  /** Of those that did not lose. */
  readonly overridden: readonly ObjectId[];
}

function toStory(lost: ReadonlySet<ObjectId>, overridden: ReadonlySet<ObjectId>): Story {
  const rest = [...overridden].filter((id) => !lost.has(id));
  return { lost: [...lost].sort(), overridden: rest.sort() };
}

function compiled(objects: readonly IntentObject[]): Story {
  const view = new ObjectView();
  for (const one of objects) view.replace(objectId(one.ref), one, nothingDirty());
  const lost = new Set<ObjectId>();
  const overridden = new Set<ObjectId>();
  for (const [id, verdict] of compileService(view.inputs("shop/web")).verdicts) {
    for (const { clientNamespace } of verdict.conflicts) {
      (clientNamespace === "" ? lost : overridden).add(id);
    }
  }
  return toStory(lost, overridden);
}

function linted(objects: readonly IntentObject[]): Story {
  const all = contests(objects);
  const ids = (some: readonly IntentObject[]) => some.map(({ ref }) => objectId(ref));
  return toStory(
    new Set(all.flatMap(({ losers }) => ids(losers))),
    new Set(all.flatMap((contest) => ids(contest.overridden))),
  );
}

it("agrees with lint about who lost and who was overridden", () => {
  fc.assert(
    fc.property(mesh, (objects) => {
      const all = [service("web"), ...objects];
      expect(compiled(all)).toEqual(linted(all));
    }),
    { numRuns: 500 },
  );
});
