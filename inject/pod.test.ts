import { describe, expect, it } from "vitest";
import { parsePod } from "./pod.ts";
import { findWorkload } from "./workload.ts";

const SPEC = { containers: [{ name: "web" }] };

describe("parsePod", () => {
  it.each([
    ["a pod", { spec: SPEC }],
    ["nulls for what is absent", { metadata: { labels: null }, spec: { ...SPEC, volumes: null } }],
    ["fields that are not known", { spec: { ...SPEC, newField: { a: [1] } } }],
  ])("takes %s as it is", (_, value) => {
    const parsed = parsePod(value);
    expect("pod" in parsed && parsed.pod).toBe(value);
  });

  it.each([
    ["pod", "must be a map"],
    [{}, '"spec" must be a map'],
    [{ spec: {} }, '"spec.containers" must be a list, and not empty'],
    [{ spec: { containers: [{}] } }, '"spec.containers[0]" must be a map with a name'],
    [{ spec: { ...SPEC, volumes: {} } }, '"spec.volumes" must be a list'],
    [
      { metadata: { annotations: { port: 80 } }, spec: SPEC },
      '"metadata.annotations" has "port", which must be text: quote it',
    ],
    [{ metadata: [], spec: SPEC }, '"metadata" must be a map'],
  ])("says what is wrong with %j", (value, problem) => {
    expect(parsePod(value)).toEqual({ problem });
  });
});

describe("findWorkload", () => {
  it.each([
    ["v1", "Pod", ""],
    ["v1", "ReplicationController", "spec.template"],
    ["apps/v1", "Deployment", "spec.template"],
    ["apps/v1", "StatefulSet", "spec.template"],
    ["apps/v1", "DaemonSet", "spec.template"],
    ["apps/v1", "ReplicaSet", "spec.template"],
    ["batch/v1", "Job", "spec.template"],
    ["batch/v1", "CronJob", "spec.jobTemplate.spec.template"],
  ])("knows %s %s", (apiVersion, kind, path) => {
    const found = findWorkload({ apiVersion, kind, metadata: { name: "x" } }, "shop");
    expect(found?.templatePath.join(".")).toBe(path);
    expect(found?.label).toBe(`${kind} shop/x`);
  });

  it.each([
    { apiVersion: "v1", kind: "Service" },
    { apiVersion: "example.com/v1", kind: "Deployment" },
    { kind: "Pod" },
    [],
  ])("leaves %j alone", (object) => {
    expect(findWorkload(object, "shop")).toBeUndefined();
  });
});
