import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ResponseClass } from "./destination.ts";
import {
  DEFAULT_POLICY_RETRY,
  type RepeatableRoute,
  ROUTE_RETRIES_MAX,
  resolveRetry,
} from "./resolve-retry.ts";
import { ResponseClassifier } from "./response-class.ts";
import { DEFAULT_RETRY } from "./retry.ts";

const plain: RepeatableRoute = { isRetryable: false, responseClasses: [] };
const retryable: RepeatableRoute = { isRetryable: true, responseClasses: [] };
const nobody = { policy: null, routeObject: 3 };

const statusClass = (min: number, max: number, isFailure: boolean): ResponseClass => ({
  match: { kind: "status", min, max },
  isFailure,
});

describe("one retry policy for a route", () => {
  it("repeats what was never sent when nobody speaks of it", () => {
    expect(resolveRetry(plain, nobody)).toEqual(DEFAULT_RETRY);
  });

  it("repeats the failures of a retryable route, whatever the method", () => {
    expect(resolveRetry(retryable, nobody)).toEqual({
      ...DEFAULT_RETRY,
      object: 3,
      maxRetries: ROUTE_RETRIES_MAX,
      isRetryable: true,
      statuses: [{ min: 500, max: 599 }],
      grpcCodes: [2, 4, 7, 13, 14, 15],
      onReset: true,
      onPerTryTimeout: true,
    });
  });

  it("repeats as a policy says, which knows nothing of the route's safety", () => {
    const conditions = {
      statuses: [{ min: 429, max: 429 }],
      grpcCodes: [],
      onReset: false,
      onRefusedStream: true,
      onPerTryTimeout: false,
    };
    const retry = { ...DEFAULT_POLICY_RETRY, conditions, maxRetries: 4, perTryTimeoutMs: 50 };
    const policy = { object: 1, retry };
    const { conditions: _, ...rest } = retry;
    for (const route of [plain, retryable]) {
      expect(resolveRetry(route, { policy, routeObject: 3 })).toEqual({
        ...DEFAULT_RETRY,
        ...rest,
        ...conditions,
        object: 1,
        isRetryable: route.isRetryable,
      });
    }
  });

  it("asks the route what fails when a policy does not say", () => {
    const policy = { object: 1, retry: { ...DEFAULT_POLICY_RETRY, maxRetries: 4 } };
    expect(resolveRetry(retryable, { policy, routeObject: 3 })).toMatchObject({
      object: 1,
      maxRetries: 4,
      statuses: [{ min: 500, max: 599 }],
      onReset: true,
    });
    expect(resolveRetry(plain, { policy, routeObject: 3 })).toEqual({
      ...DEFAULT_RETRY,
      object: 1,
      maxRetries: 4,
    });
  });

  it("does not look into answers whose status a class decides", () => {
    const responseClasses = [statusClass(404, 404, true), statusClass(200, 299, false)];
    expect(resolveRetry({ isRetryable: true, responseClasses }, nobody)).toMatchObject({
      statuses: [
        { min: 404, max: 404 },
        { min: 500, max: 599 },
      ],
      grpcCodes: [],
    });
  });

  it("repeats exactly the final statuses that count as failures", () => {
    const status = fc.integer({ min: 100, max: 599 });
    const classes = fc.array(
      fc
        .tuple(status, status, fc.boolean())
        .map(([a, b, isFailure]) => statusClass(Math.min(a, b), Math.max(a, b), isFailure)),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(classes, (responseClasses) => {
        const { statuses } = resolveRetry({ isRetryable: true, responseClasses }, nobody);
        const classifier = new ResponseClassifier(responseClasses);
        const wrong: number[] = [];
        for (let one = 200; one <= 599; one += 1) {
          const isRepeated = statuses.some(({ min, max }) => min <= one && one <= max);
          if (isRepeated !== classifier.isFailure(one)) wrong.push(one);
        }
        expect(wrong).toEqual([]);
        expect(statuses.every(({ min, max }) => min >= 200 && max <= 599)).toBe(true);
      }),
    );
  });
});
