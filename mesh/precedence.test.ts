import { describe, expect, it } from "vitest";
import type { Intent, IntentObject } from "./intent.ts";
import { claimsOf, contests, rank } from "./precedence.ts";
import { DEFAULT_POLICY_RETRY } from "./resolve-retry.ts";

const WEB = { namespace: "shop", name: "web" };
const SPLIT: Intent = { type: "split", service: WEB, backends: [], matches: [] };

function object(
  name: string,
  options: {
    readonly group?: string;
    readonly namespace?: string;
    readonly file?: string;
    readonly document?: number;
    readonly intent?: Intent;
  } = {},
): IntentObject {
  const { group = "heddle.mesh", namespace = "shop", file = "a", document = 0 } = options;
  return {
    ref: { group, kind: "TrafficSplit", namespace, name, generation: 1 },
    apiVersion: `${group}/v1alpha1`,
    location: { file, document, line: 1, column: 1 },
    intent: options.intent ?? SPLIT,
    notEnforced: [],
  };
}

const names = (objects: readonly IntentObject[]) => objects.map(({ ref }) => ref.name);

describe("rank", () => {
  it("goes by client, group, path, place and name", () => {
    const ordered = [
      object("client", { namespace: "client", group: "split.smi-spec.io", file: "z" }),
      object("own", { file: "y" }),
      object("linkerd", { group: "linkerd.io" }),
      object("smi-a", { group: "split.smi-spec.io", file: "a", document: 1 }),
      object("smi-b", { group: "split.smi-spec.io", file: "b" }),
      object("smi-c", { group: "split.smi-spec.io", file: "b" }),
    ];
    expect(names(rank([...ordered].reverse(), "client"))).toEqual(names(ordered));
    expect(names(rank(ordered, ""))[0]).toBe("own");
  });
});

describe("contests", () => {
  it("does not depend on the order of the objects", () => {
    const some = [object("b", { file: "b" }), object("a"), object("c", { group: "linkerd.io" })];
    const found = contests(some);
    expect(contests([...some].reverse())).toEqual(found);
    expect(found).toHaveLength(1);
    expect(found[0]?.winner.ref.name).toBe("a");
    expect(names(found[0]?.losers ?? [])).toEqual(["b", "c"]);
  });

  it("tells an override by the clients' namespace from a conflict", () => {
    const [contest] = contests([object("home"), object("own", { namespace: "client" })]);
    expect(contest?.clients).toBe("client");
    expect(contest?.losers).toEqual([]);
    expect(names(contest?.overridden ?? [])).toEqual(["home"]);
  });

  it("lets a profile of Linkerd's in the clients' namespace claim all of a profile", () => {
    const empty: Intent = {
      type: "profile",
      service: WEB,
      routes: [],
      budget: null,
      overrides: [],
      balancer: null,
      breaker: null,
      discovery: null,
      concurrency: null,
      opaquePorts: null,
    };
    const of = (namespace: string, group: string) =>
      claimsOf(object("p", { namespace, group, intent: empty })).map(({ topic }) => topic);
    expect(of("client", "linkerd.io")).toEqual(["routes", "retryBudget", "backends"]);
    expect(of("shop", "linkerd.io")).toEqual([]);
    expect(of("client", "heddle.mesh")).toEqual([]);
  });

  it("takes equal budgets for agreement", () => {
    const policy = (name: string, ttlMs: number) =>
      object(name, {
        intent: {
          type: "policy",
          service: WEB,
          routes: [name],
          retry: DEFAULT_POLICY_RETRY,
          budget: { ratio: 0.2, minRetriesPerSecond: 10, ttlMs },
        },
      });
    expect(contests([policy("a", 1000), policy("b", 1000)])).toEqual([]);
    expect(contests([policy("a", 1000), policy("b", 2000)])).toHaveLength(1);
  });
});
