import { describe, expect, it } from "vitest";
import { findOwner, isOwnerGuessed } from "./owner.ts";
import type { Pod } from "./pod.ts";
import { SAMPLE_POD } from "./sample-pod.ts";

function ownedBy(kind: string, name: string, labels: Readonly<Record<string, string>> = {}): Pod {
  const ownerReferences = [
    { kind: "Node", name: "other" },
    { kind, name, controller: true },
  ];
  return { ...SAMPLE_POD, metadata: { labels, ownerReferences } };
}

describe("findOwner", () => {
  it("knows the Deployment of a ReplicaSet by the hash", () => {
    expect(findOwner(SAMPLE_POD)).toEqual({ kind: "Deployment", name: "web" });
    expect(findOwner(ownedBy("ReplicaSet", "web-1"))).toEqual({
      kind: "ReplicaSet",
      name: "web-1",
    });
  });

  it("knows the CronJob of a Job by the minute", () => {
    const job = ownedBy("Job", "backup-29384756");
    expect(findOwner(job)).toEqual({ kind: "CronJob", name: "backup" });
    expect(findOwner(ownedBy("Job", "backup-2"))).toEqual({ kind: "Job", name: "backup-2" });
  });

  it("takes any other controller as it is", () => {
    expect(findOwner(ownedBy("StatefulSet", "db"))).toEqual({ kind: "StatefulSet", name: "db" });
  });

  it("believes what the template was labelled with", () => {
    const labels = { "heddle.mesh/workload": "web", "heddle.mesh/workload-kind": "Rollout" };
    expect(findOwner(ownedBy("ReplicaSet", "web-1", labels))).toEqual({
      kind: "Rollout",
      name: "web",
    });
  });

  it("finds none where there is none", () => {
    expect(findOwner({ spec: SAMPLE_POD.spec })).toBeNull();
  });
});

describe("isOwnerGuessed", () => {
  it("is so where the pod's controller may have one of its own", () => {
    expect(isOwnerGuessed(ownedBy("ReplicaSet", "web-1"))).toBe(true);
    expect(isOwnerGuessed(ownedBy("Job", "backup-29384756"))).toBe(true);
    expect(isOwnerGuessed(ownedBy("Job", "backup"))).toBe(true);
  });

  it("is not so where the pod tells, or where nobody asks further", () => {
    expect(isOwnerGuessed(SAMPLE_POD)).toBe(false);
    expect(isOwnerGuessed(ownedBy("StatefulSet", "db"))).toBe(false);
    expect(isOwnerGuessed({ spec: SAMPLE_POD.spec })).toBe(false);
    const labels = { "heddle.mesh/workload": "web", "heddle.mesh/workload-kind": "Rollout" };
    expect(isOwnerGuessed(ownedBy("ReplicaSet", "web-1", labels))).toBe(false);
  });
});
