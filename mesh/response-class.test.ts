import { describe, expect, test } from "vitest";
import type { ResponseClass, ResponseMatch } from "./destination.ts";
import { createResponseClassifier } from "./response-class.ts";

const status = (min: number, max = min): ResponseMatch => ({ kind: "status", min, max });
const failure = (match: ResponseMatch): ResponseClass => ({ match, isFailure: true });
const success = (match: ResponseMatch): ResponseClass => ({ match, isFailure: false });

describe("without classes", () => {
  const classifier = createResponseClassifier([]);

  test.each([100, 200, 304, 404, 499])("%i is a success", (each) => {
    expect(classifier.isFailure(each)).toBe(false);
  });

  test.each([500, 503, 599, 600, 99, 0, -1, 1.5])("%d is a failure", (each) => {
    expect(classifier.isFailure(each)).toBe(true);
  });

  test("nothing is decided, so that a protocol within may", () => {
    expect(classifier.isDecided(200)).toBe(false);
    expect(classifier.isDecided(500)).toBe(false);
    expect(classifier.isDecided(700)).toBe(false);
  });

  test("all routes share one table", () => {
    expect(createResponseClassifier([])).toBe(classifier);
  });
});

describe("with classes", () => {
  test("the first that matches decides, bounds included", () => {
    const classifier = createResponseClassifier([
      success(status(503)),
      failure(status(400, 403)),
      failure(status(500, 503)),
    ]);
    expect([399, 400, 403, 404, 500, 503, 504].map((each) => classifier.isFailure(each))).toEqual([
      false,
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
    expect([404, 504, 503].map((each) => classifier.isDecided(each))).toEqual([false, false, true]);
  });

  test("all, any and not nest", () => {
    const classifier = createResponseClassifier([
      failure({
        kind: "all",
        of: [
          status(400, 499),
          { kind: "not", of: { kind: "any", of: [status(404), status(409)] } },
        ],
      }),
    ]);
    expect([400, 404, 409, 410, 200].map((each) => classifier.isFailure(each))).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  test("all of nothing is every answer, any of nothing none", () => {
    expect(createResponseClassifier([failure({ kind: "all", of: [] })]).isFailure(200)).toBe(true);
    expect(createResponseClassifier([success({ kind: "any", of: [] })]).isFailure(500)).toBe(true);
  });
});
