import { describe, expect, it } from "vitest";
import { admissionReview, podReview } from "../test/harness/reviews.ts";
import { allow, formatAnswer, parseReview } from "./review.ts";

describe("parseReview", () => {
  it("reads what an API server asks", () => {
    const review = podReview({ kind: "Pod" }, { name: "web", isDryRun: true, oldObject: { a: 1 } });
    expect(parseReview(admissionReview(review))).toEqual(review);
  });

  it.each([
    [undefined, "is no AdmissionReview"],
    [{ kind: "Status" }, "is no AdmissionReview"],
    [{ kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1beta1" }, "is not of"],
    [{ kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1" }, "has no request"],
    [
      { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request: { uid: "" } },
      "has no uid",
    ],
    [
      { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request: { uid: "1" } },
      "names no operation",
    ],
  ])("says what %j is not", (value, wanted) => {
    expect(parseReview(value)).toContain(wanted);
  });
});

describe("formatAnswer", () => {
  const ASKED = podReview(
    {},
    { uid: "u", group: "heddle.mesh", kind: "TrafficSplit", name: "web" },
  );
  const format = (...parameters: Parameters<typeof allow>) =>
    JSON.parse(formatAnswer(ASKED, allow(...parameters))).response;

  it("says as little as it can", () => {
    expect(JSON.parse(formatAnswer(ASKED, allow()))).toEqual({
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      response: { uid: "u", allowed: true },
    });
  });

  it("carries a patch as JSON in base64", () => {
    const patch = [{ op: "add", path: "/a", value: "ä" }] as const;
    const response = format([], patch);
    expect(response.patchType).toBe("JSONPatch");
    expect(JSON.parse(Buffer.from(response.patch, "base64").toString())).toEqual(patch);
  });

  it("bounds warnings in number and length", () => {
    const warnings = Array.from({ length: 50 }, (_, index) => `${index}${"x".repeat(1_000)}`);
    const shown: readonly string[] = format(warnings).warnings;
    expect(shown).toHaveLength(13);
    expect(shown.at(-1)).toBe("and 38 more of this kind");
    expect(shown.join("").length).toBeLessThan(4_096);
  });

  it("refuses in the words of the API server", () => {
    const causes = [{ field: "spec.x", message: "is wrong" }];
    const answer = { allowed: false, message: "no", causes, warnings: ["w"] } as const;
    expect(JSON.parse(formatAnswer(ASKED, answer)).response).toEqual({
      uid: "u",
      allowed: false,
      status: {
        status: "Failure",
        code: 422,
        reason: "Invalid",
        message: "no",
        details: {
          ...{ group: "heddle.mesh", kind: "TrafficSplit", name: "web" },
          causes: [{ reason: "FieldValueInvalid", field: "spec.x", message: "is wrong" }],
        },
      },
      warnings: ["w"],
    });
  });
});
