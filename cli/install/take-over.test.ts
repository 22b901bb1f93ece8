import { describe, expect, it } from "vitest";
import { planTakeOver } from "./take-over.ts";

const entry = (manager: string, operation: string, fieldsV1: object, more: object = {}) => ({
  ...{ manager, operation, apiVersion: "apps/v1", fieldsType: "FieldsV1", fieldsV1 },
  ...more,
});
const object = (...managedFields: object[]) => ({
  metadata: { resourceVersion: "7", managedFields },
});

const KUBECTL = entry("kubectl-client-side-apply", "Update", { "f:spec": { "f:a": {} } });
const CONTROLLER = entry("controller", "Update", { "f:status": {} }, { subresource: "status" });

describe("planTakeOver", () => {
  it("leaves alone what kubectl did not apply", () => {
    expect(planTakeOver(object(CONTROLLER, entry("heddle", "Apply", {})))).toBeUndefined();
    const status = { ...KUBECTL, subresource: "status" };
    expect(planTakeOver(object(status))).toBeUndefined();
    expect(planTakeOver(undefined)).toBeUndefined();
  });

  it("makes kubectl's fields ours, at the version that was looked at", () => {
    expect(planTakeOver(object(KUBECTL, CONTROLLER))).toEqual([
      {
        op: "replace",
        path: "/metadata/managedFields",
        value: [CONTROLLER, { ...KUBECTL, manager: "heddle", operation: "Apply" }],
      },
      { op: "replace", path: "/metadata/resourceVersion", value: "7" },
    ]);
  });

  it("joins them with those that are ours already", () => {
    const ours = entry("heddle", "Apply", { "f:spec": { "f:b": {} }, "f:data": {} });
    const [patch] = planTakeOver(object(ours, KUBECTL)) ?? [];
    expect(patch).toMatchObject({
      value: [
        { manager: "heddle", fieldsV1: { "f:spec": { "f:a": {}, "f:b": {} }, "f:data": {} } },
      ],
    });
  });
});
