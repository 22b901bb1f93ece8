import { describe, expect, test } from "vitest";
import {
  type Figures,
  isMet,
  judge,
  judgeScale,
  median,
  medianOf,
  type Results,
} from "./figures.ts";

describe("median", () => {
  test("is the middle one, whatever the order", () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  test("of an even number is between the two middle ones", () => {
    expect(median([4, 1, 2, 100])).toBe(3);
  });

  test("of nothing is no number", () => {
    expect(median([])).toBeNaN();
  });

  test("goes field by field", () => {
    const rounds = [
      { a: 1, b: 30 },
      { a: 3, b: 10 },
      { a: 2, b: 20 },
    ];
    expect(medianOf(rounds, ["a", "b"])).toEqual({ a: 2, b: 20 });
  });
});

describe("bars", () => {
  const cost = (name: string, cpuUsPerRequest: number): Figures => ({
    name,
    version: "1",
    saturation: { cpuUsPerRequest, requestsPerSecond: 1 },
  });
  const results = (contenders: readonly Figures[]): Results => ({
    when: "2026-01-01T00:00:00.000Z",
    commit: "abc",
    machine: {
      cpu: "x",
      coreCount: 2,
      memoryMb: 1,
      kernel: "6",
      arch: "x64",
      node: "v26",
      congestionControl: "bbr",
    },
    settings: { rounds: 1, durationS: 1, connections: 64, idleConnections: 1000, rate: 1 },
    notes: [],
    absent: [],
    contenders,
  });
  const bar = (what: string, contenders: readonly Figures[]) =>
    judge(results(contenders)).find((one) => one.what === what);

  test("compare with the peers of the same run", () => {
    const contenders = [cost("heddle", 24), cost("nginx", 20), cost("envoy", 50)];
    const nginx = bar("CPU per request against nginx", contenders);
    const envoy = bar("CPU per request against Envoy", contenders);
    expect(nginx?.value).toBeCloseTo(1.2);
    expect(envoy?.value).toBeCloseTo(0.48);
    expect(nginx !== undefined && isMet(nginx)).toBe(true);
  });

  test("compare within each round, so that a slow one falls on both", () => {
    const of = (name: string, roundsUs: readonly number[]): Figures => ({
      ...cost(name, 20),
      saturation: { cpuUsPerRequest: 20, requestsPerSecond: 1, roundsUs },
    });
    const figures = (nginx: readonly number[]) => [of("heddle", [22, 44, 22]), of("nginx", nginx)];
    expect(bar("CPU per request against nginx", figures([20, 40, 20]))?.value).toBeCloseTo(1.1);
    expect(bar("CPU per request against nginx", figures([20, 40]))?.value).toBeCloseTo(1);
  });

  test("speak of many beside few with as many connections", () => {
    const row = { what: "endpoints", fewUsPerRequest: 1, manyUsPerRequest: 1, ratio: 1.05 };
    const scale = { ...row, fewPerSecond: 1, manyPerSecond: 1, fewConnections: 1000 };
    expect(judgeScale([{ ...scale, manyConnections: 1001 }]).map(isMet)).toEqual([true]);
    expect(judgeScale([{ ...scale, manyConnections: 2500 }])).toEqual([]);
  });

  test("are missed when the value is above the limit", () => {
    const found = bar("CPU per request against nginx", [cost("heddle", 26), cost("nginx", 20)]);
    expect(found !== undefined && isMet(found)).toBe(false);
  });

  test("have no value and are not met without the peer", () => {
    const found = bar("CPU per request against Envoy", [cost("heddle", 24)]);
    expect(found).toBeDefined();
    expect(found?.value).toBeUndefined();
    expect(found !== undefined && isMet(found)).toBe(false);
  });
});
