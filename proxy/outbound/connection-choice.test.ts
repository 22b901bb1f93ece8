import { beforeEach, describe, expect, it } from "vitest";
import { Fault } from "../../base/fault.ts";
import { DEFAULT_BALANCER } from "../../mesh/backend-settings.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { EndpointLoad } from "../balance/peak-ewma.ts";
import { sampleEndpoint } from "../balance/sample-endpoint.ts";
import type { FailedEndpoints } from "../exchange/failed-endpoints.ts";
import { RetryBudget } from "../limits/retry-budget.ts";
import { type ConnectionBackend, ConnectionChoice } from "./connection-choice.ts";

const KEY = formatServiceKey({ scheme: "svc", namespace: "shop", name: "db", port: 5432 });
const REFUSED = new Fault("connect-failed", "refused");
const NO_RETRIES = { ratio: 0, minRetriesPerSecond: 0, ttlMs: 10_000 };
const MANY_RETRIES = { ratio: 1, minRetriesPerSecond: 100, ttlMs: 10_000 };

let backend: ListedBackend;

/** Picks in order, and one that failed only when there is no other. */
class ListedBackend implements ConnectionBackend {
  readonly key = KEY;
  readonly loads: EndpointLoad[];
  readonly told: string[] = [];
  readonly undiallable = new Set<string>();

  constructor(names: readonly string[]) {
    this.loads = names.map((name) => new EndpointLoad(sampleEndpoint(name), DEFAULT_BALANCER, 0));
  }

  pickForConnection(_nowMs: number, failed: FailedEndpoints | null): EndpointLoad | null {
    return this.loads.find((load) => failed?.includes(load) !== true) ?? this.loads[0] ?? null;
  }

  mayDial({ endpoint }: EndpointLoad): boolean {
    return !this.undiallable.has(endpoint.id);
  }

  connectEnded({ endpoint }: EndpointLoad, connected: boolean): void {
    this.told.push(`${endpoint.id} ${connected ? "connected" : "failed"}`);
  }

  describe(): string {
    return "db has no endpoints";
  }

  load(index: number): EndpointLoad {
    const load = this.loads[index];
    if (load === undefined) throw new Error(`there is no endpoint ${index}`);
    return load;
  }
}

beforeEach(() => {
  backend = new ListedBackend(["a", "b", "c"]);
});

function choose(retriesMax = 1, budget = new RetryBudget(MANY_RETRIES)): ConnectionChoice {
  return new ConnectionChoice(backend, retriesMax, budget);
}

describe("the choice of an endpoint for a connection", () => {
  it("keeps the endpoint busy for as long as the connection lives", () => {
    const choice = choose();
    expect(choice.next(0)?.id).toBe("a");
    expect(backend.load(0).pending).toBe(1);
    choice.connected(3, 3);
    expect([backend.load(0).pending, backend.told]).toEqual([1, ["a connected"]]);
    choice.release();
    choice.release();
    expect(backend.load(0).pending).toBe(0);
  });

  it("learns how long connecting takes, and that it failed", () => {
    const slow = choose();
    slow.next(0);
    slow.connected(90, 90);
    expect(backend.load(0).rttMs(90)).toBeGreaterThanOrEqual(90);
    const failing = choose();
    failing.next(90);
    const before = backend.load(0).load(90);
    failing.failed(91, 1, REFUSED);
    expect(backend.load(0).merit(91)).toBeLessThan(1);
    expect(backend.load(0).pending).toBe(1);
    expect(before).toBeGreaterThan(0);
  });

  it("goes to another one after each that failed, so often as is allowed", () => {
    const choice = choose(1);
    choice.next(0);
    choice.failed(1, 1, REFUSED);
    expect(choice.next(1)?.id).toBe("b");
    choice.failed(2, 1, REFUSED);
    expect([choice.next(2), choice.problem]).toEqual([null, REFUSED]);
    expect(backend.told).toEqual(["a failed", "b failed"]);
    expect(backend.loads.map(({ pending }) => pending)).toEqual([0, 0, 0]);
  });

  it("never goes to one again that failed", () => {
    const choice = choose(9);
    const seen = [choice.next(0)?.id];
    for (let count = 0; count < 2; count += 1) {
      choice.failed(1, 1, REFUSED);
      seen.push(choice.next(1)?.id);
    }
    choice.failed(1, 1, REFUSED);
    expect([seen, choice.next(1)]).toEqual([["a", "b", "c"], null]);
  });

  it("takes each further try out of the budget", () => {
    const choice = choose(9, new RetryBudget(NO_RETRIES));
    choice.next(0);
    choice.failed(1, 1, REFUSED);
    expect([choice.next(1), choice.problem]).toEqual([null, REFUSED]);
  });

  it("passes over those that may not be dialled, at no cost", () => {
    backend.undiallable.add("a").add("b");
    expect(choose(0).next(0)?.id).toBe("c");
    backend.undiallable.add("c");
    const none = choose(0);
    expect([none.next(0), none.problem.code]).toEqual([null, "no-endpoints"]);
  });

  it("does not hold our own failure against the endpoint, nor try again", () => {
    const choice = choose(9);
    choice.next(0);
    choice.failed(1, 1, new Fault("loop-detected"));
    expect([choice.next(1), choice.problem.code]).toEqual([null, "loop-detected"]);
    expect([backend.told, backend.load(0).merit(1), backend.load(0).pending]).toEqual([[], 1, 0]);
  });

  it("says why there is none", () => {
    backend = new ListedBackend([]);
    const choice = choose();
    expect([choice.next(0), choice.problem.code]).toEqual([null, "no-endpoints"]);
    const invalid = new ConnectionChoice(null, 1, new RetryBudget(MANY_RETRIES));
    expect([invalid.next(0), invalid.problem.code]).toEqual([null, "backend-invalid"]);
    expect(invalid.backend).toBe("");
  });
});
