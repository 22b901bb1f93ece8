import { describe, expect, it } from "vitest";
import type { RememberedObject } from "../../state/remembered-object.ts";
import type { ObjectId } from "../object-source.ts";
import { ObjectLedger } from "./object-ledger.ts";
import { readLines, serviceId } from "./sample-manifests.ts";

function createLedger(inherited: ReadonlyMap<ObjectId, RememberedObject> = new Map()) {
  const remembered = new Map(inherited);
  const ledger = new ObjectLedger({
    inherited,
    readManifests: readLines,
    remember: (id, object) => {
      if (object === null) remembered.delete(id);
      else remembered.set(id, object);
    },
    wallMs: () => 1000,
  });
  const uncertainPaths = new Set<string>();
  const take = (files: Readonly<Record<string, string>>) =>
    ledger.take({
      files: Object.entries(files).map(([path, text]) => ({
        path,
        reading: readLines(text, path),
      })),
      uncertain: (path) => uncertainPaths.has(path),
    });
  const web = () => {
    const found = ledger.get(serviceId("web"));
    return [found?.ref.generation, found?.live?.ref.generation, portOf(found?.live ?? null)];
  };
  return { ledger, remembered, take, web, uncertainPaths };
}

function portOf(live: { readonly intent: { readonly type: string } } | null): number | undefined {
  const intent = live?.intent as { ports?: readonly { port: number }[] } | undefined;
  return intent?.ports?.[0]?.port;
}

const id = serviceId("web");

describe("generations", () => {
  it("count changes of content, and nothing else", () => {
    const { take, web } = createLedger();
    expect(take({ "a.yaml": "web 80" }).changed).toEqual([id]);
    expect(web()).toEqual([1, 1, 80]);
    take({ "a.yaml": "other 1\nweb 80" });
    expect(web()).toEqual([1, 1, 80]);
    take({ "b.yaml": "web 81" });
    expect(web()).toEqual([2, 2, 81]);
    take({ "b.yaml": "web 80" });
    expect(web()).toEqual([3, 3, 80]);
  });

  it("go on after a restart", () => {
    const before = createLedger();
    before.take({ "a.yaml": "web 80" });
    before.take({ "a.yaml": "web 81" });
    const same = createLedger(before.remembered);
    same.take({ "a.yaml": "web 81" });
    expect(same.web()).toEqual([2, 2, 81]);
    const other = createLedger(before.remembered);
    other.take({ "a.yaml": "web 82" });
    expect(other.web()).toEqual([3, 3, 82]);
  });
});

describe("an invalid edit", () => {
  it("keeps the last good version in force, and counts", () => {
    const { take, web, ledger } = createLedger();
    take({ "a.yaml": "web 80" });
    expect(take({ "a.yaml": "web bad" }).changed).toEqual([id]);
    expect(web()).toEqual([2, 1, 80]);
    expect(ledger.get(id)?.problems).toMatchObject([{ code: "bad-port" }]);
    take({ "a.yaml": "web 81" });
    expect(web()).toEqual([3, 3, 81]);
  });

  it("keeps it over a restart too", () => {
    const before = createLedger();
    before.take({ "a.yaml": "web 80" });
    before.take({ "a.yaml": "web bad" });
    const after = createLedger(before.remembered);
    after.take({ "a.yaml": "web bad" });
    expect(after.web()).toEqual([2, 1, 80]);
  });

  it("puts nothing in force where there was nothing", () => {
    const { take, web } = createLedger();
    take({ "a.yaml": "web bad" });
    expect(web()).toEqual([1, undefined, undefined]);
  });
});

describe("a file that cannot be understood", () => {
  it("keeps the objects that were read from it last, and only those", () => {
    const { take, web, ledger } = createLedger();
    take({ "a.yaml": "web 80", "b.yaml": "other 1" });
    expect(take({ "a.yaml": "!!" }).changed).toEqual([id, serviceId("other")]);
    expect(web()).toEqual([1, 1, 80]);
    expect(ledger.get(id)?.problems).toMatchObject([{ code: "kept" }]);
    expect(ledger.get(serviceId("other"))).toBeUndefined();
    take({ "a.yaml": "web 80" });
    expect(ledger.get(id)?.problems).toEqual([]);
  });

  it("keeps them over a restart", () => {
    const before = createLedger();
    before.take({ "a.yaml": "web 80" });
    const after = createLedger(before.remembered);
    after.take({ "a.yaml": "!!" });
    expect(after.web()).toEqual([1, 1, 80]);
  });

  it("does so when its folder cannot be read", () => {
    const { take, web, uncertainPaths } = createLedger();
    take({ "a.yaml": "web 80" });
    uncertainPaths.add("a.yaml");
    take({});
    expect(web()).toEqual([1, 1, 80]);
    uncertainPaths.clear();
    take({});
    expect(web()).toEqual([undefined, undefined, undefined]);
  });
});

describe("objects that go", () => {
  it("are forgotten, in the memory too", () => {
    const { take, remembered, ledger } = createLedger();
    take({ "a.yaml": "web 80" });
    expect(take({ "a.yaml": "" }).changed).toEqual([id]);
    expect([...ledger.list()]).toEqual([]);
    expect(remembered.size).toBe(0);
  });

  it("while the operator was down are gone after the start", () => {
    const before = createLedger();
    before.take({ "a.yaml": "web 80" });
    const after = createLedger(before.remembered);
    after.take({ "b.yaml": "other 1" });
    expect(after.ledger.get(id)).toBeUndefined();
    expect([...after.remembered.keys()]).toEqual([serviceId("other")]);
  });
});

it("lets the first of two writings of one object count, and reports the second", () => {
  const { take, web } = createLedger();
  const { problems } = take({ "a.yaml": "web 80", "b.yaml": "web 81" });
  expect(web()).toEqual([1, 1, 80]);
  expect(problems).toMatchObject([{ code: "duplicate-object", file: "b.yaml", line: 1 }]);
});
