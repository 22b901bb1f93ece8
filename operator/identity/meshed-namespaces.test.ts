import { beforeEach, describe, expect, it } from "vitest";
import type { NamespaceFacts } from "../../inject/decide-injection.ts";
import { SAMPLE_POD } from "../../inject/sample-pod.ts";
import type { PodChange, PodFacts } from "../sources/kubernetes/pods.ts";
import { WatchedNamespaces } from "./meshed-namespaces.ts";

let namespaces: Map<string, NamespaceFacts>;
let tellNamespace: (name: string) => void;
let tellPod: (change: PodChange) => void;
let told: string[];
let meshed: WatchedNamespaces;

beforeEach(() => {
  namespaces = new Map();
  put("shop", { labels: { "heddle.mesh/inject": "enabled" } });
  put("team", { annotations: { "heddle.mesh/inject": "enabled" } });
  put("quiet", { labels: { "heddle.mesh/inject": "disabled" } });
  meshed = watch(false);
  told = [];
  meshed.subscribe((name) => told.push(name));
});

function watch(injectUnasked: boolean): WatchedNamespaces {
  return new WatchedNamespaces(
    {
      synced: true,
      factsOf: (name) => namespaces.get(name),
      list: () => namespaces.values(),
      subscribe: (listener) => {
        tellNamespace = listener;
        return () => {};
      },
    },
    {
      synced: true,
      podOf: () => undefined,
      podNamed: () => undefined,
      list: () => [pod("early", true)],
      subscribe: (listener) => {
        tellPod = listener;
        return () => {};
      },
    },
    { meshNamespace: "heddle", injectUnasked },
  );
}

function put(name: string, facts: Partial<NamespaceFacts> = {}): void {
  namespaces.set(name, { name, labels: {}, annotations: {}, ...facts });
}

function pod(namespace: string, hasProxy: boolean): PodFacts {
  return {
    ...{ uid: "u", namespace, name: "p", node: "", serviceAccount: "default", addresses: [] },
    ...{ owner: null, isLeaving: false, hasProxy, isProxied: hasProxy, proxyVersion: "" },
    ...{ createdAtWallMs: 0, pod: SAMPLE_POD },
  };
}

describe("the namespaces of the mesh", () => {
  it("are those that ask for injection, by label or annotation", () => {
    expect([...meshed.list()]).toEqual(["shop", "team"]);
    tellNamespace("shop");
    expect(told).toEqual(["shop"]);
  });

  it("and those with pods that have a proxy, as long as there is one", () => {
    expect(meshed.has("early")).toBe(false);
    put("early");
    expect(meshed.has("early")).toBe(true);
    for (let n = 0; n < 2; n++) tellPod({ before: undefined, after: pod("quiet", true) });
    tellPod({ before: pod("quiet", true), after: pod("quiet", true) });
    tellPod({ before: undefined, after: pod("quiet", false) });
    expect([meshed.has("quiet"), told]).toEqual([true, ["quiet"]]);
    tellPod({ before: pod("quiet", true), after: undefined });
    expect(meshed.has("quiet")).toBe(true);
    tellPod({ before: pod("quiet", true), after: undefined });
    expect([meshed.has("quiet"), told]).toEqual([false, ["quiet", "quiet"]]);
  });

  it("are all that do not say otherwise, where proxies are for all", () => {
    for (const name of ["plain", "kube-system", "heddle"]) put(name);
    expect([...watch(true).list()]).toEqual(["shop", "team", "plain"]);
  });

  it("are none that go, because nothing can be made there", () => {
    tellPod({ before: undefined, after: pod("gone", true) });
    expect(meshed.has("gone")).toBe(false);
  });
});
