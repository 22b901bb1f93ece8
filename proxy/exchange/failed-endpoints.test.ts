import { expect, test } from "vitest";
import { EndpointLoad } from "../balance/peak-ewma.ts";
import { sampleEndpoint, sampleFailed } from "../balance/sample-endpoint.ts";
import { FAILED_ENDPOINTS_MAX, FailedEndpoints } from "./failed-endpoints.ts";

function createLoad(id: string): EndpointLoad {
  return new EndpointLoad(sampleEndpoint(id), { decayMs: 1, defaultRttMs: 1 }, 0);
}

test("who fails again failed last", () => {
  const [one, other] = [createLoad("a"), createLoad("b")];
  const failed = sampleFailed(one, other);
  expect(failed.earlier(one, other)).toBe(one);
  failed.add(one);
  expect(failed.count).toBe(2);
  expect(failed.earlier(one, other)).toBe(other);
  expect(failed.longestAgo({ includes: () => true })).toBe(other);
  expect(failed.longestAgo({ includes: (load) => load === one })).toBe(one);
  expect(failed.longestAgo({ includes: () => false })).toBeNull();
});

test("of too many the oldest is forgotten", () => {
  const failed = new FailedEndpoints();
  const loads = Array.from({ length: FAILED_ENDPOINTS_MAX + 1 }, (_, at) => createLoad(`e${at}`));
  for (const load of loads) failed.add(load);
  expect(failed.count).toBe(FAILED_ENDPOINTS_MAX);
  expect(loads.map((load) => failed.includes(load)).indexOf(true)).toBe(1);
});

test("a copy goes its own way", () => {
  const [one, other] = [createLoad("a"), createLoad("b")];
  const failed = sampleFailed(one);
  const copy = failed.copy();
  copy.add(other);
  expect([failed.count, copy.count]).toEqual([1, 2]);
});
