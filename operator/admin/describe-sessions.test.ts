import { expect, it } from "vitest";
import type { PublishedResource, SessionResource } from "../publish/resources.ts";
import type { SessionState } from "../status/programmed-table.ts";
import { AdminError } from "./admin-server.ts";
import { describeResource } from "./describe-resource.ts";
import { describeSessions } from "./describe-sessions.ts";

function session(namespace: string, proxyName: string, ...held: SessionResource[]): SessionState {
  return {
    info: {
      ...{ id: `${namespace}-${proxyName}`, proxyName, namespace, proxyVersion: "1" },
      ...{ identity: null, features: [], remote: "10.0.0.1:1" },
    },
    openedAtWallMs: 0,
    isOwn: proxyName === "web-0",
    resources: new Map(held.map((one) => [`${one.name.type} ${one.name.key}`, one])),
  };
}

const name = { type: "destination", key: "svc/shop/web:80" } as const;
const shop = {
  ...{ ...name, revision: "r2", objects: [], requires: [], encoded: "{}" },
  // Only passed on.
  body: { service: name.key } as never,
} as unknown as PublishedResource;

const table = {
  lookup: (wanted: { readonly key: string }, clients: string) =>
    wanted.key === name.key && clients === "shop" ? shop : undefined,
};

it("a session has each resource with what it holds and what it should hold", () => {
  const refused = { revision: "r2", reason: "no such field" };
  const stale: SessionResource = {
    ...{ name, held: { revision: "r1", objects: [] }, refused, missing: [] },
  };
  const absent: SessionResource = {
    name: { type: "address", key: "10.96.0.1:80" },
    ...{ held: null, refused: null, missing: [] },
  };
  const sessions = () => [session("shop", "web-0", stale, absent), session("other", "x")];
  const query = new URLSearchParams("namespace=shop&name=web-0");
  expect(describeSessions({ sessions }, table, query).sessions).toEqual([
    {
      ...{ id: "shop-web-0", name: "web-0", namespace: "shop", version: "1", isOwn: true },
      resources: [
        {
          ...{ type: "address", key: "10.96.0.1:80", held: null, current: null },
          ...{ refused: "", missing: [] },
        },
        { ...name, held: "r1", current: "r2", refused: "no such field", missing: [] },
      ],
    },
  ]);
  const all = describeSessions({ sessions }, table, new URLSearchParams()).sessions;
  expect(all.map(({ isOwn }) => isOwn)).toEqual([true, false]);
});

it("a resource is what clients of a namespace get", () => {
  const ask = (text: string) => describeResource(table, new URLSearchParams(text));
  const key = encodeURIComponent(name.key);
  expect(ask(`type=destination&key=${key}&namespace=shop`).resource).toMatchObject({
    ...{ ...name, revision: "r2", body: { service: name.key } },
  });
  expect(ask(`type=destination&key=${key}&namespace=other`)).toEqual({ resource: null });
  expect(() => ask(`type=split&key=${key}`)).toThrow(AdminError);
  expect(() => ask("type=destination")).toThrow("key is missing");
});
