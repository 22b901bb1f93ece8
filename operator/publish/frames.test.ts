import { describe, expect, it } from "vitest";
import { revisionOf } from "../../base/canonical-json.ts";
import { bodyTextOf, decodeOperatorMessage } from "../../mesh/decode-message.ts";
import {
  destination,
  endpointSet,
  FakeTable,
  range,
  service,
} from "../../test/harness/fake-table.ts";
import { absentFrame, DELTA_BASES_MAX, Frames } from "./frames.ts";

const WEB = service("web");

function textOf(frame: Uint8Array | undefined): string {
  return frame === undefined ? "" : Buffer.from(frame).toString();
}

describe("frames", () => {
  it("put the body last, as it was encoded, so that its hash is the revision", () => {
    const resource = new FakeTable().put("destination", WEB, destination("web", ["ü", "web"]), [
      "split",
    ]);
    const text = textOf(new Frames().snapshot(resource));
    expect(revisionOf(bodyTextOf(text))).toBe(resource.revision);
    expect(decodeOperatorMessage(text)).toEqual({
      message: "snapshot",
      type: "destination",
      key: WEB,
      revision: resource.revision,
      requires: ["split"],
      body: resource.body,
    });
  });

  it("are made once for all receivers", () => {
    const table = new FakeTable();
    const resource = table.put("endpoints", WEB, endpointSet("web", range(200)));
    const frames = new Frames();
    expect(frames.snapshot(resource)).toBe(frames.snapshot(resource));
    const next = table.put("endpoints", WEB, endpointSet("web", range(201)));
    expect(frames.delta(next, resource.revision)).toBeInstanceOf(Uint8Array);
    expect(frames.delta(next, resource.revision)).toBe(frames.delta(next, resource.revision));
  });

  it("say that there is no such resource", () => {
    expect(decodeOperatorMessage(absentFrame({ type: "endpoints", key: WEB }))).toMatchObject({
      revision: "absent",
      body: null,
    });
  });

  it("make no delta of small sets, of unknown bases, or where most has changed", () => {
    const table = new FakeTable();
    const frames = new Frames();
    const put = (indexes: readonly number[]) =>
      table.put("endpoints", WEB, endpointSet("web", indexes));
    const small = put(range(99));
    frames.snapshot(small);
    expect(frames.delta(put(range(100)), small.revision)).toBeUndefined();
    expect(frames.delta(put(range(101)), small.revision)).toBeUndefined();
    const large = put(range(200));
    frames.snapshot(large);
    expect(frames.delta(put(range(200, 1000)), large.revision)).toBeUndefined();
    expect(frames.delta(put(range(199)), "0".repeat(32))).toBeUndefined();
    expect(frames.delta(put(range(199)), large.revision)).toBeInstanceOf(Uint8Array);
    const rules = table.put("destination", WEB, destination("web", ["web"]));
    expect(frames.delta(rules, large.revision)).toBeUndefined();
  });

  it("remember a few bases of each set, and none of a forgotten one", () => {
    const table = new FakeTable();
    const frames = new Frames();
    const revisions: string[] = [];
    for (const count of range(DELTA_BASES_MAX + 1, 200)) {
      const resource = table.put("endpoints", WEB, endpointSet("web", range(count)));
      frames.snapshot(resource);
      revisions.push(resource.revision);
    }
    const last = table.put("endpoints", WEB, endpointSet("web", range(300)));
    const known = revisions.map((revision) => frames.delta(last, revision) !== undefined);
    expect(known).toEqual([false, false, ...range(DELTA_BASES_MAX - 1).map(() => true)]);
    frames.forget(WEB);
    expect(frames.delta(last, revisions.at(-1) ?? "")).toBeUndefined();
  });
});
